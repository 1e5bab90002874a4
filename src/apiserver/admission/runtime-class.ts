import type { Pod } from "#apis/core/pod.ts";
import { type RuntimeClass, runtimeClasses } from "#apis/node/runtime-class.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";
import { mergeTolerations } from "./tolerations.ts";

/**
 * Gives a pod what its RuntimeClass says: the overhead of the runtime and where it can run.
 * https://kubernetes.io/docs/concepts/containers/runtime-class/
 */
export function runtimeClass(reader: ObjectReader): AdmissionPlugin {
  async function classOf(a: AdmissionAttributes): Promise<DeepReadonly<RuntimeClass> | undefined> {
    const name = (a.object as Pod).spec.runtimeClassName;
    if (name === undefined) return undefined;
    const found =
      reader.get(runtimeClasses, "", name) ?? (await reader.getFresh(runtimeClasses, "", name));
    if (found) return found;
    throw forbid(a, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
  }

  return {
    name: "RuntimeClass",
    matches: { operations: ["CREATE"], resources: ["/pods"] },
    async admit(a) {
      const chosen = await classOf(a);
      if (!chosen) return;
      setOverhead(a, chosen);
      setScheduling(a, chosen);
    },
    async validate(a) {
      const chosen = await classOf(a);
      const overhead = chosen?.overhead?.podFixed;
      const given = (a.object as Pod).spec.overhead;
      if (chosen?.overhead) {
        if (!equalJson(given ?? {}, overhead ?? {})) throw mismatch(a);
      } else if (Object.keys(given ?? {}).length > 0) {
        throw forbid(
          a,
          "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        );
      }
    },
  };
}

function mismatch(a: AdmissionAttributes) {
  return forbid(a, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
}

function setOverhead(a: AdmissionAttributes, { overhead }: DeepReadonly<RuntimeClass>): void {
  const podFixed = overhead?.podFixed;
  if (!podFixed || Object.keys(podFixed).length === 0) return;
  const { spec } = a.object as Pod;
  if (Object.keys(spec.overhead ?? {}).length > 0 && !equalJson(spec.overhead, podFixed)) {
    throw mismatch(a);
  }
  spec.overhead = { ...podFixed };
}

function setScheduling(a: AdmissionAttributes, { scheduling }: DeepReadonly<RuntimeClass>): void {
  if (!scheduling) return;
  const { spec } = a.object as Pod;
  const wanted = Object.entries(scheduling.nodeSelector ?? {});
  for (const [key, value] of wanted) {
    const own = spec.nodeSelector?.[key];
    if (own === undefined || own === value) continue;
    const why =
      `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; ` +
      `pod.spec.nodeSelector[${key}] = ${own}`;
    throw forbid(a, why);
  }
  if (wanted.length > 0) spec.nodeSelector = { ...spec.nodeSelector, ...scheduling.nodeSelector };
  if (scheduling.tolerations?.length) {
    spec.tolerations = mergeTolerations(spec.tolerations ?? [], scheduling.tolerations);
  }
}
