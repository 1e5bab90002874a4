/**
 * SPDY/3 header blocks: name/value pairs inside one zlib stream per direction and connection, flushed
 * to a byte boundary after each block (SPDY protocol draft 3, section 2.6.10).
 *
 * Because of those boundaries all that a block inherits from the ones before is the last 32 KiB of
 * plain text. So a block is inflated by itself, synchronously, with that text as dictionary, and no
 * zlib handle outlives a call.
 */
import { constants, inflateRawSync } from "node:zlib";

import { streamingLimits } from "../limits.ts";
import { spdyDictionary, spdyDictionaryId } from "./dictionary.ts";
import { SpdyError } from "./spdy-error.ts";

/** Lower-case names with their (first) value. */
export type SpdyHeaders = ReadonlyMap<string, string>;

const windowBytes = 32 * 1024;
const storedBlockBytesMax = 0xffff;
/** CMF and FLG: deflate with a 32 KiB window, no dictionary. */
const zlibHeader = Buffer.of(0x78, 0x01);
/** What Z_SYNC_FLUSH writes: an empty stored block, at which readers hand out what they have. */
const syncFlush = Buffer.of(0x00, 0x00, 0x00, 0xff, 0xff);

/** Inflates and parses the blocks of one connection, in order. */
export class HeaderReader {
  #window: Buffer = spdyDictionary;
  #started = false;

  /** Throws SpdyError for what is no header block or exceeds the limits. */
  read(block: Buffer): SpdyHeaders {
    const plain = this.#inflate(this.#started ? block : this.#skipZlibHeader(block));
    this.#started = true;
    this.#window = lastBytes(this.#window, plain);
    return parsePairs(plain);
  }

  #skipZlibHeader(block: Buffer): Buffer {
    if (block.length < 2 || (block[0]! & 0x0f) !== 8 || block.readUInt16BE(0) % 31 !== 0) {
      throw new SpdyError("header block is no zlib stream");
    }
    if ((block[1]! & 0x20) === 0) {
      this.#window = Buffer.alloc(0);
      return block.subarray(2);
    }
    if (block.length < 6 || block.readUInt32BE(2) !== spdyDictionaryId) {
      throw new SpdyError("header block uses an unknown dictionary");
    }
    return block.subarray(6);
  }

  #inflate(block: Buffer): Buffer {
    try {
      return inflateRawSync(block, {
        ...(this.#window.length > 0 && { dictionary: this.#window }),
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: streamingLimits.spdyHeaderBytesMax,
      });
    } catch (cause) {
      throw new SpdyError("header block cannot be inflated", { cause });
    }
  }
}

/**
 * Writes the blocks of one connection. They go out as stored blocks: Kubernetes' headers are a few
 * dozen bytes, for which a deflate state of 256 KiB per connection is a bad bargain.
 */
export class HeaderWriter {
  #started = false;

  write(headers: SpdyHeaders): Buffer {
    const plain = formatPairs(headers);
    const parts: Buffer[] = this.#started ? [] : [zlibHeader];
    this.#started = true;
    for (let at = 0; at < plain.length; at += storedBlockBytesMax) {
      const piece = plain.subarray(at, at + storedBlockBytesMax);
      const head = Buffer.alloc(5);
      head.writeUInt16LE(piece.length, 1);
      head.writeUInt16LE(~piece.length & 0xffff, 3);
      parts.push(head, piece);
    }
    return Buffer.concat([...parts, syncFlush]);
  }
}

function lastBytes(before: Buffer, plain: Buffer): Buffer {
  if (plain.length >= windowBytes) return Buffer.from(plain.subarray(plain.length - windowBytes));
  const kept = before.subarray(Math.max(0, before.length + plain.length - windowBytes));
  return Buffer.concat([kept, plain]);
}

function parsePairs(plain: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (at + 4 > plain.length) throw new SpdyError("header block is truncated");
    at += 4;
    return plain.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (length > plain.length - at) throw new SpdyError("header block is truncated");
    at += length;
    return plain.toString("utf8", at - length, at);
  };
  const count = number();
  if (count > streamingLimits.spdyHeadersMax) throw new SpdyError("too many headers");
  const headers = new Map<string, string>();
  for (let index = 0; index < count; index++) {
    const name = text().toLowerCase();
    const [value = ""] = text().split("\0");
    if (name === "" || headers.has(name)) throw new SpdyError("empty or repeated header name");
    headers.set(name, value);
  }
  return headers;
}

function formatPairs(headers: SpdyHeaders): Buffer {
  const parts: Buffer[] = [number(headers.size)];
  for (const [name, value] of headers) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text, "utf8");
      parts.push(number(bytes.length), bytes);
    }
  }
  const plain = Buffer.concat(parts);
  if (plain.length > streamingLimits.spdyHeaderBytesMax) throw new SpdyError("headers too long");
  return plain;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
