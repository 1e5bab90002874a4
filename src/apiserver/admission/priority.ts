import type { Pod } from "#apis/core/pod.ts";
import { priorityClasses } from "#apis/scheduling/priority-class.ts";
import { forbidden } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { PriorityClass } from "#apis/scheduling/priority-class.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

const podResource = { group: "", resource: "pods" };

/** Turns a pod's `priorityClassName` (or the global default) into its priority. */
export function priority(reader: ObjectReader): AdmissionPlugin {
  async function classOf(name: string): Promise<DeepReadonly<PriorityClass> | undefined> {
    const known = reader.get(priorityClasses, "", name);
    return known ?? (await reader.getFresh(priorityClasses, "", name));
  }

  async function admitPod(a: AdmissionAttributes): Promise<void> {
    const { spec } = a.object as Pod;
    const given = spec.priorityClassName ?? "";
    const chosen = given === "" ? globalDefault(reader) : await classOf(given);
    if (given !== "" && !chosen) {
      throw forbidden(podResource, a.name, `no PriorityClass with name ${given} was found`);
    }
    const value = chosen?.value ?? 0;
    const policy = chosen?.preemptionPolicy ?? "PreemptLowerPriority";
    if (spec.priority !== undefined && spec.priority !== value) {
      const why =
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; ` +
        `priority admission controller computed ${value} from the given PriorityClass name`;
      throw forbidden(podResource, a.name, why);
    }
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
      const why =
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in ` +
        `pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
      throw forbidden(podResource, a.name, why);
    }
    if (chosen) spec.priorityClassName = chosen.metadata.name;
    spec.priority = value;
    spec.preemptionPolicy = policy;
  }

  return {
    name: "Priority",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: ["/pods", "scheduling.k8s.io/priorityclasses"],
    },
    async admit(a) {
      if (a.resource.plural !== "pods") return;
      if (a.operation === "CREATE") return admitPod(a);
      // Who updates with a manifest need not know what admission computed.
      const next = (a.object as Pod).spec;
      const old = (a.oldObject as DeepReadonly<Pod>).spec;
      if (next.priority === undefined && old.priority !== undefined) next.priority = old.priority;
      if (next.preemptionPolicy === undefined && old.preemptionPolicy !== undefined) {
        next.preemptionPolicy = old.preemptionPolicy;
      }
    },
    validate(a) {
      if (a.resource.plural !== "priorityclasses") return;
      const next = a.object as PriorityClass;
      if (!next.globalDefault) return;
      const current = globalDefault(reader);
      if (!current || current.metadata.name === next.metadata.name) return;
      const why =
        `PriorityClass ${current.metadata.name} is already marked as default. ` +
        "Only one default can exist";
      throw forbidden({ group: "scheduling.k8s.io", resource: "priorityclasses" }, a.name, why);
    },
  };
}

/** The default class; of several (a race let them in) the lowest. */
function globalDefault(reader: ObjectReader): DeepReadonly<PriorityClass> | undefined {
  const defaults = reader.list(priorityClasses, "").filter((one) => one.globalDefault === true);
  return defaults.toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
}
