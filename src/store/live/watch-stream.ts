import { invariant } from "#base/invariant.ts";
import {
  FutureRevisionError,
  type Revision,
  SlowWatcherError,
  type StoreEvent,
  type WatchBatch,
} from "../store.ts";
import type { LiveState } from "./live-state.ts";
import type { Sink } from "./watch-hub.ts";

type Result = IteratorResult<WatchBatch, undefined>;

const finished: Result = { done: true, value: undefined };

/** What a watch is made of. */
export interface WatchRequest {
  readonly prefix: string;
  readonly since: Revision;
  readonly signal: AbortSignal;
}

/**
 * One reader of a watch. It first catches up from the history (on disk, then in memory), then joins
 * the hub in the same turn, so that nothing falls between. Plain promises instead of an async
 * generator: the reader is resumed before the writer whose commit it sees.
 */
export class WatchStream implements AsyncIterator<WatchBatch, undefined>, Sink {
  readonly #live: LiveState;
  readonly #request: WatchRequest;
  readonly #eventsMax: number;
  #phase: "catching-up" | "live" | "ended" = "catching-up";
  /** Delivered to the reader up to here. */
  #delivered: Revision;
  /** Known up to here, with `#events` between `#delivered` and it. */
  #known: Revision;
  #events: readonly StoreEvent[] = [];
  /** The array that `#events` is when it is ours alone: it may be added to. */
  #own: StoreEvent[] | undefined;
  #error: Error | undefined;
  #parked: PromiseWithResolvers<Result> | undefined;

  constructor(live: LiveState, request: WatchRequest, eventsMax: number) {
    this.#live = live;
    this.#request = request;
    this.#eventsMax = eventsMax;
    this.#delivered = this.#known = request.since;
    if (request.signal.aborted) this.#phase = "ended";
    else request.signal.addEventListener("abort", this.#onAbort, { once: true });
    if (this.#phase !== "ended") this.#joinIfClose();
  }

  next(): Promise<Result> {
    invariant(!this.#parked, "a watch is read by one reader at a time");
    if (this.#phase === "catching-up") return this.#catchUp();
    if (this.#known > this.#delivered) return Promise.resolve(this.#take());
    if (this.#phase === "ended") return this.#finish();
    this.#parked = Promise.withResolvers();
    return this.#parked.promise;
  }

  return(): Promise<Result> {
    this.#end(undefined);
    return Promise.resolve(finished);
  }

  offer(events: readonly StoreEvent[], revision: Revision): void {
    const waiting = this.#events.length;
    if (waiting > 0 && waiting + events.length > this.#eventsMax) {
      this.#end(
        new SlowWatcherError(`the watcher fell more than ${this.#eventsMax} events behind`),
      );
      return;
    }
    if (waiting === 0) {
      this.#events = events;
    } else {
      // The first array is shared with other watchers: a second helping needs one of our own.
      this.#events = this.#own ??= [...this.#events];
      for (const event of events) this.#own.push(event);
    }
    this.#known = revision;
    this.#wake();
  }

  progress(revision: Revision): void {
    if (revision <= this.#known) return;
    this.#known = revision;
    this.#wake();
  }

  fail(error: Error): void {
    this.#end(error);
  }

  readonly #onAbort = (): void => this.#end(undefined);

  #wake(): void {
    const parked = this.#parked;
    if (!parked) return;
    this.#parked = undefined;
    parked.resolve(this.#take());
  }

  #take(): Result {
    const batch: WatchBatch = { events: this.#events, revision: this.#known };
    this.#events = [];
    this.#own = undefined;
    this.#delivered = this.#known;
    return { done: false, value: batch };
  }

  #finish(): Promise<Result> {
    const error = this.#error;
    this.#error = undefined;
    return error ? Promise.reject(error) : Promise.resolve(finished);
  }

  #end(error: Error | undefined): void {
    if (this.#phase === "ended") return;
    this.#phase = "ended";
    this.#error = error;
    this.#events = [];
    this.#own = undefined;
    this.#known = this.#delivered;
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    this.#live.hub.remove(this.#request.prefix, this);
    const parked = this.#parked;
    this.#parked = undefined;
    if (error && parked) {
      this.#error = undefined;
      parked.reject(error);
    } else parked?.resolve(finished);
  }

  /** Joins the hub when memory holds everything after what was delivered. */
  #joinIfClose(): void {
    const { prefix } = this.#request;
    const { history, hub, revision } = this.#live;
    if (this.#delivered > revision) this.#end(new FutureRevisionError(revision));
    else if (this.#live.closed) this.#end(this.#live.closed);
    else if (this.#delivered < this.#live.compacted) this.#end(this.#live.compactedError());
    else if (this.#delivered >= history.start) {
      this.#events = history.after(this.#delivered, prefix);
      this.#known = revision;
      this.#phase = "live";
      hub.add(prefix, this);
    }
  }

  async #catchUp(): Promise<Result> {
    const { prefix } = this.#request;
    const page = this.#live.readOlder?.(prefix, this.#delivered);
    if (!page) {
      // Only a state without a disk has no older history to read.
      this.#end(this.#live.compactedError());
      return this.#finish();
    }
    try {
      const { events, revision } = await page;
      if (this.#phase === "ended") return await this.#finish();
      this.#events = events;
      this.#known = Math.max(revision, this.#delivered);
    } catch (error) {
      this.#end(error as Error);
      return await this.#finish();
    }
    const older = this.#take();
    this.#joinIfClose();
    return older.done || older.value.events.length > 0 ? older : this.next();
  }
}
