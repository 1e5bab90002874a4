import type { Rejection } from "./framework.ts";

/** What upstream says when no node fits; people and tests read these to the letter. */

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. …`. */
export function noNodeFits(options: {
  nodes: number;
  rejections: Iterable<Rejection>;
  everywhere: Rejection | undefined;
  afterwards: string;
}): string {
  const { nodes, rejections, everywhere, afterwards } = options;
  const why = everywhere
    ? everywhere.reasons.join(", ")
    : histogram([...rejections].flatMap(({ reasons }) => reasons));
  const head = `0/${nodes} nodes are available:${why === "" ? "" : ` ${why}.`}`;
  return afterwards === "" ? head : `${head} ${afterwards}`;
}

/** `2 a, 1 b`: reasons counted and sorted as text, as upstream sorts them. */
export function histogram(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(", ");
}
