import { backoffMs, type BackoffShape } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Logger } from "./log.ts";

const defaultBackoff: BackoffShape = { firstMs: 200, maxMs: 30_000 };

/**
 * Runs `body` again and again until `signal` aborts. A failure is logged and retried with back-off;
 * a success resets it. Between successes it waits `everyMs`. Never rejects.
 */
export async function loop(options: {
  name: string;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  everyMs: number;
  backoff?: BackoffShape;
  body: (signal: AbortSignal) => Promise<void>;
}): Promise<void> {
  const { name, clock, log, signal, everyMs, backoff = defaultBackoff, body } = options;
  for (let failures = 0; !signal.aborted;) {
    let waitMs = everyMs;
    try {
      await body(signal);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      waitMs = backoffMs(backoff, failures++);
      log.warn("loop failed, will retry", { loop: name, retryInMs: waitMs, error });
    }
    await clock.sleep(waitMs, signal).catch(() => {});
  }
}
