/**
 * The log format of the CRI: `2026-11-20T10:00:00.123456789Z stdout F text`. A line too long for
 * one record comes as several with tag P (partial) and a last one with F (full).
 */
export interface LogRecord {
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly partial: boolean;
  /** Without the newline. */
  readonly text: Uint8Array;
}

const space = 32;

/** Parses one line, without its newline; undefined for what is none. */
export function parseRecord(line: Uint8Array): LogRecord | undefined {
  const first = line.indexOf(space);
  const second = line.indexOf(space, first + 1);
  const third = line.indexOf(space, second + 1);
  if (first < 0 || second < 0) return undefined;
  const tagEnd = third < 0 ? line.length : third;
  const stream = latin(line, first + 1, second);
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const [tag] = latin(line, second + 1, tagEnd).split(":");
  if (tag !== "F" && tag !== "P") return undefined;
  return {
    time: latin(line, 0, first),
    stream,
    partial: tag === "P",
    text: line.subarray(Math.min(tagEnd + 1, line.length)),
  };
}

function latin(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");
}

/** The text of the records in `bytes`, with newlines as the container wrote them. */
export function textOf(bytes: Uint8Array): string {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    const stop = end < 0 ? bytes.length : end;
    const record = parseRecord(bytes.subarray(start, stop));
    if (record) parts.push(record.text, record.partial ? empty : newline);
    start = stop + 1;
  }
  return Buffer.concat(parts).toString("utf8");
}

const empty = new Uint8Array();
const newline = Uint8Array.of(10);
