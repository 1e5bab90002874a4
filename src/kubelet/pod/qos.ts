import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import { compareQuantity } from "#machinery/quantity.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

/**
 * The pod's quality-of-service class: the one its status already has, else computed.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function qosOf(pod: Pod): QosClass {
  return (pod.status?.qosClass as QosClass | undefined) ?? computeQos(pod);
}

export function computeQos(pod: Pod): QosClass {
  if (pod.spec.resources?.limits || pod.spec.resources?.requests) {
    return classOf([pod.spec.resources]);
  }
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  return classOf(containers.map((container) => container.resources ?? {}));
}

function classOf(all: readonly ResourceRequirements[]): QosClass {
  const given = (list: Readonly<Record<string, string>> | undefined) =>
    counted.some((name) => positive(list?.[name]));
  if (!all.some(({ limits, requests }) => given(limits) || given(requests))) return "BestEffort";
  const guaranteed = all.every(({ limits, requests }) =>
    counted.every((name) => {
      const limit = limits?.[name];
      return positive(limit) && compareQuantity(limit!, requests?.[name] ?? limit!) === 0;
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

function positive(quantity: string | undefined): boolean {
  return quantity !== undefined && compareQuantity(quantity, "0") > 0;
}
