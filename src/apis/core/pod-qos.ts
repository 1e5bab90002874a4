import { addQuantity, compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { ResourceRequirements } from "./resources.ts";

export type QosClass = "BestEffort" | "Burstable" | "Guaranteed";

/**
 * The quality of service that a pod gets: by its own resources if it has some, otherwise by those
 * of its containers. https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function qosClassOf(spec: DeepReadonly<PodSpec>): QosClass {
  const own = spec.resources;
  const ownSet =
    Object.keys(own?.requests ?? {}).length + Object.keys(own?.limits ?? {}).length > 0;
  const parts =
    ownSet && own
      ? [own]
      : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.resources);
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  let guaranteed = true;
  for (const part of parts) {
    add(requests, part?.requests);
    const found = add(limits, part?.limits);
    if (found < 2) guaranteed = false;
  }
  const [asked, limited] = [Object.entries(requests), Object.entries(limits)];
  if (asked.length === 0 && limited.length === 0) return "BestEffort";
  const equal =
    asked.length === limited.length &&
    asked.every(([name, value]) => {
      const limit = limits[name];
      return limit !== undefined && compareQuantity(limit, value) === 0;
    });
  return guaranteed && equal ? "Guaranteed" : "Burstable";
}

/** Adds cpu and memory to `sum`; returns how many of the two there were. */
function add(
  sum: Record<string, string>,
  more: DeepReadonly<ResourceRequirements>["requests"],
): number {
  let found = 0;
  for (const name of ["cpu", "memory"]) {
    const value = more?.[name];
    if (value === undefined || compareQuantity(value, "0") <= 0) continue;
    found += 1;
    sum[name] = addQuantity(sum[name] ?? "0", value);
  }
  return found;
}
