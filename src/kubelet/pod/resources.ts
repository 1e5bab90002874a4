/** A pod's resources as a whole, as far as the kubelet enforces and reports them. */
import { podAmounts } from "#apis/core/pod-requests.ts";
import type { Pod } from "#apis/core/pod.ts";
import { quantityOf, quantityOfMilli } from "#machinery/quantity.ts";
import { isSidecar } from "./containers.ts";

export type ResourceList = Record<string, string>;

/** Amounts of cpu (thousandths) and memory (bytes); undefined is not said, for limits: none. */
export interface PodAmounts {
  readonly cpuMilli: number | undefined;
  readonly memoryBytes: number | undefined;
}

export function podRequests(pod: Pod): PodAmounts {
  const amounts = podAmounts(pod);
  return { cpuMilli: amounts.get("cpu"), memoryBytes: amounts.get("memory") };
}

/** Limits of the whole pod: of each resource that every container limits, or the pod itself. */
export function podLimits(pod: Pod): PodAmounts {
  const all = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  const own = pod.spec.resources?.limits ?? {};
  const amounts = podAmounts(pod, { what: "limits" });
  const limit = (name: string) => {
    const whole = name in own || all.every((one) => one.resources?.limits?.[name] !== undefined);
    return whole ? amounts.get(name) : undefined;
  };
  return { cpuMilli: limit("cpu"), memoryBytes: limit("memory") };
}

/** The amounts as quantities; undefined when nothing is said. */
export function quantitiesOf({ cpuMilli, memoryBytes }: PodAmounts): ResourceList | undefined {
  if (cpuMilli === undefined && memoryBytes === undefined) return undefined;
  return {
    ...(cpuMilli === undefined ? {} : { cpu: quantityOfMilli(cpuMilli) }),
    ...(memoryBytes === undefined ? {} : { memory: quantityOf(memoryBytes, "BinarySI") }),
  };
}
