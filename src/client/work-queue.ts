import { backoffMs, type BackoffShape } from "#base/backoff.ts";
import type { Clock, Timer } from "#base/clock.ts";

/** As upstream's default controller rate limiter, but that a minute is the most (there 1,000 s). */
const defaultBackoff: BackoffShape = { firstMs: 5, maxMs: 60_000 };

export interface WorkQueueOptions<K> {
  clock: Clock;
  /** How many keys are worked on at a time. */
  concurrency: number;
  /** Does the work. Must not reject. */
  process: (key: K) => Promise<void>;
  signal: AbortSignal;
  backoff?: BackoffShape | undefined;
}

/**
 * Keys that need work, each at most once in the queue and never worked on twice at a time: a key
 * added while it is being worked on is worked on again afterwards.
 */
export class WorkQueue<K> {
  readonly #options: WorkQueueOptions<K>;
  /** In order of arrival. */
  readonly #waiting = new Set<K>();
  readonly #active = new Set<K>();
  readonly #timers = new Map<K, { dueMs: number; timer: Timer }>();
  readonly #failures = new Map<K, number>();
  #pumping = false;

  constructor(options: WorkQueueOptions<K>) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** Keys that wait for a worker. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Whether nothing is queued, delayed or being worked on. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#active.size === 0 && this.#timers.size === 0;
  }

  add(key: K): void {
    if (this.#options.signal.aborted) return;
    this.#waiting.add(key);
    this.#pumpSoon();
  }

  /** Adds the key after a while; of several delays the shortest counts. */
  addAfter(key: K, ms: number): void {
    const { clock, signal } = this.#options;
    if (signal.aborted) return;
    if (ms <= 0) return this.add(key);
    const dueMs = clock.monotonic() + ms;
    const pending = this.#timers.get(key);
    if (pending && pending.dueMs <= dueMs) return;
    pending?.timer[Symbol.dispose]();
    const timer = clock.after(ms, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { dueMs, timer });
  }

  /** Adds the key after a delay that grows with each failure; the delay in milliseconds. */
  addRateLimited(key: K): number {
    const failures = this.failures(key);
    this.#failures.set(key, failures + 1);
    const waitMs = backoffMs(this.#options.backoff ?? defaultBackoff, failures);
    this.addAfter(key, waitMs);
    return waitMs;
  }

  /** How often the key failed since it was last forgotten. */
  failures(key: K): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The key is well again: its back-off starts over. */
  forget(key: K): void {
    this.#failures.delete(key);
  }

  /** Starts work in a microtask, so that events that arrive together lead to one run. */
  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { concurrency, process, signal } = this.#options;
    for (const key of this.#waiting) {
      if (signal.aborted || this.#active.size >= concurrency) return;
      if (this.#active.has(key)) continue;
      this.#waiting.delete(key);
      this.#active.add(key);
      void process(key).finally(() => {
        this.#active.delete(key);
        if (this.#waiting.size > 0) this.#pumpSoon();
      });
    }
  }

  #stop(): void {
    this.#waiting.clear();
    for (const { timer } of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }
}
