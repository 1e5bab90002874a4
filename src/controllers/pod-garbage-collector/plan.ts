/** Which pods nobody else will ever remove. Pure. */
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import { createdMs, isFinished, isTerminating } from "../shared/pod-state.ts";

/** Finished pods that are kept, upstream's --terminated-pod-gc-threshold. */
export const finishedPodsMax = 12_500;
const outOfService = "node.kubernetes.io/out-of-service";

export interface PodGarbage {
  pod: Pod;
  /** Told on the pod before it goes, for pods that may still count. */
  disruption?: { reason: "DeletionByPodGC"; message: string };
}

/** `missing` are nodes that are known not to exist (any more). */
export function planPodGarbage(
  pods: readonly Pod[],
  nodes: ReadonlyMap<string, Node>,
  missing: ReadonlySet<string>,
): PodGarbage[] {
  const garbage = new Map<Pod, PodGarbage>();
  for (const pod of pods) {
    const { nodeName = "" } = pod.spec;
    const node = nodes.get(nodeName);
    if (nodeName !== "" && missing.has(nodeName)) {
      const message = "PodGC: node no longer exists";
      garbage.set(pod, { pod, disruption: { reason: "DeletionByPodGC", message } });
    } else if (isTerminating(pod) && nodeName === "") {
      garbage.set(pod, { pod });
    } else if (isTerminating(pod) && node && isLost(node)) {
      const message = "PodGC: node no longer exists";
      garbage.set(pod, { pod, disruption: { reason: "DeletionByPodGC", message } });
    }
  }
  const finished = pods.filter((pod) => isFinished(pod) && !garbage.has(pod));
  const surplus = finished.length - finishedPodsMax;
  if (surplus > 0) {
    finished.sort((a, b) => createdMs(a) - createdMs(b));
    for (const pod of finished.slice(0, surplus)) garbage.set(pod, { pod });
  }
  return [...garbage.values()];
}

/** Not ready, and an operator says that it is out of service (KEP-2268). */
function isLost({ status, spec }: Node): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return !ready && (spec.taints?.some(({ key }) => key === outOfService) ?? false);
}
