import type { Revision } from "#store/store.ts";

/** What a client did to a key and was told, with the ticks between which it happened. */
export interface Operation {
  readonly key: string;
  /** The revision that a successful write was given. */
  readonly wrote?: Revision;
  /** The mod revision that a read, or a refused write, was told; 0: none. */
  readonly read?: Revision;
  /** What a write expected. */
  readonly expected?: Revision;
  /** Whether the write was a deletion. */
  readonly gone?: boolean;
  readonly begun: number;
  readonly ended: number;
}

/**
 * Why no single order of the operations explains what the clients were told; undefined when one
 * does. Revisions give the order of the writes, so that checking it is simple: writes must not be
 * ordered against time, each must have replaced the one before it, and a read must be explained by
 * a moment between its begin and end.
 */
export function linearizationFault(history: readonly Operation[]): string | undefined {
  const writes = history
    .filter((operation) => operation.wrote !== undefined)
    .sort((a, b) => a.wrote! - b.wrote!);
  return againstTime(writes) ?? keysFault(history, writes);
}

/** A write that ended before another began must have the lower revision, whatever their keys. */
function againstTime(writes: readonly Operation[]): string | undefined {
  let begunAfter = Infinity;
  for (const write of writes.toReversed()) {
    if (write.begun > begunAfter) return `revision ${write.wrote} is out of order`;
    begunAfter = Math.min(begunAfter, write.ended);
  }
  return undefined;
}

function keysFault(
  history: readonly Operation[],
  writes: readonly Operation[],
): string | undefined {
  for (const key of new Set(history.map((operation) => operation.key))) {
    const own = writes.filter((write) => write.key === key);
    let before = 0;
    for (const write of own) {
      if (write.expected !== before) {
        return `${key}: ${write.wrote} replaced ${write.expected}, ${before} is lost`;
      }
      before = write.gone ? 0 : write.wrote!;
    }
    const reads = history.filter((op) => op.key === key && op.read !== undefined);
    const fault = readsFault(key, own, reads);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * Places the reads between the writes: each has a window of positions that time allows, and reads
 * that follow each other must not go back.
 */
function readsFault(
  key: string,
  writes: readonly Operation[],
  reads: readonly Operation[],
): string | undefined {
  /** Placed reads: when they ended, and after how many writes they were. */
  const placed: { ended: number; position: number }[] = [];
  for (const read of reads.toSorted((a, b) => a.begun - b.begun)) {
    const least = writes.filter((write) => write.ended < read.begun).length;
    const most = writes.findIndex((write) => write.begun > read.ended);
    const earlier = placed.filter(({ ended }) => ended < read.begun);
    const from = Math.max(least, ...earlier.map(({ position }) => position));
    const until = most < 0 ? writes.length : most;
    const position = positionOf(writes, read.read!, from);
    if (position === undefined) return `${key}: the read of ${read.read} is stale`;
    if (position > until) return `${key}: the read of ${read.read} is of the future`;
    placed.push({ ended: read.ended, position });
  }
  return undefined;
}

/** After how many writes, at least `from`, the key is at `revision` (0: not there). */
function positionOf(
  writes: readonly Operation[],
  revision: Revision,
  from: number,
): number | undefined {
  for (let position = from; position <= writes.length; position++) {
    const last = writes[position - 1];
    if ((last && !last.gone ? last.wrote : 0) === revision) return position;
  }
  return undefined;
}
