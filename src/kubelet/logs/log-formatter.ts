/** Turns what is in log files into what `kubectl logs` shows. Pure: bytes in, bytes out. */
import { parseRecord } from "./cri-log.ts";
import type { LogQuery } from "./read-log.ts";

/** Runtimes split lines at 16 KiB; a longer record is none of theirs and is dropped. */
const recordBytesMax = 1024 * 1024;

const newline = Uint8Array.of(10);
const nothing = new Uint8Array();

export class LogFormatter {
  readonly #query: LogQuery;
  #carry: Uint8Array = nothing;
  /** Whether the last record ended its line, so that the next one begins with a time again. */
  #atLineStart = true;
  #bytesLeft: number;

  constructor(query: LogQuery) {
    this.#query = query;
    this.#bytesLeft = query.limitBytes ?? Infinity;
  }

  /** Whether as much was shown as was asked for. */
  get isDone(): boolean {
    return this.#bytesLeft <= 0;
  }

  /** Takes the next bytes of a file; returns what they show. A record may come in several pieces. */
  feed(chunk: Uint8Array): Uint8Array {
    const bytes = this.#carry.length > 0 ? Buffer.concat([this.#carry, chunk]) : chunk;
    const parts: Uint8Array[] = [];
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      this.#take(bytes.subarray(start, end), parts);
      start = end + 1;
    }
    const rest = bytes.subarray(start);
    // The chunk's buffer is used again by the reader: what is kept has to be a copy.
    this.#carry = rest.length > recordBytesMax ? nothing : Uint8Array.from(rest);
    return this.#limited(parts);
  }

  /** The file is over: shows a last record without a newline. */
  flush(): Uint8Array {
    const parts: Uint8Array[] = [];
    if (this.#carry.length > 0) this.#take(this.#carry, parts);
    this.#carry = nothing;
    return this.#limited(parts);
  }

  #take(line: Uint8Array, parts: Uint8Array[]): void {
    const record = parseRecord(line);
    if (!record) return;
    const { stream, sinceMs, timestamps } = this.#query;
    if (stream !== undefined && record.stream !== stream) return;
    if (sinceMs !== undefined && Date.parse(record.time) < sinceMs) return;
    if (timestamps && this.#atLineStart) parts.push(Buffer.from(`${fixedTime(record.time)} `));
    parts.push(record.text);
    if (!record.partial) parts.push(newline);
    this.#atLineStart = !record.partial;
  }

  #limited(parts: readonly Uint8Array[]): Uint8Array {
    if (parts.length === 0 || this.isDone) return nothing;
    const all = Buffer.concat(parts);
    const shown = all.length > this.#bytesLeft ? all.subarray(0, this.#bytesLeft) : all;
    this.#bytesLeft -= shown.length;
    return shown;
  }
}

/** Nine digits of a second, so that times stand below each other. */
function fixedTime(time: string): string {
  const match = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (!match) return time;
  const [, seconds, fraction = "", zone] = match;
  return `${seconds}.${fraction.padEnd(9, "0")}${zone === "+00:00" ? "Z" : zone}`;
}
