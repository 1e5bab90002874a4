import { invariant } from "#base/invariant.ts";
import type { Entry, Revision, StoreEvent } from "../store.ts";

/** How much recent history stays in memory; whichever bound is met first. */
export interface HistoryLimits {
  readonly eventsMax: number;
  /** Bytes of the values that the kept events put. */
  readonly bytesMax: number;
}

/** The revision of an event. */
export function revisionOf(event: StoreEvent): Revision {
  return event.type === "put" ? event.entry.modRevision : event.revision;
}

/** The key of an event. */
export function keyOf(event: StoreEvent): string {
  return event.type === "put" ? event.entry.key : event.previous.key;
}

/** The latest events, one per revision and without gaps, from `start` (exclusive) to `end`. */
export class History {
  readonly #limits: HistoryLimits;
  #events: StoreEvent[] = [];
  #head = 0;
  #bytes = 0;
  /** Everything after this revision is kept. */
  start: Revision;

  constructor(start: Revision, limits: HistoryLimits) {
    this.start = start;
    this.#limits = limits;
  }

  /** The revision of the latest event. */
  get end(): Revision {
    return this.start + this.#events.length - this.#head;
  }

  push(event: StoreEvent): void {
    invariant(revisionOf(event) === this.end + 1, "history has no gaps");
    this.#events.push(event);
    this.#bytes += bytesOf(event);
    while (this.end - this.start > this.#limits.eventsMax || this.#bytes > this.#limits.bytesMax) {
      this.#dropFirst();
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Forgets the events up to `revision`. */
  dropUntil(revision: Revision): void {
    while (this.start < revision && this.start < this.end) this.#dropFirst();
  }

  /** The events after `revision` whose key has the prefix, oldest first. */
  after(revision: Revision, prefix: string): StoreEvent[] {
    invariant(revision >= this.start, "history reaches back");
    const events: StoreEvent[] = [];
    for (let at = this.#head + revision - this.start; at < this.#events.length; at++) {
      const event = this.#events[at]!;
      if (keyOf(event).startsWith(prefix)) events.push(event);
    }
    return events;
  }

  /**
   * For each key with the prefix that changed after `revision`, what it was as of `revision`
   * (undefined: not there).
   */
  undo(revision: Revision, prefix: string): Map<string, Entry | undefined> {
    const before = new Map<string, Entry | undefined>();
    for (const event of this.after(revision, prefix)) {
      if (!before.has(keyOf(event))) before.set(keyOf(event), event.previous);
    }
    return before;
  }

  #dropFirst(): void {
    const event = this.#events[this.#head]!;
    // The slot may stay for a while, what it held should not.
    this.#events[this.#head++] = undefined as never;
    this.#bytes -= bytesOf(event);
    this.start++;
  }
}

function bytesOf(event: StoreEvent): number {
  return event.type === "put" ? event.entry.value.byteLength : 0;
}
