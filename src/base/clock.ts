/**
 * Time comes in through the door: every component is given a `Clock` and asks nobody else for the
 * time. `systemClock` is the real one; `VirtualClock` (`virtual-clock.ts`) moves only when told to.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds of a steadily growing clock; only differences mean anything. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds, rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `run` once after `ms` milliseconds unless the returned timer is disposed before. */
  after(ms: number, run: () => void): Timer;
}

/** A pending call made by `Clock.after`; disposing it cancels the call and is idempotent. */
export interface Timer extends Disposable {}

/** Node's timers overflow beyond 2^31 - 1 ms and would fire at once. */
const timerMsMax = 2 ** 31 - 1;

/** The machine's clock. Timers do not keep the process alive once everything else is closed. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleepWith(systemClock, ms, signal),
  after(ms, run) {
    const handle = setTimeout(run, Math.min(Math.max(ms, 0), timerMsMax));
    return { [Symbol.dispose]: () => clearTimeout(handle) };
  },
};

/** `Clock.sleep` in terms of `Clock.after`, shared by every clock. */
export function sleepWith(clock: Pick<Clock, "after">, ms: number, signal?: AbortSignal) {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = clock.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    function stop(): void {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** RFC 3339 in whole seconds, as `metav1.Time` is written. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with microseconds, as `metav1.MicroTime` is written. */
export function rfc3339Micro(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`;
}
