/** Runs rounds one after the other: when poked, when it is time, and again after a failure. */
import { backoffMs, type BackoffShape } from "#base/backoff.ts";
import type { Clock, Timer } from "#base/clock.ts";

export interface RoundLoopOptions {
  readonly clock: Clock;
  /** May poke or ask to be woken; what it was doing is no longer wanted once `signal` aborts. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  readonly onFailure: (error: unknown, retryInMs: number) => void;
}

const retryBackoff: BackoffShape = { firstMs: 500, maxMs: 5_000 };

export class RoundLoop {
  readonly #options: RoundLoopOptions;
  #dirty = false;
  #running = false;
  #stopped = false;
  #failures = 0;
  #timer: Timer | undefined;
  #work = new AbortController();

  constructor(options: RoundLoopOptions) {
    this.#options = options;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Asks for a round, now or after the one that runs. */
  poke(): void {
    this.#dirty = true;
    if (!this.#running && !this.#stopped) void this.#run();
  }

  /** Asks for a round at a time; the next round forgets it. */
  wakeAt(atMs: number): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    this.#timer?.[Symbol.dispose]();
    this.#timer = clock.after(Math.max(0, atMs - clock.now()), () => this.poke());
  }

  /** Breaks off the round that runs. */
  interrupt(): void {
    this.#work.abort();
    this.#work = new AbortController();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.[Symbol.dispose]();
    this.#work.abort();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const { clock, round, onFailure } = this.#options;
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      this.#timer?.[Symbol.dispose]();
      const { signal } = this.#work;
      try {
        await round(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) {
          this.#dirty = true;
          continue;
        }
        const waitMs = backoffMs(retryBackoff, this.#failures++);
        onFailure(error, waitMs);
        this.wakeAt(clock.now() + waitMs);
      }
    }
    this.#running = false;
  }
}
