import { allContainers } from "#apis/core/pod-references.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Toleration } from "#apis/core/scheduling.ts";
import type { AdmissionPlugin } from "./admission.ts";

/** Nodes with special hardware are tainted by its name; pods that ask for it tolerate that. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: "ExtendedResourceToleration",
  matches: { operations: ["CREATE", "UPDATE"], resources: ["/pods"] },
  admit(a) {
    const { spec } = a.object as Pod;
    const asked = allContainers({ ...spec, ephemeralContainers: [] }).flatMap(({ resources }) =>
      Object.keys(resources?.requests ?? {}).filter(isExtendedResource),
    );
    for (const key of [...new Set(asked)].toSorted()) {
      const wanted: Toleration = { key, operator: "Exists", effect: "NoSchedule" };
      const there = spec.tolerations?.some(
        (one) =>
          one.key === key &&
          one.operator === "Exists" &&
          one.effect === "NoSchedule" &&
          !one.value &&
          one.tolerationSeconds === undefined,
      );
      if (!there) spec.tolerations = [...(spec.tolerations ?? []), wanted];
    }
  },
};

/** Names outside `kubernetes.io`, such as `example.com/gpu`. */
function isExtendedResource(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/") && !name.startsWith("requests.");
}
