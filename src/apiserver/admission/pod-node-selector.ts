import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";

const annotation = "scheduler.alpha.kubernetes.io/node-selector";

/** Pods run on the nodes of their namespace only. `clusterDefault` is such as `zone=a,disk=ssd`. */
export function podNodeSelector(reader: ObjectReader, clusterDefault = ""): AdmissionPlugin {
  function selectorOf(a: AdmissionAttributes): Map<string, string> {
    const namespace: DeepReadonly<Namespace> | undefined = reader.get(namespaces, "", a.namespace);
    const text = namespace?.metadata.annotations?.[annotation] ?? clusterDefault;
    const pairs = text.split(",").filter((pair) => pair.trim() !== "");
    return new Map(
      pairs.map((pair) => {
        const [key = "", value = ""] = pair.split("=", 2).map((part) => part.trim());
        return [key, value] as const;
      }),
    );
  }
  function check(a: AdmissionAttributes): void {
    const own = (a.object as Pod).spec.nodeSelector ?? {};
    for (const [key, value] of selectorOf(a)) {
      if (own[key] === undefined || own[key] === value) continue;
      throw forbid(a, "pod node label selector conflicts with its namespace node label selector");
    }
  }
  return {
    name: "PodNodeSelector",
    matches: { operations: ["CREATE"], resources: ["/pods"] },
    admit(a) {
      check(a);
      const wanted = selectorOf(a);
      const { spec } = a.object as Pod;
      if (wanted.size > 0) {
        spec.nodeSelector = { ...spec.nodeSelector, ...Object.fromEntries(wanted) };
      }
    },
    validate: check,
  };
}
