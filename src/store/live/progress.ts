import type { Clock, Timer } from "#base/clock.ts";
import type { LiveState } from "./live-state.ts";

/** How long a watcher without events is left without progress while others change things. */
const progressMs = 5_000;

/**
 * Tells watchers how far the store is: some seconds after a commit that was not theirs, and soon
 * after somebody asked for the store's revision (many askings make one telling).
 */
export class Progress implements Disposable {
  readonly #clock: Clock;
  readonly #live: LiveState;
  #timer: Timer | undefined;
  #asked = false;

  constructor(clock: Clock, live: LiveState) {
    this.#clock = clock;
    this.#live = live;
  }

  /** To be called after each commit. */
  committed(): void {
    if (this.#timer || this.#live.hub.empty) return;
    this.#timer = this.#clock.after(progressMs, () => {
      this.#timer = undefined;
      this.#live.hub.progress(this.#live.revision);
    });
  }

  /** To be called when the revision is asked for. */
  asked(): void {
    if (this.#asked || this.#live.hub.empty) return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      this.#live.hub.progress(this.#live.revision);
    });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}
