import type { Pod } from "#apis/core/pod.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";

/** Nobody may keep others from more than a node by required anti-affinity. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: "LimitPodHardAntiAffinityTopology",
  matches: { operations: ["CREATE", "UPDATE"], resources: ["/pods"] },
  validate(a) {
    const { affinity } = (a.object as Pod).spec;
    const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const { topologyKey } of terms) {
      if (topologyKey === "kubernetes.io/hostname") continue;
      throw forbid(
        a,
        "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey " +
          `${topologyKey} but only key kubernetes.io/hostname is allowed`,
      );
    }
  },
};
