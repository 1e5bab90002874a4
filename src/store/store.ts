/**
 * The waist of the system: what the API server asks of a place that keeps things. The semantics are
 * etcd's (one cluster-wide, strictly growing revision; compare-and-swap on the revision that last
 * changed a key; gapless watches). `contract.ts` states them as tests that every backend passes:
 * `memory/` for tests and simulation, `sqlite/` for a machine of its own. Both answer reads from
 * `live/`, the live keys in memory. After disposal everything is refused with a `StorageError`.
 */

/** A cluster-wide, strictly growing number of a change. 0 stands for "none". */
export type Revision = number;

/** A key's value as of `modRevision`. The bytes are shared: nobody may write into them. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The revision that last changed the key. */
  readonly modRevision: Revision;
  /** The revision that created the key. */
  readonly createRevision: Revision;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** The store's revision that the page is a snapshot of. */
  readonly revision: Revision;
  /** Whether keys follow after the last entry. */
  readonly more: boolean;
  /** Number of keys with the prefix after the last entry. */
  readonly remaining: number;
}

export type StoreEvent =
  | { readonly type: "put"; readonly entry: Entry; readonly previous: Entry | undefined }
  | { readonly type: "delete"; readonly revision: Revision; readonly previous: Entry };

/** All events of one or more whole revisions, in order; or progress without events. */
export interface WatchBatch {
  readonly events: readonly StoreEvent[];
  /** Everything up to and including this revision has been delivered. */
  readonly revision: Revision;
}

/** The outcome of a compare-and-swap: `ok`, or the entry (undefined: none) that is there instead. */
export type Swap =
  | { readonly ok: true; readonly revision: Revision }
  | { readonly ok: false; readonly current: Entry | undefined };

export interface Store extends AsyncDisposable {
  /**
   * The revision of the latest acknowledged write (at least 1). Every watch will soon report that
   * it has got there, whether it has events or not: whoever wants to read his own cache
   * consistently asks for the revision and waits for his watch to reach it.
   */
  revision(): Promise<Revision>;
  /** The entry at `key`, now. */
  get(key: string): Promise<Entry | undefined>;
  /**
   * Entries whose key starts with `prefix`, in byte order of the keys, those after the key `after`
   * only, `limit` at most (0: all), as of `at` (default: now).
   * @throws CompactedError when `at` is older than the history kept.
   * @throws FutureRevisionError when `at` has not happened yet.
   */
  list(prefix: string, options?: { after?: string; limit?: number; at?: Revision }): Promise<Page>;
  /** Number of keys with the prefix. */
  count(prefix: string): Promise<number>;
  /**
   * Writes `key` if it does not exist. Durable before it resolves. `ttlSeconds`: deleted then,
   * unless it is written again before (with a time of its own, or none).
   * @throws StorageError when it could not be written: with `full` it has not been and can be tried
   * again, with `io` it may have been.
   */
  create(key: string, value: Uint8Array, ttlSeconds?: number): Promise<Swap>;
  /**
   * Writes `key` if `expected` (0: none) is its mod revision. Durable before it resolves.
   * @throws StorageError as `create`.
   */
  update(key: string, value: Uint8Array, expected: Revision, ttlSeconds?: number): Promise<Swap>;
  /**
   * Deletes `key` if `expected` is its mod revision. Durable before it resolves.
   * @throws StorageError as `create`.
   */
  delete(key: string, expected: Revision): Promise<Swap>;
  /**
   * Every change below `prefix` after revision `since`, whole revisions in order, none lost, none
   * twice, until `signal` aborts (it then ends without an error). A batch without events reports
   * progress; some comes every few seconds while other keys change. The embedded backends hand an
   * event to a waiting reader before the writer's promise resolves. One reader per iterator.
   * @throws CompactedError when `since` is older than the history kept.
   * @throws FutureRevisionError when `since` has not happened yet: the reader knows another store,
   * such as this one before a backup was restored.
   * @throws SlowWatcherError when the reader falls too far behind; resume from the last revision.
   */
  watch(prefix: string, since: Revision, signal: AbortSignal): AsyncIterable<WatchBatch>;
  /**
   * Forgets the history before `revision`; the value of every key as of `revision` and after stays.
   * Resolves when the space is free again. What is older already is left as it is.
   * @throws FutureRevisionError when `revision` has not happened yet.
   */
  compact(revision: Revision): Promise<void>;
  /** The oldest revision that can still be read and watched from. */
  compactedRevision(): Promise<Revision>;
}

/** The history asked for has been compacted away. */
export class CompactedError extends Error {
  override name = "CompactedError";
  readonly compactedRevision: Revision;
  constructor(compactedRevision: Revision) {
    super(`required revision has been compacted (oldest kept: ${compactedRevision})`);
    this.compactedRevision = compactedRevision;
  }
}

/** The revision asked for has not happened yet. */
export class FutureRevisionError extends Error {
  override name = "FutureRevisionError";
  readonly current: Revision;
  constructor(current: Revision) {
    super(`required revision is a future revision (current: ${current})`);
    this.current = current;
  }
}

/** A watcher read slower than the world changed and was ended. */
export class SlowWatcherError extends Error {
  override name = "SlowWatcherError";
}

/** The medium refused: full disk, I/O error, or a file that is not ours or is damaged. */
export class StorageError extends Error {
  override name = "StorageError";
  readonly kind: "full" | "corrupt" | "io";
  constructor(kind: "full" | "corrupt" | "io", message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
