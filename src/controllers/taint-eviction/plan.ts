/** Whether, and when, NoExecute taints drive a pod off its node. Pure. */
import type { Taint } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import { tolerates } from "../shared/tolerations.ts";

/** When the pod has to go, in milliseconds; undefined: never. A past time: at once. */
export function evictionMs(pod: Pod, taints: readonly Taint[]): number | undefined {
  const tolerations = pod.spec.tolerations ?? [];
  let first: number | undefined;
  for (const taint of taints) {
    if (taint.effect !== "NoExecute") continue;
    const fitting = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (fitting.length === 0) return 0;
    const seconds = fitting.flatMap(({ tolerationSeconds }) =>
      tolerationSeconds === undefined ? [] : [Math.max(0, tolerationSeconds)],
    );
    if (seconds.length === 0) continue;
    const sinceMs = taint.timeAdded ? Date.parse(taint.timeAdded) : 0;
    const dueMs = sinceMs + Math.min(...seconds) * 1_000;
    if (first === undefined || dueMs < first) first = dueMs;
  }
  return first;
}
