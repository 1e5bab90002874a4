import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import type { Revision, Store } from "./store.ts";

/** History that is kept at least, as kube-apiserver's `--etcd-compaction-interval` has it: 5 min. */
const keepMsDefault = 5 * 60_000;

/** Where the store was at a time. */
export interface Mark {
  readonly atMs: number;
  readonly revision: Revision;
}

/**
 * The revision to compact to so that the last `keepMs` of history stay (undefined: none yet), and
 * the marks that are still of use. Pure.
 */
export function planCompaction(
  marks: readonly Mark[],
  nowMs: number,
  keepMs: number,
): { compactTo: Revision | undefined; keep: Mark[] } {
  const old = marks.findLastIndex(({ atMs }) => atMs <= nowMs - keepMs);
  return { compactTo: marks[old]?.revision, keep: marks.slice(old + 1) };
}

/**
 * Compacts the store again and again until `signal` aborts: a little each time, history older than
 * `keepMs` (default: 5 minutes). Harmless when several API servers do it on one store.
 */
export function compactLoop(options: {
  store: Store;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** Milliseconds of history to keep at least; a fifth more is kept at most. */
  keepMs?: number;
}): Promise<void> {
  const { store, clock, log, signal, keepMs = keepMsDefault } = options;
  let marks: Mark[] = [];
  return loop({
    name: "store compaction",
    clock,
    log,
    signal,
    everyMs: keepMs / 5,
    async body() {
      const { compactTo, keep } = planCompaction(marks, clock.monotonic(), keepMs);
      marks = [...keep, { atMs: clock.monotonic(), revision: await store.revision() }];
      if (compactTo === undefined || compactTo <= (await store.compactedRevision())) return;
      await store.compact(compactTo);
      log.debug("store compacted", { revision: compactTo });
    },
  });
}
