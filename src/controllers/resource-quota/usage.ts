/** What objects count for against quotas. Pure. https://kubernetes.io/docs/concepts/policy/resource-quotas/ */
import type { Container } from "#apis/core/container.ts";
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceQuota } from "#apis/core/resource-quota.ts";
import type { Service } from "#apis/core/service.ts";
import { addQuantity, compareQuantity } from "#machinery/quantity.ts";
import { isFinished, isTerminating } from "../shared/pod-state.ts";

export type Usage = Record<string, string>;

export function addUsage(into: Usage, more: Usage): void {
  for (const [name, value] of Object.entries(more)) {
    into[name] = addQuantity(into[name] ?? "0", value);
  }
}

/** A pod counts until it has ended, or should have by its grace period. */
export function podCounts(pod: Pod, nowMs: number): boolean {
  if (isFinished(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (!isTerminating(pod) || !deletionTimestamp || deletionGracePeriodSeconds === undefined) {
    return true;
  }
  return nowMs <= Date.parse(deletionTimestamp);
}

export function podUsage({ spec }: Pod): Usage {
  const requests = sumOf(spec, "requests");
  const limits = sumOf(spec, "limits");
  const usage: Usage = { pods: "1", "count/pods": "1" };
  for (const [name, value] of Object.entries(requests)) {
    usage[`requests.${name}`] = value;
    if (!name.includes("/")) usage[name] = value;
  }
  for (const [name, value] of Object.entries(limits)) usage[`limits.${name}`] = value;
  return usage;
}

/** What all containers need together; an init container needs its share only while it runs. */
function sumOf(spec: Pod["spec"], kind: "requests" | "limits"): Usage {
  const total: Usage = {};
  const of = (container: Container): Usage => container.resources[kind] ?? {};
  for (const container of spec.containers) addUsage(total, of(container));
  const sidecars: Usage = {};
  const initMax: Usage = {};
  for (const container of spec.initContainers ?? []) {
    const sidecar = container.restartPolicy === "Always";
    const atOnce = { ...sidecars };
    addUsage(atOnce, of(container));
    if (sidecar) addUsage(sidecars, of(container));
    raise(initMax, atOnce);
  }
  addUsage(total, sidecars);
  raise(total, initMax);
  const own = spec.resources?.[kind];
  if (own) Object.assign(total, own);
  addUsage(total, spec.overhead ?? {});
  return total;
}

function raise(into: Usage, least: Usage): void {
  for (const [name, value] of Object.entries(least)) {
    const current = into[name];
    if (current === undefined || compareQuantity(current, value) < 0) into[name] = value;
  }
}

export function serviceUsage({ spec }: Service): Usage {
  const ports = spec.ports?.length ?? 0;
  const usage: Usage = { services: "1", "count/services": "1" };
  if (spec.type === "LoadBalancer") {
    usage["services.loadbalancers"] = "1";
    const nodePorts = spec.allocateLoadBalancerNodePorts === false ? 0 : ports;
    usage["services.nodeports"] = String(nodePorts);
  }
  if (spec.type === "NodePort") usage["services.nodeports"] = String(ports);
  return usage;
}

export function claimUsage({ spec }: PersistentVolumeClaim): Usage {
  const storage = spec.resources.requests?.["storage"] ?? "0";
  const usage: Usage = {
    persistentvolumeclaims: "1",
    "count/persistentvolumeclaims": "1",
    "requests.storage": storage,
  };
  if (spec.storageClassName) {
    const prefix = `${spec.storageClassName}.storageclass.storage.k8s.io`;
    usage[`${prefix}/requests.storage`] = storage;
    usage[`${prefix}/persistentvolumeclaims`] = "1";
  }
  return usage;
}

/** Any other object: only that there is one more. */
export function countUsage(plural: string, group: string): Usage {
  if (group !== "") return { [`count/${plural}.${group}`]: "1" };
  return { [plural]: "1", [`count/${plural}`]: "1" };
}

/** Whether the quota's scopes take the pod in. */
export function inScope({ spec }: ResourceQuota, pod: Pod): boolean {
  const scopes = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" }));
  const all = [...scopes, ...(spec.scopeSelector?.matchExpressions ?? [])];
  return all.every(({ scopeName, operator, ...rest }) => {
    const values = (rest as { values?: string[] }).values ?? [];
    const holds = hasScope(scopeName, pod);
    switch (operator) {
      case "Exists":
        return holds;
      case "DoesNotExist":
        return !holds;
      case "In":
        return values.includes(pod.spec.priorityClassName ?? "");
      case "NotIn":
        return !values.includes(pod.spec.priorityClassName ?? "");
      default:
        return false;
    }
  });
}

function hasScope(scope: string, { spec, status }: Pod): boolean {
  const bestEffort = (status?.qosClass ?? "BestEffort") === "BestEffort";
  const ends = spec.activeDeadlineSeconds !== undefined;
  switch (scope) {
    case "Terminating":
      return ends;
    case "NotTerminating":
      return !ends;
    case "BestEffort":
      return bestEffort;
    case "NotBestEffort":
      return !bestEffort;
    case "PriorityClass":
      return (spec.priorityClassName ?? "") !== "";
    case "CrossNamespacePodAffinity":
      return crossesNamespaces(spec);
    default:
      return true;
  }
}

function crossesNamespaces({ affinity }: Pod["spec"]): boolean {
  const { podAffinity, podAntiAffinity } = affinity ?? {};
  const terms = [podAffinity, podAntiAffinity].flatMap((rules) => [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(({ namespaces, namespaceSelector }) =>
    Boolean(namespaces?.length || namespaceSelector),
  );
}

/** The total for the names that the quota limits, zero for those that nothing uses. */
export function limitedTo(hard: Usage, total: Usage): Usage {
  return Object.fromEntries(Object.keys(hard).map((name) => [name, total[name] ?? "0"]));
}
