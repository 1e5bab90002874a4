import type { Entry, Revision, Store, StoreEvent, Swap, WatchBatch } from "../store.ts";

/** An open store under test and what the tests need to know of it. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: Store;
  /** Lets `ms` milliseconds pass on the store's clock. */
  elapse(ms: number): Promise<void>;
  /** A watcher that leaves more events than this unread may be ended. */
  readonly watchQueueEventsMax: number;
}

/** Opens a fresh, empty store. */
export type OpenStore = () => Promise<OpenedStore>;

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

export function text(entry: Entry | undefined): string | undefined {
  return entry && Buffer.from(entry.value).toString();
}

/** The revision of a write that has to succeed. */
export async function done(write: Promise<Swap>): Promise<Revision> {
  const swap = await write;
  if (!swap.ok) throw new Error(`refused: ${swap.current?.key} is at ${swap.current?.modRevision}`);
  return swap.revision;
}

/** Creates the keys one after the other, each with its own name as value; returns the revisions. */
export async function createAll(store: Store, ...keys: string[]): Promise<Revision[]> {
  const revisions: Revision[] = [];
  for (const key of keys) revisions.push(await done(store.create(key, bytes(key))));
  return revisions;
}

/** `+key@revision` for a put, `-key@revision` for a deletion. */
export function show(event: StoreEvent): string {
  return event.type === "put"
    ? `+${event.entry.key}@${event.entry.modRevision}`
    : `-${event.previous.key}@${event.revision}`;
}

export function revisionOf(event: StoreEvent): Revision {
  return event.type === "put" ? event.entry.modRevision : event.revision;
}

export function keyOf(event: StoreEvent): string {
  return event.type === "put" ? event.entry.key : event.previous.key;
}

/** A watch that a test reads step by step. */
export class Watching implements Disposable {
  readonly #abort = new AbortController();
  readonly #iterator: AsyncIterator<WatchBatch>;
  readonly events: StoreEvent[] = [];
  /** The revision of the last batch. */
  revision: Revision;
  /** The revisions of all batches. */
  readonly revisions: Revision[] = [];

  constructor(store: Store, prefix: string, since: Revision) {
    this.revision = since;
    this.#iterator = store.watch(prefix, since, this.#abort.signal)[Symbol.asyncIterator]();
  }

  /** The next batch; undefined when the watch has ended. Rejects when it has failed. */
  async next(): Promise<WatchBatch | undefined> {
    const { done: ended, value } = await this.#iterator.next();
    if (ended) return undefined;
    this.events.push(...value.events);
    this.revision = value.revision;
    this.revisions.push(value.revision);
    return value;
  }

  /** Reads until `count` events have come. */
  async until(count: number): Promise<StoreEvent[]> {
    while (this.events.length < count && (await this.next()));
    return this.events;
  }

  /** Reads until the watch has got as far as `revision`. */
  async reach(revision: Revision): Promise<StoreEvent[]> {
    while (this.revision < revision && (await this.next()));
    return this.events;
  }

  abort(): void {
    this.#abort.abort();
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }
}
