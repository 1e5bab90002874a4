import type { PodAffinityTerm, WeightedPodAffinityTerm } from "#apis/core/affinity.ts";
import { type Amounts, podAmounts } from "#apis/core/pod-requests.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { SharedPod } from "./framework.ts";
import { compileLabelSelector, type LabelMatcher } from "#machinery/selectors.ts";

/** What the inner loops need of a pod, worked out once per revision of it. */
export interface PodInfo {
  readonly pod: SharedPod;
  readonly key: ObjectKey;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly requests: Amounts;
  /** Requests with 100m cpu and 200Mi memory for containers that ask for nothing. */
  readonly nonZeroCpu: number;
  readonly nonZeroMemory: number;
  readonly hostPorts: readonly HostPort[];
  readonly affinity: readonly AffinityTerm[];
  readonly antiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedTerm[];
  readonly preferredAntiAffinity: readonly WeightedTerm[];
}

export interface HostPort {
  ip: string;
  protocol: string;
  port: number;
}

/** A compiled pod affinity term. */
export interface AffinityTerm {
  readonly topologyKey: string;
  readonly matchesLabels: LabelMatcher;
  /** Names of namespaces; empty: see `namespaceSelector`. */
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: LabelMatcher | undefined;
}

export interface WeightedTerm {
  readonly weight: number;
  readonly term: AffinityTerm;
}

const unsaid: Amounts = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
]);

const known = new WeakMap<SharedPod, PodInfo>();

/** The pod's info; the same for the same shared object. */
export function podInfo(pod: SharedPod): PodInfo {
  const found = known.get(pod);
  if (found) return found;
  const made = make(pod);
  known.set(pod, made);
  return made;
}

function make(pod: SharedPod): PodInfo {
  const { metadata, spec } = pod;
  const namespace = metadata.namespace ?? "";
  const labels = metadata.labels ?? {};
  const requests = podAmounts(pod, { useStatus: true });
  const nonZero = podAmounts(pod, { useStatus: true, defaults: unsaid });
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const term = (one: DeepReadonly<PodAffinityTerm>) => compileTerm(one, namespace, labels);
  const weighted = (one: DeepReadonly<WeightedPodAffinityTerm>): WeightedTerm => ({
    weight: one.weight,
    term: term(one.podAffinityTerm),
  });
  return {
    pod,
    key: keyOf(pod),
    uid: metadata.uid ?? "",
    namespace,
    labels,
    priority: spec.priority ?? 0,
    requests,
    nonZeroCpu: nonZero.get("cpu") ?? 0,
    nonZeroMemory: nonZero.get("memory") ?? 0,
    hostPorts: hostPortsOf(pod),
    affinity: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term),
    antiAffinity: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term),
    preferredAffinity: (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      weighted,
    ),
    preferredAntiAffinity: (
      podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    ).map(weighted),
  };
}

function hostPortsOf({ spec }: SharedPod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter((one) => one.restartPolicy === "Always");
  return [...(spec.containers ?? []), ...sidecars]
    .flatMap((container) => container.ports ?? [])
    .filter(({ hostPort }) => (hostPort ?? 0) > 0)
    .map(({ hostIP, protocol, hostPort }) => ({
      ip: hostIP || "0.0.0.0",
      protocol: protocol ?? "TCP",
      port: hostPort!,
    }));
}

function compileTerm(
  term: DeepReadonly<PodAffinityTerm>,
  ownNamespace: string,
  ownLabels: Readonly<Record<string, string>>,
): AffinityTerm {
  const { namespaces, namespaceSelector, labelSelector, topologyKey } = term;
  const own = !namespaces?.length && !namespaceSelector ? [ownNamespace] : (namespaces ?? []);
  const base = compileLabelSelector(labelSelector);
  const same = (term.matchLabelKeys ?? []).filter((key) => key in ownLabels);
  const other = (term.mismatchLabelKeys ?? []).filter((key) => key in ownLabels);
  const matchesLabels: LabelMatcher =
    same.length + other.length === 0
      ? base
      : (labels) =>
          base(labels) &&
          same.every((key) => labels?.[key] === ownLabels[key]) &&
          other.every((key) => labels?.[key] !== ownLabels[key]);
  return {
    topologyKey,
    matchesLabels,
    namespaces: new Set(own),
    namespaceSelector: namespaceSelector && compileLabelSelector(namespaceSelector),
  };
}

/** Whether `pod` is one of those that the term speaks of. */
export function termMatches(
  term: AffinityTerm,
  pod: PodInfo,
  namespaceLabels: (namespace: string) => Readonly<Record<string, string>>,
): boolean {
  const inNamespace =
    term.namespaces.has(pod.namespace) ||
    (term.namespaceSelector?.(namespaceLabels(pod.namespace)) ?? false);
  return inNamespace && term.matchesLabels(pod.labels);
}
