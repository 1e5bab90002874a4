/**
 * SPDY/3.1 frames on the wire (SPDY protocol draft 3.1, section 2.2): writers for the frames we send and
 * an incremental parser. Data is handed on as it arrives; only control frames are gathered first, and
 * those are small.
 */
import { streamingLimits } from "../limits.ts";
import { SpdyError } from "./spdy-error.ts";

const version = 3;
const frameHeadBytes = 8;
const streamIdMask = 0x7fff_ffff;

export const controlType = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const frameFlag = { fin: 1, unidirectional: 2 } as const;

/** Why a stream was reset (RST_STREAM status). */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  cancel: 5,
  internalError: 6,
} as const;

export const goAwayStatus = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** The head of a DATA frame; its bytes follow as they are. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.allocUnsafe(frameHeadBytes);
  head.writeUInt32BE(streamId & streamIdMask, 0);
  head.writeUInt32BE((((fin ? frameFlag.fin : 0) << 24) | length) >>> 0, 4);
  return head;
}

/** A whole control frame: `fields` as 32-bit words, then `rest`. */
export function controlFrame(
  type: number,
  flags: number,
  fields: readonly number[],
  rest?: Buffer,
): Buffer {
  const length = fields.length * 4 + (rest?.length ?? 0);
  const frame = Buffer.alloc(frameHeadBytes + length);
  frame.writeUInt32BE(((0x8000 | version) * 0x1_0000 + type) >>> 0, 0);
  frame.writeUInt32BE(((flags << 24) | length) >>> 0, 4);
  fields.forEach((field, index) => frame.writeUInt32BE(field >>> 0, frameHeadBytes + index * 4));
  rest?.copy(frame, frameHeadBytes + fields.length * 4);
  return frame;
}

/** SYN_STREAM; the two bytes between the ids and the headers are priority and credential slot. */
export function synStreamFrame(streamId: number, block: Buffer): Buffer {
  return controlFrame(controlType.synStream, 0, [streamId, 0], Buffer.concat([zeroes, block]));
}

const zeroes = Buffer.alloc(2);

/** What a parser calls for each frame, in order. Each may throw to end the connection. */
export interface FrameHandler {
  /** A piece of a DATA frame; `fin` comes with its last piece, which may be empty. */
  data(streamId: number, piece: Buffer, fin: boolean): void;
  control(type: number, flags: number, payload: Buffer): void;
}

/** Cuts a byte stream into frames. Throws SpdyError for bytes that are no SPDY/3 frames. */
export class FrameParser {
  readonly #handler: FrameHandler;
  #head = Buffer.alloc(frameHeadBytes);
  #headLength = 0;
  /** Bytes of the current frame that have not arrived yet. */
  #missing = 0;
  #control: Buffer | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headLength < frameHeadBytes) {
        const taken = chunk.copy(this.#head, this.#headLength, at);
        at += taken;
        this.#headLength += taken;
        if (this.#headLength === frameHeadBytes) this.#begin();
        continue;
      }
      const piece = chunk.subarray(at, at + this.#missing);
      at += piece.length;
      this.#missing -= piece.length;
      this.#take(piece);
    }
  }

  #begin(): void {
    const isControl = (this.#head[0]! & 0x80) !== 0;
    this.#missing = this.#head.readUIntBE(5, 3);
    if (isControl) {
      if ((this.#head.readUInt16BE(0) & 0x7fff) !== version) throw new SpdyError("not SPDY/3");
      if (this.#missing > streamingLimits.spdyControlFrameBytesMax) {
        throw new SpdyError("control frame too long");
      }
      this.#control = Buffer.alloc(this.#missing);
    } else {
      this.#control = undefined;
    }
    if (this.#missing === 0) this.#take(Buffer.alloc(0));
  }

  #take(piece: Buffer): void {
    const done = this.#missing === 0;
    if (done) this.#headLength = 0;
    const flags = this.#head[4]!;
    if (!this.#control) {
      const fin = done && (flags & frameFlag.fin) !== 0;
      this.#handler.data(this.#head.readUInt32BE(0) & streamIdMask, piece, fin);
      return;
    }
    const control = this.#control;
    piece.copy(control, control.length - this.#missing - piece.length);
    if (done) this.#handler.control(this.#head.readUInt16BE(2), flags, control);
  }
}
