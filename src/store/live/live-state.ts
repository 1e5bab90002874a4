import {
  CompactedError,
  type Entry,
  FutureRevisionError,
  type Page,
  type Revision,
  type StoreEvent,
  type WatchBatch,
} from "../store.ts";
import { History, type HistoryLimits } from "./history.ts";
import { OrderedIndex, orderKey } from "./ordered-index.ts";
import { WatchHub } from "./watch-hub.ts";
import { WatchStream } from "./watch-stream.ts";

export interface LiveLimits {
  readonly history: HistoryLimits;
  /** Events that may wait for one watcher before it is ended as too slow. */
  readonly watchQueueEventsMax: number;
}

/** Events that are older than the memory's history, as far as one reading goes. */
export interface OlderEvents {
  readonly events: readonly StoreEvent[];
  /** All events after the revision asked for, up to and including this one, are there. */
  readonly revision: Revision;
}

export interface ListOptions {
  readonly after?: string;
  readonly limit?: number;
  readonly at?: Revision;
}

/**
 * What is committed, in memory: every key's entry in byte order, the latest events, and the watchers
 * that are fed from commits. Both embedded backends answer reads from it; it decides nothing.
 */
export class LiveState {
  readonly hub = new WatchHub();
  readonly #limits: LiveLimits;
  index: OrderedIndex<Entry>;
  history: History;
  revision: Revision;
  /** The oldest revision that can be read. */
  compacted: Revision;
  /** Set when the store has been closed or has failed: what watchers are told. */
  closed: Error | undefined;
  /** Reads events that memory no longer has, a bounded page of them; absent without a disk. */
  readOlder: ((prefix: string, since: Revision) => Promise<OlderEvents>) | undefined;

  constructor(limits: LiveLimits, start: { revision: Revision; compacted: Revision }) {
    this.#limits = limits;
    this.revision = start.revision;
    this.compacted = start.compacted;
    this.index = new OrderedIndex();
    this.history = new History(start.revision, limits.history);
  }

  /** Makes events, which have consecutive revisions, part of the state and tells the watchers. */
  commit(events: readonly StoreEvent[]): void {
    for (const event of events) {
      if (event.type === "put") this.index.set(event.entry);
      else this.index.delete(event.previous.key);
      this.history.push(event);
    }
    this.revision = this.history.end;
    this.hub.publish(events, this.revision);
  }

  compact(revision: Revision): void {
    if (revision > this.revision) throw new FutureRevisionError(this.revision);
    if (revision <= this.compacted) return;
    this.compacted = revision;
    this.history.dropUntil(revision);
  }

  compactedError(): CompactedError {
    return new CompactedError(this.compacted);
  }

  /** Whether the state as of `at` can be told from memory; throws when it cannot be told at all. */
  reaches(at: Revision): boolean {
    if (at > this.revision) throw new FutureRevisionError(this.revision);
    if (at < this.compacted) throw this.compactedError();
    return at >= this.history.start;
  }

  /** A page of the present, or of a revision that memory `reaches`. */
  list(prefix: string, { after = "", limit = 0, at }: ListOptions = {}): Page {
    if (at !== undefined && at !== this.revision) {
      return this.listUndone(prefix, { after, limit, at }, this.history.undo(at, prefix));
    }
    const { values, remaining } = this.index.page(prefix, after, limit);
    return { entries: values, revision: this.revision, more: remaining > 0, remaining };
  }

  /**
   * A page of the past: the present, with what `before` says that the keys which have changed since
   * were then.
   */
  listUndone(
    prefix: string,
    { after = "", limit = 0, at }: { after?: string; limit?: number; at: Revision },
    before: ReadonlyMap<string, Entry | undefined>,
  ): Page {
    const afterOrder = orderKey(after);
    const undone: Entry[] = [];
    let changed = 0;
    for (const [key, entry] of before) {
      if (orderKey(key) <= afterOrder) continue;
      if (entry) undone.push(entry);
      if (this.index.get(key)) changed++;
    }
    // Among so many of the present there are `limit` that have not changed since.
    const enough = limit > 0 ? limit + changed : 0;
    const { values, remaining } = this.index.page(prefix, after, enough);
    const same = values.filter((entry) => !before.has(entry.key));
    const entries = mergeByKey(same, undone.sort(byKey));
    const total = values.length + remaining - changed + undone.length;
    if (limit > 0 && entries.length > limit) entries.length = limit;
    const left = total - entries.length;
    return { entries, revision: at, more: left > 0, remaining: left };
  }

  watch(prefix: string, since: Revision, signal: AbortSignal): AsyncIterable<WatchBatch> {
    const { watchQueueEventsMax } = this.#limits;
    return {
      [Symbol.asyncIterator]: () =>
        new WatchStream(this, { prefix, since, signal }, watchQueueEventsMax),
    };
  }

  /** Ends every watch with `error`; those begun later end with it at once. */
  close(error: Error): void {
    this.closed ??= error;
    this.hub.fail(error);
  }
}

/** The event of a write that has been given its revision. */
export function writeEvent(
  revision: Revision,
  previous: Entry | undefined,
  write: { key: string; value: Uint8Array | undefined },
): StoreEvent {
  if (write.value === undefined) return { type: "delete", revision, previous: previous! };
  const entry: Entry = {
    key: write.key,
    value: write.value,
    modRevision: revision,
    createRevision: previous?.createRevision ?? revision,
  };
  return { type: "put", entry, previous };
}

function byKey(a: Entry, b: Entry): number {
  return orderKey(a.key) < orderKey(b.key) ? -1 : 1;
}

function mergeByKey(some: readonly Entry[], others: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let next = 0;
  for (const entry of some) {
    while (next < others.length && byKey(others[next]!, entry) < 0) merged.push(others[next++]!);
    merged.push(entry);
  }
  return merged.concat(others.slice(next));
}
