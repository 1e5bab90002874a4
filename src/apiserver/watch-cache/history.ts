import type { Revision } from "#store/store.ts";
import type { CacheEvent } from "./cache-event.ts";

/** The last events of a resource, from which watches resume. */
export class History {
  readonly #capacity: number;
  /** A ring; `#start` is the oldest. */
  readonly #events: CacheEvent[] = [];
  #start = 0;
  #floor: Revision;

  /** `floor`: no event up to and including this revision is kept. */
  constructor(capacity: number, floor: Revision) {
    this.#capacity = capacity;
    this.#floor = floor;
  }

  push(event: CacheEvent): void {
    if (this.#events.length < this.#capacity) {
      this.#events.push(event);
      return;
    }
    this.#floor = this.#events[this.#start]!.revision;
    this.#events[this.#start] = event;
    this.#start = (this.#start + 1) % this.#capacity;
  }

  /** Whether every event after `revision` is here. */
  covers(revision: Revision): boolean {
    return revision >= this.#floor;
  }

  /** The events after `revision`, oldest first. */
  *since(revision: Revision): Generator<CacheEvent> {
    const { length } = this.#events;
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[(this.#start + middle) % length]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    for (; low < length; low++) yield this.#events[(this.#start + low) % length]!;
  }
}
