import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { podQuantities } from "./pod-quantities.ts";
import type { Pod } from "./pod.ts";
import {
  objectCount,
  type QuotaEvaluator,
  type Scope,
  scopeSelects,
  type Usage,
} from "./quota-resource.ts";

type PodLike = DeepReadonly<Pod>;
type Given = Readonly<Record<string, string>> | null | undefined;

const countName = objectCount({ group: "", plural: "pods" });
const compute = ["cpu", "memory", "ephemeral-storage"];
const fixedNames = new Set([
  countName,
  "pods",
  ...compute,
  ...compute.map((name) => `requests.${name}`),
  ...compute.map((name) => `limits.${name}`),
]);
/** A quota on one of these makes containers say what they need. */
const mustBeGiven = [
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
];

/** Pods: themselves, and what they ask for and are limited to. */
export const podEvaluator: QuotaEvaluator = {
  matching: (names) =>
    names.filter(
      (name) =>
        fixedNames.has(name) ||
        name.startsWith("hugepages-") ||
        name.startsWith("requests.hugepages-") ||
        (name.startsWith("requests.") && isForeign(name)),
    ),
  usage(object, now) {
    const pod = object as PodLike;
    const usage: Usage = { [countName]: "1" };
    if (!isAlive(pod, now)) return usage;
    const requests = podQuantities(pod, "requests");
    const limits = podQuantities(pod, "limits");
    return { ...usage, ...computeUsage(requests, limits) };
  },
  inScope: (scope, object) => inScope(scope, object as PodLike),
  missing: (names, object) => missing(names, object as PodLike),
  chargesUpdates: (subresource) => subresource === "resize",
};

/** Names of extended resources, such as `requests.example.com/gpu`. */
function isForeign(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/");
}

/** Whether the pod still takes up resources. */
function isAlive({ metadata, status }: PodLike, now: number): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000;
}

function computeUsage(requests: Given, limits: Given): Usage {
  const usage: Usage = { pods: "1" };
  for (const name of compute) {
    const request = requests?.[name];
    const limit = limits?.[name];
    if (request !== undefined) usage[name] = usage[`requests.${name}`] = request;
    if (limit !== undefined) usage[`limits.${name}`] = limit;
  }
  for (const [name, request] of Object.entries(requests ?? {})) {
    if (name.startsWith("hugepages-")) usage[name] = usage[`requests.${name}`] = request;
    else if (isForeign(name)) usage[`requests.${name}`] = request;
  }
  return usage;
}

function missing(names: readonly string[], { spec }: PodLike): string | undefined {
  const required = mustBeGiven.filter((name) => names.includes(name));
  if (required.length === 0) return undefined;
  const whole = computeUsage(spec.resources?.requests, spec.resources?.limits);
  const containersOf = new Map<string, Set<string>>();
  for (const { name, resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const given = computeUsage(resources?.requests, resources?.limits);
    for (const resource of required) {
      if (given[resource] !== undefined || whole[resource] !== undefined) continue;
      containersOf.set(resource, (containersOf.get(resource) ?? new Set()).add(name));
    }
  }
  if (containersOf.size === 0) return undefined;
  const parts = [...containersOf.keys()]
    .toSorted()
    .map((name) => `${name} for: ${[...containersOf.get(name)!].toSorted().join(",")}`);
  return `must specify ${parts.join("; ")}`;
}

function inScope(scope: Scope, pod: PodLike): boolean {
  switch (scope.scopeName) {
    case "Terminating":
      return pod.spec.activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return pod.spec.activeDeadlineSeconds === undefined;
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass":
      return scopeSelects(scope, pod.spec.priorityClassName ?? "");
    case "CrossNamespacePodAffinity":
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

function isBestEffort({ spec }: PodLike): boolean {
  const lists = [spec, ...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(
    ({ resources }) => [resources?.requests, resources?.limits],
  );
  return lists.every((list) =>
    ["cpu", "memory"].every((name) => compareQuantity(list?.[name] ?? "0", "0") === 0),
  );
}

function usesOtherNamespaces({ spec }: PodLike): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((affinity) =>
    [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        (weighted) => weighted.podAffinityTerm,
      ),
    ].some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined),
  );
}
