import type { Revision, StoreEvent } from "../store.ts";
import { keyOf } from "./history.ts";

/** Where a watch takes delivery. */
export interface Sink {
  /** Everything up to `revision` is delivered with these events; the array is shared. */
  offer(events: readonly StoreEvent[], revision: Revision): void;
  /** Nothing that this sink is interested in happened up to `revision`. */
  progress(revision: Revision): void;
  /** No more will come. */
  fail(error: Error): void;
}

/**
 * Hands each commit to the sinks whose prefix it touches. A key is matched against folders (prefixes
 * that end in "/") by its own few folders, so that the cost does not grow with the watchers.
 */
export class WatchHub {
  readonly #folders = new Map<string, Set<Sink>>();
  readonly #others = new Map<string, Set<Sink>>();

  add(prefix: string, sink: Sink): void {
    const groups = this.#groupsFor(prefix);
    const sinks = groups.get(prefix);
    if (sinks) sinks.add(sink);
    else groups.set(prefix, new Set([sink]));
  }

  remove(prefix: string, sink: Sink): void {
    const groups = this.#groupsFor(prefix);
    const sinks = groups.get(prefix);
    sinks?.delete(sink);
    if (sinks?.size === 0) groups.delete(prefix);
  }

  get empty(): boolean {
    return this.#folders.size === 0 && this.#others.size === 0;
  }

  publish(events: readonly StoreEvent[], revision: Revision): void {
    if (this.empty) return;
    const touched = new Map<Set<Sink>, StoreEvent[]>();
    for (const event of events) {
      const key = keyOf(event);
      for (let at = key.indexOf("/"); at >= 0; at = key.indexOf("/", at + 1)) {
        collect(touched, this.#folders.get(key.slice(0, at + 1)), event);
      }
      for (const [prefix, sinks] of this.#others) {
        if (key.startsWith(prefix)) collect(touched, sinks, event);
      }
    }
    for (const [sinks, some] of touched) for (const sink of sinks) sink.offer(some, revision);
  }

  progress(revision: Revision): void {
    this.#each((sink) => sink.progress(revision));
  }

  fail(error: Error): void {
    this.#each((sink) => sink.fail(error));
  }

  #each(visit: (sink: Sink) => void): void {
    for (const groups of [this.#folders, this.#others]) {
      for (const sinks of groups.values()) for (const sink of sinks) visit(sink);
    }
  }

  #groupsFor(prefix: string): Map<string, Set<Sink>> {
    return prefix.endsWith("/") ? this.#folders : this.#others;
  }
}

function collect(
  touched: Map<Set<Sink>, StoreEvent[]>,
  sinks: Set<Sink> | undefined,
  event: StoreEvent,
): void {
  if (!sinks) return;
  const events = touched.get(sinks);
  if (events) events.push(event);
  else touched.set(sinks, [event]);
}
