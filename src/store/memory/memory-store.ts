import type { Clock } from "#base/clock.ts";
import { Expiry } from "../live/expiry.ts";
import { type HistoryLimits } from "../live/history.ts";
import { type ListOptions, LiveState, writeEvent } from "../live/live-state.ts";
import { Progress } from "../live/progress.ts";
import {
  type Entry,
  type Page,
  type Revision,
  StorageError,
  type Store,
  type Swap,
  type WatchBatch,
} from "../store.ts";

export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** How much history is kept even without compaction; default 50,000 events or 64 MiB. */
  readonly history?: HistoryLimits;
  /** Events that may wait for one watcher; default 20,000. */
  readonly watchQueueEventsMax?: number;
}

const historyDefault: HistoryLimits = { eventsMax: 50_000, bytesMax: 64 * 2 ** 20 };
const watchQueueEventsDefault = 20_000;

/**
 * A store for tests and simulation: ready at once, gone with the process, and deterministic under a
 * virtual clock. History beyond its bound is forgotten as if it had been compacted.
 */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #live: LiveState;
  readonly #progress: Progress;
  readonly #expiry: Expiry;

  constructor({ clock, history, watchQueueEventsMax }: MemoryStoreOptions) {
    this.#clock = clock;
    const limits = {
      history: history ?? historyDefault,
      watchQueueEventsMax: watchQueueEventsMax ?? watchQueueEventsDefault,
    };
    this.#live = new LiveState(limits, { revision: 1, compacted: 1 });
    this.#progress = new Progress(clock, this.#live);
    this.#expiry = new Expiry(clock, (key, modRevision) => this.delete(key, modRevision));
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
    if (options.at !== undefined) this.#live.reaches(options.at);
    return this.#live.list(prefix, options);
  }

  async count(prefix: string): Promise<number> {
    this.#requireOpen();
    return this.#live.index.count(prefix);
  }

  async create(key: string, value: Uint8Array, ttlSeconds?: number): Promise<Swap> {
    return this.#write(key, value, 0, ttlSeconds);
  }

  async update(
    key: string,
    value: Uint8Array,
    expected: Revision,
    ttlSeconds?: number,
  ): Promise<Swap> {
    return this.#write(key, value, expected, ttlSeconds);
  }

  async delete(key: string, expected: Revision): Promise<Swap> {
    return this.#write(key, undefined, expected);
  }

  watch(prefix: string, since: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    return this.#live.watch(prefix, since, signal);
  }

  async compact(revision: Revision): Promise<void> {
    this.#requireOpen();
    this.#live.compact(revision);
  }

  async compactedRevision(): Promise<Revision> {
    this.#requireOpen();
    return this.#live.compacted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#progress[Symbol.dispose]();
    this.#expiry[Symbol.dispose]();
    this.#live.close(new StorageError("io", "the store is closed"));
  }

  #write(
    key: string,
    value: Uint8Array | undefined,
    expected: Revision,
    ttlSeconds?: number,
  ): Swap {
    this.#requireOpen();
    const live = this.#live;
    const current = live.index.get(key);
    if ((current?.modRevision ?? 0) !== expected) return { ok: false, current };
    if (!current && !value) return { ok: false, current };
    const revision = live.revision + 1;
    live.commit([writeEvent(revision, current, { key, value })]);
    live.compacted = Math.max(live.compacted, live.history.start);
    if (ttlSeconds) this.#expiry.add(key, revision, this.#clock.now() + ttlSeconds * 1_000);
    this.#progress.committed();
    return { ok: true, revision };
  }

  #requireOpen(): void {
    if (this.#live.closed) throw this.#live.closed;
  }
}
