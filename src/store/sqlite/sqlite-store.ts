import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { Expiry } from "../live/expiry.ts";
import {
  type ListOptions,
  type LiveLimits,
  LiveState,
  type OlderEvents,
} from "../live/live-state.ts";
import { OrderedIndex } from "../live/ordered-index.ts";
import { Progress } from "../live/progress.ts";
import {
  type Entry,
  type Page,
  type Revision,
  StorageError,
  type Store,
  type StoreEvent,
  type Swap,
  type WatchBatch,
} from "../store.ts";
import { storageError } from "./fault.ts";
import { Pipeline, type Write } from "./pipeline.ts";
import { type Fault, type Row, unpackRows } from "./protocol.ts";
import { type Listener, WorkerLink } from "./worker-link.ts";

export interface SqliteStoreOptions {
  /** The data folder; made (0700) if it is not there. The database in it is `state.db`. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Recent history kept in memory and room for slow watchers; the rest of history is on disk. */
  readonly limits?: Partial<LiveLimits>;
  /** Bound of the database file in pages of 8 KiB; by default the disk is the bound. */
  readonly pagesMax?: number;
}

/** A `Store` on a disk of its own. */
export interface SqliteStore extends Store {
  /**
   * Writes a consistent copy of the database to `path` (0600), which must not exist, while the store
   * goes on being used. A copy is restored by being put in place of `state.db`.
   */
  backup(path: string): Promise<void>;
}

const limitsDefault: LiveLimits = {
  history: { eventsMax: 10_000, bytesMax: 16 * 2 ** 20 },
  watchQueueEventsMax: 20_000,
};

/**
 * Opens the embedded store: SQLite in a worker thread. Resolves when all keys are in memory; the
 * main thread is free meanwhile, so callers do well to begin this first and to await it late.
 * @throws StorageError `corrupt` when the file is not whole or not ours, `io` when it is in use by
 * another process or cannot be opened, `full` when there is no space to make it.
 */
export function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { folder, pagesMax } = options;
  const { promise, resolve, reject } = Promise.withResolvers<SqliteStore>();
  const loaded = new Map<string, Row>();
  const link = new WorkerLink(
    { folder, pagesMax },
    {
      loaded(rows) {
        for (const row of unpackRows(rows)) {
          if (row.value) loaded.set(row.key, row);
          else loaded.delete(row.key);
        }
      },
      ready(at) {
        const store = new WorkerStore(options, link, { rows: loaded.values(), ...at });
        resolve(store);
        return store;
      },
      failed: (fault) => reject(storageError(fault)),
    },
  );
  return promise;
}

/** The place of a value that has yet to be read from disk. */
const unread = new Uint8Array(0);

/** What a database held when it was opened. */
interface Loaded {
  /** The latest row of each key that exists. */
  readonly rows: Iterable<Row>;
  readonly revision: Revision;
  readonly compacted: Revision;
}

class WorkerStore implements SqliteStore, Listener {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #link: WorkerLink;
  readonly #live: LiveState;
  readonly #pipeline: Pipeline;
  readonly #progress: Progress;
  readonly #expiry: Expiry;
  /** The revision that the worker is known to have compacted to. */
  #compactedOnDisk: Revision;
  #closed: Promise<void> | undefined;

