import type { Revision, StorageError } from "../store.ts";

/**
 * What the store (on the main thread) and the worker (which has the database) say to each other.
 * Rows travel packed into one buffer per message, which changes hands without being copied.
 */

/** One revision: what a row of the log says. */
export interface Row {
  readonly revision: Revision;
  /** The revision that created the key. */
  readonly created: Revision;
  /** The revision that the key had before; 0: it was not there. */
  readonly previous: Revision;
  /** Wall-clock milliseconds when the key is to be deleted; 0: never. */
  readonly expires: number;
  readonly key: string;
  /** Undefined: the key was deleted. */
  readonly value: Uint8Array | undefined;
}

/** A failure on its way between threads; becomes a `StorageError`. */
export interface Fault {
  readonly kind: StorageError["kind"];
  readonly message: string;
}

/** Questions about the past. */
export type Ask =
  /** Events after `since` with the prefix, of a bounded number of revisions. */
  | { readonly about: "events"; readonly prefix: string; readonly since: Revision }
  /** For each key with the prefix that has changed after `at`: the revision it had then. */
  | { readonly about: "undo"; readonly prefix: string; readonly at: Revision }
  /** The rows of these revisions. */
  | { readonly about: "rows"; readonly revisions: readonly Revision[] };

export type Answer =
  | {
      readonly about: "events";
      readonly events: ArrayBuffer;
      readonly previous: ArrayBuffer;
      readonly revision: Revision;
    }
  | { readonly about: "undo"; readonly keys: readonly (readonly [string, Revision])[] }
  | { readonly about: "rows"; readonly rows: ArrayBuffer }
  | { readonly about: "compacted" }
  | { readonly about: "done" };

export type ToWorker =
  /** Rows with consecutive revisions. `epoch`: how many refusals the sender knows of. */
  | { readonly kind: "write"; readonly epoch: number; readonly rows: ArrayBuffer }
  | { readonly kind: "ask"; readonly id: number; readonly ask: Ask }
  | { readonly kind: "compact"; readonly id: number; readonly revision: Revision }
  | { readonly kind: "backup"; readonly id: number; readonly path: string }
  | { readonly kind: "close" };

export type FromWorker =
  /** While opening: rows in order of revision, live and superseded ones. */
  | { readonly kind: "loaded"; readonly rows: ArrayBuffer }
  | { readonly kind: "ready"; readonly revision: Revision; readonly compacted: Revision }
  /** Could not be opened. */
  | { readonly kind: "unusable"; readonly fault: Fault }
  /** Everything up to `revision` is on disk. */
  | { readonly kind: "committed"; readonly revision: Revision }
  /** Nothing that was sent in `epoch` and not yet committed will be. */
  | { readonly kind: "refused"; readonly epoch: number; readonly fault: Fault }
  | { readonly kind: "answer"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "fault"; readonly id: number; readonly fault: Fault }
  | { readonly kind: "warning"; readonly message: string; readonly fault: Fault }
  | { readonly kind: "closed" };

export interface WorkerOptions {
  readonly folder: string;
  /** Bound of the database file in pages of 8 KiB; undefined: the disk is the bound. */
  readonly pagesMax: number | undefined;
}

/** Numbers per row: revision, created, previous, expires, bytes of the key, of the value. */
const fields = 6;

/** Stands for the length of the value that a deletion does not have. */
const noValue = -1;

/** Packs rows: their count and numbers, then the bytes of each key and value. */
export function packRows(rows: readonly Row[]): ArrayBuffer {
  const head = 8 * (1 + fields * rows.length);
  let size = head;
  const keyBytes: number[] = [];
  for (const { key, value } of rows) {
    const bytes = Buffer.byteLength(key);
    keyBytes.push(bytes);
    size += bytes + (value?.byteLength ?? 0);
  }
  const packed = Buffer.allocUnsafeSlow(size);
  const numbers = new Float64Array(packed.buffer, 0, head / 8);
  numbers[0] = rows.length;
  let at = head;
  for (let i = 0, field = 1; i < rows.length; i++, field += fields) {
    const row = rows[i]!;
    numbers[field] = row.revision;
    numbers[field + 1] = row.created;
    numbers[field + 2] = row.previous;
    numbers[field + 3] = row.expires;
    numbers[field + 4] = keyBytes[i]!;
    numbers[field + 5] = row.value ? row.value.byteLength : noValue;
    at += packed.write(row.key, at, keyBytes[i] === row.key.length ? "latin1" : "utf8");
    if (row.value) packed.set(row.value, at);
    at += row.value?.byteLength ?? 0;
  }
  return packed.buffer;
}

/** Number of rows in a packed buffer. */
export function rowCount(packed: ArrayBuffer): number {
  return new Float64Array(packed, 0, 1)[0]!;
}

/** The rows of a packed buffer; their values are views into it. */
export function unpackRows(packed: ArrayBuffer): Row[] {
  const count = rowCount(packed);
  const head = 8 * (1 + fields * count);
  const numbers = new Float64Array(packed, 0, head / 8);
  const bytes = Buffer.from(packed);
  const rows: Row[] = [];
  let at = head;
  for (let i = 0, field = 1; i < count; i++, field += fields) {
    const keyEnd = at + numbers[field + 4]!;
    const valueLength = numbers[field + 5]!;
    const valueEnd = keyEnd + Math.max(valueLength, 0);
    rows.push({
      revision: numbers[field]!,
      created: numbers[field + 1]!,
      previous: numbers[field + 2]!,
      expires: numbers[field + 3]!,
      key: bytes.toString("utf8", at, keyEnd),
      value: valueLength === noValue ? undefined : bytes.subarray(keyEnd, valueEnd),
    });
    at = valueEnd;
  }
  return rows;
}
