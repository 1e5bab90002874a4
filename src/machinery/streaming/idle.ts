import type { Clock, Timer } from "#base/clock.ts";

/** Calls `onIdle` once nobody has called `touch` for `idleMs`; disposing it stops the watch. */
export function watchIdle(
  clock: Clock,
  idleMs: number,
  onIdle: () => void,
): Disposable & { touch(): void } {
  let touchedAt = clock.monotonic();
  let timer: Timer | undefined = clock.after(idleMs, check);
  function check(): void {
    const quietMs = clock.monotonic() - touchedAt;
    timer = quietMs >= idleMs ? undefined : clock.after(idleMs - quietMs, check);
    if (!timer) onIdle();
  }
  return {
    touch: () => (touchedAt = clock.monotonic()),
    [Symbol.dispose]: () => timer?.[Symbol.dispose](),
  };
}
