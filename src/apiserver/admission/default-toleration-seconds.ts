import type { Pod } from "#apis/core/pod.ts";
import type { Toleration } from "#apis/core/scheduling.ts";
import type { AdmissionPlugin } from "./admission.ts";

const taints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;

/**
 * Gives pods that do not say otherwise 300 s (each of the two settable) on a node that is not ready
 * or not reachable, before they are evicted.
 */
export function defaultTolerationSeconds(
  seconds: { notReady: number; unreachable: number } = { notReady: 300, unreachable: 300 },
): AdmissionPlugin {
  return {
    name: "DefaultTolerationSeconds",
    matches: { operations: ["CREATE", "UPDATE"], resources: ["/pods"] },
    admit(a) {
      const { spec } = a.object as Pod;
      for (const key of taints) {
        if (spec.tolerations?.some((toleration) => covers(toleration, key))) continue;
        const tolerationSeconds = key === taints[0] ? seconds.notReady : seconds.unreachable;
        const added = { key, operator: "Exists", effect: "NoExecute", tolerationSeconds } as const;
        spec.tolerations = [...(spec.tolerations ?? []), added];
      }
    },
  };
}

function covers({ key, effect }: Toleration, taint: string): boolean {
  const everyKey = key === undefined || key === "";
  const everyEffect = effect === undefined || effect === "";
  return (everyKey || key === taint) && (everyEffect || effect === "NoExecute");
}
