/** The files that one container's log consists of, and where in them the last lines begin. */
import { createReadStream } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createGunzip } from "node:zlib";
import { rotatedLogs } from "../gc/log-rotation.ts";
import type { Files } from "../host/files.ts";

/** Bytes that are read at once. */
export const logChunkBytes = 64 * 1024;
/** Where a record's time, stream and tag are: within its first bytes. */
const recordHeadBytes = 80;
const newline = 10;

/** One file of a log. */
export interface LogFile {
  readonly path: string;
  readonly isCompressed: boolean;
  readonly modifiedMs: number;
}

/** Where to begin reading: a file (by its place in the list), and where in it. */
export interface LogStart {
  readonly file: number;
  /** Bytes to skip in a plain file. */
  readonly offset: number;
  /** Lines to skip in a compressed one. */
  readonly lines: number;
}

/** The older files of a log, the eldest first. */
export async function olderLogFiles(files: Files, path: string): Promise<LogFile[]> {
  const names = new Set(await rotatedLogs(files, path));
  // While a file is compressed both forms of it are there.
  const unique = [...names].filter(
    (name) => !names.has(name.replace(/\.gz$/, "")) || !name.endsWith(".gz"),
  );
  const found = await Promise.all(unique.map((name) => logFileAt(join(dirname(path), name))));
  return found.filter((file) => file !== undefined);
}

/** The file at `path`, or what it became when it was compressed meanwhile. */
async function logFileAt(path: string): Promise<LogFile | undefined> {
  for (const candidate of [path, `${path}.gz`]) {
    try {
      const { mtimeMs } = await stat(candidate);
      return { path: candidate, isCompressed: candidate.endsWith(".gz"), modifiedMs: mtimeMs };
    } catch {
      // Compressed or removed since the folder was read.
    }
  }
  return undefined;
}

/** Opens a file for reading; undefined when there is none. */
export async function openLog(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** All bytes of an older file, unpacked, or nothing when it has gone. */
export async function* readOlder(file: LogFile, start: number): AsyncGenerator<Uint8Array> {
  const source = createReadStream(file.path, { start, highWaterMark: logChunkBytes });
  const bytes = file.isCompressed ? source.pipe(createGunzip()) : source;
  source.once("error", (error) => bytes.destroy(error));
  try {
    yield* bytes as AsyncIterable<Uint8Array>;
  } catch (error) {
    // What is damaged or gone shows up to where it can be read.
    if (!file.isCompressed && !isMissing(error)) throw error;
  } finally {
    source.destroy();
    bytes.destroy();
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}

/** Skips lines at the beginning of a stream of records. */
export async function* skipLines(
  bytes: AsyncIterable<Uint8Array>,
  lines: number,
): AsyncGenerator<Uint8Array> {
  const counter = new LineCounter();
  for await (const chunk of bytes) {
    if (counter.lines >= lines) yield chunk;
    else {
      const end = counter.feed(chunk, lines);
      if (end < chunk.length) yield chunk.subarray(end);
    }
  }
}

/** Finds where the last `lines` lines of a log begin, reading as little as can be. */
export async function findTail(
  older: readonly LogFile[],
  current: FileHandle | undefined,
  lines: number,
): Promise<LogStart> {
  let missing = lines;
  const last = older.length;
  if (current) {
    const { size } = await current.stat();
    const { offset, found } = await tailOf(current, size, missing);
    missing -= found;
    if (missing <= 0) return { file: last, offset, lines: 0 };
  }
  for (let file = last - 1; file >= 0; file--) {
    const one = older[file]!;
    if (one.isCompressed) {
      const counter = new LineCounter();
      for await (const chunk of readOlder(one, 0)) counter.feed(chunk, Infinity);
      if (counter.lines >= missing) return { file, offset: 0, lines: counter.lines - missing };
      missing -= counter.lines;
    } else {
      await using handle = await openLog(one.path);
      if (!handle) continue;
      const { offset, found } = await tailOf(handle, (await handle.stat()).size, missing);
      missing -= found;
      if (missing <= 0) return { file, offset, lines: 0 };
    }
  }
  return { file: 0, offset: 0, lines: 0 };
}

/**
 * Where the last `lines` lines of a plain file begin, read from its end. Fewer may be there: `found` says
 * how many. A line that came in several records counts once.
 */
export async function tailOf(
  handle: FileHandle,
  size: number,
  lines: number,
): Promise<{ offset: number; found: number }> {
  let found = 0;
  /** Where the record ends that is looked at; what follows the last newline is not complete. */
  let recordEnd = -1;
  if (lines <= 0) return { offset: size, found: 0 };
  for (let blockEnd = size; blockEnd > 0;) {
    const blockStart = Math.max(0, blockEnd - logChunkBytes);
    const { buffer } = await readAt(handle, blockStart, blockEnd - blockStart);
    for (let at = buffer.lastIndexOf(newline); at >= 0; at = lastIndexBefore(buffer, at)) {
      const end = blockStart + at + 1;
      const head = buffer.subarray(at + 1, at + 1 + recordHeadBytes);
      const isWhole = head.length === recordHeadBytes || blockEnd === size;
      const ends = recordEnd >= 0 && (isWhole ? isFull(head) : await endsLine(handle, end));
      if (ends && ++found > lines) return { offset: recordEnd, found: lines };
      recordEnd = end;
    }
    blockEnd = blockStart;
  }
  if (recordEnd >= 0 && (await endsLine(handle, 0)) && ++found > lines) {
    return { offset: recordEnd, found: lines };
  }
  return { offset: 0, found };
}

function lastIndexBefore(buffer: Buffer, at: number): number {
  return at === 0 ? -1 : buffer.lastIndexOf(newline, at - 1);
}

/** Whether the record that begins at `start` is the last of its line. */
async function endsLine(handle: FileHandle, start: number): Promise<boolean> {
  const { buffer, length } = await readAt(handle, start, recordHeadBytes);
  return length > 0 && isFull(buffer.subarray(0, length));
}

async function readAt(handle: FileHandle, position: number, length: number) {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  return { buffer, length: bytesRead };
}

/** The tag after the second space; a record that has none is not continued. */
function isFull(head: Buffer): boolean {
  const second = head.indexOf(32, head.indexOf(32) + 1);
  return second < 0 || head[second + 1] !== 80;
}

/** Counts lines in a stream of records. */
class LineCounter {
  lines = 0;
  #head = Buffer.alloc(0);

  /** Counts until `most` are reached; returns where in `chunk` that was, else its length. */
  feed(chunk: Uint8Array, most: number): number {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const record = Buffer.concat([
        this.#head,
        bytes.subarray(start, Math.min(end, start + recordHeadBytes)),
      ]);
      this.#head = Buffer.alloc(0);
      if (isFull(record)) this.lines++;
      start = end + 1;
      if (this.lines >= most) return start;
    }
    const rest = bytes.subarray(start, start + recordHeadBytes);
    this.#head = Buffer.concat([this.#head, rest]).subarray(0, recordHeadBytes);
    return bytes.length;
  }
}
