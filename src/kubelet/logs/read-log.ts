/**
 * Reads a container's log as `kubectl logs` asks for it: the CRI's files, rotated ones included, from the
 * end where only a tail is wanted, and following what is still written.
 */
import { type FileHandle, stat } from "node:fs/promises";
import type { Clock } from "#base/clock.ts";
import { type Files, identityOf } from "../host/files.ts";
import {
  findTail,
  logChunkBytes,
  type LogFile,
  type LogStart,
  olderLogFiles,
  openLog,
  readOlder,
  skipLines,
} from "./log-files.ts";
import { LogFormatter } from "./log-formatter.ts";

export interface LogQuery {
  /** Goes on with what is written later, until the container has ended. */
  readonly follow?: boolean;
  /** Lines from the end; all when undefined. */
  readonly tailLines?: number;
  /** Nothing that was written before, in milliseconds since the epoch. */
  readonly sinceMs?: number;
  /** Each line begins with its time. */
  readonly timestamps?: boolean;
  /** Stops after this many bytes. */
  readonly limitBytes?: number;
  /** Default: all. */
  readonly stream?: "stdout" | "stderr";
}

export interface LogSource {
  /** The file that the runtime writes to; rotated ones lie beside it. */
  readonly path: string;
  readonly files: Files;
  readonly clock: Pick<Clock, "sleep">;
  /** Whether more may be written; asked again and again while following. */
  readonly isRunning: () => boolean;
  readonly signal: AbortSignal;
}

/** How often a log that is followed is looked at. */
const followMs = 100;
/** A log may be rotated while its files are listed. */
const openAttempts = 3;

/**
 * Opens a log and finds where to begin; the returned bytes are read as they are taken.
 * Throws when there is no log, in upstream's words.
 */
export async function readLog(
  source: LogSource,
  query: LogQuery,
): Promise<AsyncIterable<Uint8Array>> {
  const { older, current } = await openFiles(source);
  if (!current && older.length === 0) {
    const { path } = source;
    const why = `lstat ${path}: no such file or directory`;
    throw new Error(`failed to try resolving symlinks in path "${path}": ${why}`);
  }
  try {
    const start = await startOf(older, current, query);
    return read(source, query, { older, current, start });
  } catch (error) {
    await current?.close();
    throw error;
  }
}

interface Opened {
  readonly older: readonly LogFile[];
  readonly current: FileHandle | undefined;
  readonly start: LogStart;
}

/** The older files and the current one as they are at one moment. */
async function openFiles({ files, path }: LogSource): Promise<Omit<Opened, "start">> {
  for (let attempt = 1; ; attempt++) {
    const current = await openLog(path);
    const older = await olderLogFiles(files, path);
    if (attempt === openAttempts || !(await isReplaced(current, path))) return { older, current };
    await current?.close();
  }
}

async function isReplaced(handle: FileHandle | undefined, path: string): Promise<boolean> {
  try {
    const now = await stat(path);
    return handle === undefined || identityOf(now) !== identityOf(await handle.stat());
  } catch {
    // Renamed, and the runtime has not made a new one yet: what is open goes on being written.
    return false;
  }
}

async function startOf(
  older: readonly LogFile[],
  current: FileHandle | undefined,
  { tailLines, sinceMs }: LogQuery,
): Promise<LogStart> {
  if (tailLines !== undefined) return findTail(older, current, tailLines);
  const first = older.findIndex(({ modifiedMs }) => modifiedMs >= (sinceMs ?? 0));
  return { file: first < 0 ? older.length : first, offset: 0, lines: 0 };
}

async function* read(
  source: LogSource,
  query: LogQuery,
  { older, current, start }: Opened,
): AsyncGenerator<Uint8Array> {
  const formatter = new LogFormatter(query);
  try {
    for (let index = start.file; index < older.length; index++) {
      const isFirst = index === start.file;
      const bytes = readOlder(older[index]!, isFirst ? start.offset : 0);
      for await (const chunk of skipLines(bytes, isFirst ? start.lines : 0)) {
        yield formatter.feed(chunk);
        if (formatter.isDone) return;
      }
      yield formatter.flush();
    }
    const offset = start.file === older.length ? start.offset : 0;
    if (query.follow) {
      const handle = current;
      current = undefined;
      yield* followFile(source, formatter, handle, offset);
    } else if (current) {
      yield* readToEnd(current, formatter, { offset });
      yield formatter.flush();
    }
  } finally {
    await current?.close();
  }
}

/** Shows what the file has from `at` on; `at` moves along. */
async function* readToEnd(
  handle: FileHandle,
  formatter: LogFormatter,
  at: { offset: number },
): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(logChunkBytes);
  while (!formatter.isDone) {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at.offset);
    if (bytesRead === 0) return;
    at.offset += bytesRead;
    yield formatter.feed(buffer.subarray(0, bytesRead));
  }
}

/**
 * Goes on until the container has ended or nobody listens. Whether it ended and whether the file was
 * replaced is asked before the file is read to its end: so nothing written before is missed.
 */
async function* followFile(
  { path, clock, isRunning, signal }: LogSource,
  formatter: LogFormatter,
  first: FileHandle | undefined,
  offset: number,
): AsyncGenerator<Uint8Array> {
  let handle = first;
  const at = { offset };
  try {
    while (!signal.aborted && !formatter.isDone) {
      const isOver = !isRunning();
      const replaced = await isReplaced(handle, path);
      if (handle) yield* readToEnd(handle, formatter, at);
      if (replaced) {
        if (handle) yield formatter.flush();
        await handle?.close();
        handle = await openLog(path);
        at.offset = 0;
      } else if (isOver) {
        yield formatter.flush();
        return;
      } else {
        await clock.sleep(followMs, signal).catch(() => {});
      }
    }
  } finally {
    await handle?.close();
  }
}
