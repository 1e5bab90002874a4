import type { Binding } from "#apis/core/binding.ts";
import { nodes } from "#apis/core/node.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionPlugin } from "./admission.ts";

const topologyLabels = ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"];

/**
 * A pod that is bound to a node learns the node's zone and region through labels of the Binding,
 * which the binding copies to the pod (KEP-4742).
 */
export function podTopologyLabels(reader: ObjectReader): AdmissionPlugin {
  return {
    name: "PodTopologyLabels",
    matches: { operations: ["CREATE"], resources: ["/pods/binding", "/bindings"] },
    admit(a) {
      const binding = a.object as Binding;
      const { target, metadata } = binding;
      if (!target || (target.kind && target.kind !== "Node")) return;
      const labels = reader.get(nodes, "", target.name ?? "")?.metadata.labels ?? {};
      for (const key of topologyLabels) {
        const value = labels[key];
        if (value !== undefined) metadata.labels = { ...metadata.labels, [key]: value };
      }
    },
  };
}
