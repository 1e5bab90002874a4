import { StorageError } from "../store.ts";
import type { Fault } from "./protocol.ts";

/** Something about the file that cannot be: said in the middle of a sentence, without a full stop. */
export class Damaged extends Error {
  override name = "Damaged";
}

/** SQLite's primary result codes that mean something to us: https://sqlite.org/rescode.html */
const codes = { busy: 5, locked: 6, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** What is to be said about an error that touching the database at `path` gave. */
export function faultOf(error: unknown, path: string): Fault {
  const why = error instanceof Error ? error.message : String(error);
  const code = sqliteCode(error);
  if (error instanceof Damaged || code === codes.corrupt || code === codes.notADatabase) {
    return {
      kind: "corrupt",
      message:
        `${path} cannot be used: ${why}. Nothing has been changed. Move the file and its -wal ` +
        "aside and put a backup in its place; without a backup, sqlite3's .recover may save rows.",
    };
  }
  if (code === codes.full || isCode(error, "ENOSPC") || isCode(error, "EDQUOT")) {
    return {
      kind: "full",
      message: `no space left for ${path}: ${why}. Writing goes on once there is space again.`,
    };
  }
  if (code === codes.busy || code === codes.locked) {
    return { kind: "io", message: `${path} is in use by another process; stop that one first` };
  }
  return { kind: "io", message: `${path}: ${why}` };
}

/** The fault as the error that callers of the store get. */
export function storageError({ kind, message }: Fault): StorageError {
  return new StorageError(kind, message);
}

/** SQLite's primary result code, if `error` is one of its errors. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error && "errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

/** Whether `error` is a system error with the code, such as `ENOSPC`. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
