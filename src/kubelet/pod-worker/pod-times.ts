/** Times that a pod's spec sets. Pure. */
import type { Pod } from "#apis/core/pod.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import { timeToMs } from "#machinery/time.ts";

const defaultGraceSeconds = 30;

/** How long the pod's containers get to end. The pod's deletion may shorten what its spec says. */
export function podGraceSeconds({ metadata, spec }: Pod, override: number | undefined): number {
  const own = spec.terminationGracePeriodSeconds ?? defaultGraceSeconds;
  return Math.max(1, override ?? metadata.deletionGracePeriodSeconds ?? own);
}

/** When the pod has been active for as long as it may; undefined without a limit. */
export function deadlineMs({ spec }: Pod, status: PodStatus): number | undefined {
  const startedMs = timeToMs(status.startTime);
  if (spec.activeDeadlineSeconds === undefined || startedMs === undefined) return undefined;
  return startedMs + spec.activeDeadlineSeconds * 1_000;
}
