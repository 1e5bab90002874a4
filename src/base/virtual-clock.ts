import { type Clock, sleepWith, type Timer } from "./clock.ts";
import { nextTurn } from "./turn.ts";

interface Entry {
  at: number;
  order: number;
  run: (() => void) | undefined;
}

/** Macrotask turns given to pending promises (and their immediates) before time moves on. */
const settleTurns = 3;

/**
 * A clock that moves only by `advance`. Timers fire in order of their due time, and after each the
 * event loop gets turns to run what the timer woke, so that a whole cluster steps through time
 * deterministically.
 */
export class VirtualClock implements Clock {
  #nowMs: number;
  #order = 0;
  /** Binary min-heap by (at, order). */
  readonly #heap: Entry[] = [];

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this, ms, signal);
  }

  after(ms: number, run: () => void): Timer {
    const entry: Entry = { at: this.#nowMs + Math.max(ms, 0), order: this.#order++, run };
    push(this.#heap, entry);
    return {
      [Symbol.dispose]: () => {
        entry.run = undefined;
      },
    };
  }

  /** Milliseconds until the next timer, or undefined when none is pending. */
  get nextInMs(): number | undefined {
    this.#dropCancelled();
    const first = this.#heap[0];
    return first && first.at - this.#nowMs;
  }

  /** Moves time forward by `ms`, firing what falls due on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#nowMs + ms;
    await settle();
    for (;;) {
      this.#dropCancelled();
      const first = this.#heap[0];
      if (!first || first.at > target) break;
      pop(this.#heap);
      this.#nowMs = Math.max(this.#nowMs, first.at);
      first.run?.();
      // Timers of one instant fire together; the world reacts once they all have.
      if (this.#heap[0]?.at !== first.at) await settle();
    }
    this.#nowMs = target;
    await settle();
  }

  #dropCancelled(): void {
    while (this.#heap[0] && !this.#heap[0].run) pop(this.#heap);
  }
}

/** Lets all promise reactions and immediates that are ready now run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn++) {
    await nextTurn();
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!before(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (!before(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
}
