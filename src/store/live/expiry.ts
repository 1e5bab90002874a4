import type { Clock, Timer } from "#base/clock.ts";
import type { Revision } from "../store.ts";

/** Keys deleted in one go; the rest follows shortly after, so that requests come in between. */
const expireKeysMax = 512;

/** Between two goes of expiring, and before a failed deletion is tried again, in milliseconds. */
const nextGoMs = 1;
const retryMs = 5_000;

interface Due {
  /** Wall-clock time in milliseconds. */
  readonly at: number;
  readonly key: string;
  readonly modRevision: Revision;
}

/**
 * Deletes keys when their time has come: a heap of due times and one timer. A key that has been
 * written again since is left alone (its newer write has its own due time, or none).
 */
export class Expiry implements Disposable {
  readonly #clock: Clock;
  readonly #remove: (key: string, modRevision: Revision) => Promise<unknown>;
  readonly #heap: Due[] = [];
  #timer: Timer | undefined;
  #timerAt = Infinity;
  #stopped = false;

  /** `remove` deletes `key` if it is still at `modRevision`, and does nothing otherwise. */
  constructor(clock: Clock, remove: (key: string, modRevision: Revision) => Promise<unknown>) {
    this.#clock = clock;
    this.#remove = remove;
  }

  /** Has `key` deleted at the wall-clock time `at` unless it has been written again by then. */
  add(key: string, modRevision: Revision, at: number): void {
    push(this.#heap, { at, key, modRevision });
    if (at < this.#timerAt) this.#arm(Math.max(0, at - this.#clock.now()));
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
  }

  #arm(inMs: number): void {
    if (this.#stopped) return;
    this.#timer?.[Symbol.dispose]();
    this.#timerAt = this.#clock.now() + inMs;
    this.#timer = this.#clock.after(inMs, () => this.#expire());
  }

  #expire(): void {
    this.#timerAt = Infinity;
    const now = this.#clock.now();
    for (
      let taken = 0;
      taken < expireKeysMax && this.#heap[0] && this.#heap[0].at <= now;
      taken++
    ) {
      const due = pop(this.#heap);
      this.#remove(due.key, due.modRevision).catch(() => {
        if (!this.#stopped) this.add(due.key, due.modRevision, this.#clock.now() + retryMs);
      });
    }
    const next = this.#heap[0];
    if (next) this.#arm(Math.max(next.at - now, nextGoMs));
  }
}

function push(heap: Due[], due: Due): void {
  let index = heap.push(due) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (heap[parent]!.at <= due.at) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = due;
}

function pop(heap: Due[]): Due {
  const first = heap[0]!;
  const last = heap.pop()!;
  let index = 0;
  while (heap.length > 0) {
    let child = 2 * index + 1;
    if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
    if (child >= heap.length || heap[child]!.at >= last.at) break;
    heap[index] = heap[child]!;
    index = child;
  }
  if (heap.length > 0) heap[index] = last;
  return first;
}
