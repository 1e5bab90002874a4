/**
 * How long a container that keeps ending waits for its next start: 10 s, doubled with every
 * restart up to 5 minutes, and from the beginning again once it has run for twice that.
 */
export interface RestartBackoff {
  /** The wait that applies now, in milliseconds. */
  delayMs: number;
  /** When that wait was set: at the latest start. */
  setAtMs: number;
}

export const restartBackoffFirstMs = 10_000;
export const restartBackoffMaxMs = 300_000;
const forgetAfterMs = 2 * restartBackoffMaxMs;

/** When a container that ended at `endedAtMs` may start again; undefined is at once. */
export function restartNotBefore(
  backoff: RestartBackoff | undefined,
  endedAtMs: number,
): number | undefined {
  if (!backoff || endedAtMs - backoff.setAtMs > forgetAfterMs) return undefined;
  return endedAtMs + backoff.delayMs;
}

/** The back-off after a restart now of a container that ended at `endedAtMs`. */
export function afterRestart(
  backoff: RestartBackoff | undefined,
  endedAtMs: number,
  nowMs: number,
): RestartBackoff {
  if (!backoff || endedAtMs - backoff.setAtMs > forgetAfterMs) {
    return { delayMs: restartBackoffFirstMs, setAtMs: nowMs };
  }
  return { delayMs: Math.min(restartBackoffMaxMs, backoff.delayMs * 2), setAtMs: nowMs };
}
