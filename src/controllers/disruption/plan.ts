/** How many pods of a budget may be disrupted now. Pure. */
import type {
  PodDisruptionBudget,
  PodDisruptionBudgetStatus,
} from "#apis/policy/pod-disruption-budget.ts";
import type { LabelSelector } from "#apis/meta/label-selector.ts";
import type { Pod } from "#apis/core/pod.ts";
import { rfc3339 } from "#base/clock.ts";
import { isReady, isTerminating } from "../shared/pod-state.ts";

/** An eviction that has not led to a deletion by then does not count any more. */
const disruptedMsMax = 120_000;

/** How many pods there should be, and those that nothing knows the number of. */
export interface Expectation {
  expected: number;
  unmanaged: Pod[];
}

/** `scaleOf`: the desired number of the pod's controller; undefined: it has none we know. */
export function expectedPods(
  pods: readonly Pod[],
  scaleOf: (pod: Pod) => { controller: string; replicas: number } | undefined,
): Expectation {
  const scales = new Map<string, number>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const scale = scaleOf(pod);
    if (scale) scales.set(scale.controller, scale.replicas);
    else unmanaged.push(pod);
  }
  return { expected: [...scales.values()].reduce((sum, n) => sum + n, 0), unmanaged };
}

/** The budget's status, and milliseconds until an eviction that led nowhere is forgotten. */
export function planBudget(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  { expected: scaled }: Expectation,
  nowMs: number,
): { status: PodDisruptionBudgetStatus; againInMs: number | undefined } {
  const { minAvailable, maxUnavailable } = budget.spec;
  const byCount = typeof minAvailable === "number" && maxUnavailable === undefined;
  const expected = byCount ? pods.length : scaled;
  const desired = desiredHealthy(minAvailable, maxUnavailable, expected);
  const { disrupted, againInMs } = stillDisrupted(budget, pods, nowMs);
  const healthy = pods.filter(
    (pod) => isReady(pod) && !isTerminating(pod) && !(pod.metadata.name in disrupted),
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const status = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
  };
  const conditions = withAllowed(budget, allowed > 0, nowMs);
  return { status: { ...status, conditions }, againInMs };
}

function desiredHealthy(
  minAvailable: number | string | undefined,
  maxUnavailable: number | string | undefined,
  expected: number,
): number {
  if (maxUnavailable !== undefined) {
    return Math.max(0, expected - scaledValue(maxUnavailable, expected));
  }
  return minAvailable === undefined ? 0 : scaledValue(minAvailable, expected);
}

function scaledValue(value: number | string, total: number): number {
  if (typeof value === "number") return value;
  return Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

function stillDisrupted({ status }: PodDisruptionBudget, pods: readonly Pod[], nowMs: number) {
  const disrupted: Record<string, string> = {};
  let againInMs: number | undefined;
  for (const pod of pods) {
    const since = status?.disruptedPods?.[pod.metadata.name];
    if (!since || isTerminating(pod)) continue;
    const leftMs = Date.parse(since) + disruptedMsMax - nowMs;
    if (leftMs <= 0) continue;
    disrupted[pod.metadata.name] = since;
    againInMs = Math.min(againInMs ?? leftMs, leftMs);
  }
  return { disrupted, againInMs };
}

function withAllowed({ metadata, status }: PodDisruptionBudget, allowed: boolean, nowMs: number) {
  const type = "DisruptionAllowed";
  const current = status?.conditions?.find((condition) => condition.type === type);
  const value = allowed ? "True" : "False";
  const lastTransitionTime =
    current?.status === value ? current.lastTransitionTime : rfc3339(nowMs);
  const condition = {
    type,
    status: value,
    observedGeneration: metadata.generation ?? 0,
    lastTransitionTime,
    reason: allowed ? "SufficientPods" : "InsufficientPods",
    message: "",
  };
  return [...(status?.conditions ?? []).filter((one) => one.type !== type), condition];
}

/** The event text about pods without a controller; upstream prints the selector as Go does. */
export function unmanagedText(selector: LabelSelector | undefined): string {
  const labels = Object.entries(selector?.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join("");
  const expressions = (selector?.matchExpressions ?? [])
    .map(
      ({ key, operator, values = [] }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
    )
    .join("");
  const text =
    `&LabelSelector{MatchLabels:map[string]string{${labels}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${text}) were found to be unmanaged. ` +
    "As a result, the status of the PDB cannot be calculated correctly, which may result in " +
    'undefined behavior. To account for these pods please set ".spec.minAvailable" field of ' +
    "the PDB to an integer value."
  );
}