  constructor(
    { folder, clock, log, limits }: SqliteStoreOptions,
    link: WorkerLink,
    loaded: Loaded,
  ) {
    this.#clock = clock;
    this.#log = log.with({ component: "store", folder });
    this.#link = link;
    this.#live = new LiveState({ ...limitsDefault, ...limits }, loaded);
    this.#live.readOlder = (prefix, since) => this.#readOlder(prefix, since);
    this.#compactedOnDisk = loaded.compacted;
    this.#progress = new Progress(clock, this.#live);
    this.#expiry = new Expiry(clock, (key, modRevision) => this.delete(key, modRevision));
    this.#pipeline = new Pipeline({
      live: this.#live,
      send: (rows, epoch) => link.write(rows, epoch),
      expiring: ({ key, modRevision }, at) => this.#expiry.add(key, modRevision, at),
    });
    const entries: Entry[] = [];
    for (const row of loaded.rows) {
      entries.push(entryOf(row));
      if (row.expires !== 0) this.#expiry.add(row.key, row.revision, row.expires);
    }
    this.#live.index = OrderedIndex.of(entries);
  }

  async revision(): Promise<Revision> {
    this.#requireOpen();
    this.#progress.asked();
    return this.#live.revision;
  }

  async get(key: string): Promise<Entry | undefined> {
    this.#requireOpen();
    return this.#live.index.get(key);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<Page> {
    this.#requireOpen();
    const { at } = options;
    if (at === undefined || this.#live.reaches(at)) return this.#live.list(prefix, options);
    return this.#listOlder(prefix, { ...options, at });
  }

  async count(prefix: string): Promise<number> {
    this.#requireOpen();
    return this.#live.index.count(prefix);
  }

  create(key: string, value: Uint8Array, ttlSeconds?: number): Promise<Swap> {
    return this.#write({ key, value, expected: 0, expires: this.#expiresIn(ttlSeconds) });
  }

  update(key: string, value: Uint8Array, expected: Revision, ttlSeconds?: number): Promise<Swap> {
    return this.#write({ key, value, expected, expires: this.#expiresIn(ttlSeconds) });
  }

  delete(key: string, expected: Revision): Promise<Swap> {
    return this.#write({ key, value: undefined, expected, expires: 0 });
  }

  watch(prefix: string, since: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#live.watch(prefix, since, signal);
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireOpen();
    this.#live.compact(revision);
    if (revision <= this.#compactedOnDisk) return;
    await this.#link.compact(revision);
    this.#compactedOnDisk = Math.max(this.#compactedOnDisk, revision);
  }

  async compactedRevision(): Promise<Revision> {
    this.#requireOpen();
    return this.#live.compacted;
  }

  async backup(path: string): Promise<void> {
    this.#requireOpen();
    await this.#link.backup(path);
  }

  /** Lets the writes on their way come to their end, ends the watches, closes the database. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  committed(revision: Revision): void {
    this.#pipeline.committed(revision);
    this.#progress.committed();
  }

  refused(fault: Fault, epoch: number): void {
    this.#log.error("writes refused", { kind: fault.kind, reason: fault.message });
    this.#pipeline.refused(fault, epoch);
  }

  warning(message: string, fault: Fault): void {
    this.#log.warn(message, { kind: fault.kind, reason: fault.message });
  }

  failed(fault: Fault): void {
    this.#log.error("store failed", { reason: fault.message });
    this.#live.close(storageError(fault));
    this.#pipeline.refused(fault, 0);
  }

  async #close(): Promise<void> {
    this.#expiry[Symbol.dispose]();
    this.#progress[Symbol.dispose]();
    const closed = new StorageError("io", "the store is closed");
    const drained = this.#pipeline.drained();
    // From here on nobody can write; what is on its way is waited for.
    this.#live.closed ??= closed;
    await drained;
    this.#live.close(closed);
    await this.#link.close();
  }

  #write(write: Write): Promise<Swap> {
    if (this.#live.closed) return Promise.reject(this.#live.closed);
    return this.#pipeline.write(write);
  }

  #expiresIn(ttlSeconds: number | undefined): number {
    return ttlSeconds ? this.#clock.now() + ttlSeconds * 1_000 : 0;
  }

  async #readOlder(prefix: string, since: Revision): Promise<OlderEvents> {
    return this.#link.ask({ about: "events", prefix, since }, (answer) => {
      if (answer.about !== "events") throw this.#live.compactedError();
      const previous = new Map<Revision, Entry>();
      for (const row of unpackRows(answer.previous)) previous.set(row.revision, entryOf(row));
      const events = unpackRows(answer.events).map((row) =>
        eventOf(row, previous.get(row.previous)),
      );
      return { events, revision: answer.revision };
    });
  }

  /** A page as of a revision that memory does not reach back to. */
  async #listOlder(prefix: string, options: ListOptions & { at: Revision }): Promise<Page> {
    const { at } = options;
    // The page is made before a later commit is seen: the answer fits the state of this moment.
    const page = await this.#link.ask({ about: "undo", prefix, at }, (answer) => {
      if (answer.about !== "undo") throw this.#live.compactedError();
      const before = new Map<string, Entry | undefined>();
      for (const [key, modRevision] of answer.keys) {
        const entry = { key, value: unread, modRevision, createRevision: 0 };
        before.set(key, modRevision === 0 ? undefined : entry);
      }
      return this.#live.listUndone(prefix, options, before);
    });
    const revisions = page.entries.filter(isUnread).map((entry) => entry.modRevision);
    if (revisions.length === 0) return page;
    const read = await this.#link.ask({ about: "rows", revisions }, (answer) => {
      if (answer.about !== "rows") throw this.#live.compactedError();
      return new Map(unpackRows(answer.rows).map((row) => [row.revision, entryOf(row)]));
    });
    const fill = (entry: Entry): Entry => (isUnread(entry) ? read.get(entry.modRevision)! : entry);
    return { ...page, entries: page.entries.map(fill) };
  }

  #requireOpen(): void {
    if (this.#live.closed) throw this.#live.closed;
  }
}

function isUnread(entry: Entry): boolean {
  return entry.value === unread;
}

function entryOf({ key, value, revision, created }: Row): Entry {
  return { key, value: value!, modRevision: revision, createRevision: created };
}

function eventOf(row: Row, previous: Entry | undefined): StoreEvent {
  if (row.value) return { type: "put", entry: entryOf(row), previous };
  return { type: "delete", revision: row.revision, previous: previous! };
}
