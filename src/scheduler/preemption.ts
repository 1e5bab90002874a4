import type { PodDisruptionBudget } from "#apis/policy/pod-disruption-budget.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { type Profile, rejectionOf } from "./cycle.ts";
import { type CycleState, isRejection, type Plugin, type Rejection } from "./framework.ts";
import { compileLabelSelector } from "#machinery/selectors.ts";
import { histogram } from "./messages.ts";
import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * Preemption: when no node fits, which pods of lower priority would have to go, and from where.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/ Pure.
 */

export interface Preemption {
  node: string;
  victims: readonly PodInfo[];
}

export type PreemptionOutcome =
  | { do: "preempt"; preemption: Preemption }
  | { do: "nothing"; why: string };

type Budget = DeepReadonly<PodDisruptionBudget>;

interface Candidate extends Preemption {
  /** Victims that a disruption budget protects. */
  violations: number;
}

/** Upstream's dry-run limits: a tenth of the nodes, at least this many candidates. */
const candidatesMin = 100;
const candidatesShare = 0.1;

export function planPreemption(options: {
  profile: Profile;
  pod: PodInfo;
  snapshot: Snapshot;
  rejections: ReadonlyMap<string, Rejection>;
  budgets: readonly Budget[];
}): PreemptionOutcome {
  const { profile, pod, snapshot, rejections, budgets } = options;
  if (pod.pod.spec.preemptionPolicy === "Never") {
    return { do: "nothing", why: "preemption: not eligible due to preemptionPolicy=Never." };
  }
  if (victimsLeaving(pod, snapshot)) {
    return {
      do: "nothing",
      why: "preemption: not eligible due to a terminating pod on the nominated node.",
    };
  }
  const enough = Math.max(candidatesMin, Math.floor(snapshot.nodes.length * candidatesShare));
  const candidates: Candidate[] = [];
  const reasons: string[] = [];
  for (const node of snapshot.nodes) {
    if (rejections.get(node.name)?.resolvable === false) {
      reasons.push("Preemption is not helpful for scheduling");
      continue;
    }
    const candidate =
      candidates.length < enough && victimsOn(profile, pod, node, snapshot, budgets);
    if (candidate) candidates.push(candidate);
    else reasons.push("No preemption victims found for incoming pod");
  }
  const chosen = leastHarm(candidates);
  if (chosen) return { do: "preempt", preemption: chosen };
  const total = snapshot.nodes.length;
  return {
    do: "nothing",
    why: `preemption: 0/${total} nodes are available: ${histogram(reasons)}.`,
  };
}

/** Whether the pod has preempted already, and waits for its victims to go. */
function victimsLeaving(pod: PodInfo, snapshot: Snapshot): boolean {
  const nominated = pod.pod.status?.nominatedNodeName;
  const node = nominated ? snapshot.node(nominated) : undefined;
  if (!node) return false;
  return [...node.pods.values()].some(
    (other) => other.priority < pod.priority && other.pod.metadata.deletionTimestamp !== undefined,
  );
}

/** The fewest pods that must leave `node` for the pod to fit, or undefined. */
function victimsOn(
  profile: Profile,
  pod: PodInfo,
  node: NodeInfo,
  snapshot: Snapshot,
  budgets: readonly Budget[],
): Candidate | undefined {
  const lower = [...node.pods.values()].filter((other) => other.priority < pod.priority);
  if (lower.length === 0) return undefined;
  const trial = prepareTrial(profile, pod, node, snapshot);
  if (!trial) return undefined;
  for (const other of lower) trial.remove(other);
  if (!trial.fits()) return undefined;
  // Give back as many as possible: protected ones first, then the more important.
  const { protectedPods, free } = splitByBudgets(lower.toSorted(moreImportantFirst), budgets);
  const victims: PodInfo[] = [];
  let violations = 0;
  for (const other of [...protectedPods, ...free]) {
    trial.add(other);
    if (trial.fits()) continue;
    trial.remove(other);
    victims.push(other);
    if (protectedPods.includes(other)) violations++;
  }
  return { node: node.name, victims: victims.toSorted(moreImportantFirst), violations };
}

interface Trial {
  fits(): boolean;
  add(other: PodInfo): void;
  remove(other: PodInfo): void;
}

function prepareTrial(
  profile: Profile,
  pod: PodInfo,
  node: NodeInfo,
  snapshot: Snapshot,
): Trial | undefined {
  const state: CycleState = new Map();
  const filters: Plugin[] = [];
  for (const plugin of profile.plugins) {
    const answer = plugin.preFilter?.(pod, snapshot, state);
    if (isRejection(answer)) return undefined;
    if (plugin.filter && !answer?.skip) filters.push(plugin);
  }
  const copy = node.copy();
  function change(other: PodInfo, by: 1 | -1): void {
    if (by === 1) copy.addPod(other);
    else copy.removePod(other.uid);
    for (const plugin of filters) plugin.adjust?.(pod, other, copy, by, state);
  }
  return {
    fits: () => rejectionOf(filters, pod, copy, state) === undefined,
    add: (other) => change(other, 1),
    remove: (other) => change(other, -1),
  };
}

function moreImportantFirst(a: PodInfo, b: PodInfo): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return startOf(a) < startOf(b) ? -1 : 1;
}

function startOf({ pod }: PodInfo): string {
  return pod.status?.startTime ?? pod.metadata.creationTimestamp ?? "";
}

function splitByBudgets(pods: readonly PodInfo[], budgets: readonly Budget[]) {
  const left = new Map(budgets.map((budget) => [budget, budget.status?.disruptionsAllowed ?? 0]));
  const selectors = new Map(
    budgets.map((budget) => [budget, compileLabelSelector(budget.spec.selector)]),
  );
  const protectedPods: PodInfo[] = [];
  const free: PodInfo[] = [];
  for (const pod of pods) {
    const covering = budgets.filter(
      (budget) => budget.metadata.namespace === pod.namespace && selectors.get(budget)!(pod.labels),
    );
    for (const budget of covering) left.set(budget, left.get(budget)! - 1);
    const violated = covering.some((budget) => left.get(budget)! < 0);
    (violated ? protectedPods : free).push(pod);
  }
  return { protectedPods, free };
}

/** Fewest budget violations, lowest top priority, lowest sum, fewest victims, latest start. */
function leastHarm(candidates: readonly Candidate[]): Candidate | undefined {
  const measure = ({ victims, violations }: Candidate): (number | string)[] => [
    violations,
    victims[0]?.priority ?? Number.NEGATIVE_INFINITY,
    victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    victims.length,
  ];
  return candidates.toSorted((a, b) => {
    const [x, y] = [measure(a), measure(b)];
    for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i]! < y[i]! ? -1 : 1;
    return startOf(a.victims[0]!) > startOf(b.victims[0]!) ? -1 : 1;
  })[0];
}
