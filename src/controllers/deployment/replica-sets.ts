/** What a Deployment knows of its ReplicaSets: which is the new one, sizes, revisions. Pure. */
import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import type { PodTemplateSpec } from "#apis/core/pod-spec.ts";
import { sameMeaning } from "../shared/equal.ts";
import { createdMs, isTerminating } from "../shared/pod-state.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
export const templateHashLabel = "pod-template-hash";

/** The Deployment's annotations that are its own and no business of its ReplicaSets. */
const notCopied = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deprecated.deployment.rollback.to",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);
/** The history annotation is cut to this many characters. */
const historyLengthMax = 2_000;

export function sizeOf(rs: ReplicaSet | undefined): number {
  return rs?.spec.replicas ?? 0;
}

export function sum(sets: readonly ReplicaSet[], of: (rs: ReplicaSet) => number): number {
  return sets.reduce((total, rs) => total + of(rs), 0);
}

export function desiredOf(d: Deployment): number {
  return d.spec.replicas ?? 1;
}

export function isRolling(d: Deployment): boolean {
  return d.spec.strategy.type !== "Recreate";
}

/** Pods that a rolling update may have beyond, and may miss below, the desired number. */
export function fenceposts(d: Deployment): { surge: number; unavailable: number } {
  if (!isRolling(d)) return { surge: 0, unavailable: 0 };
  const replicas = desiredOf(d);
  const { maxSurge = "25%", maxUnavailable = "25%" } = d.spec.strategy.rollingUpdate ?? {};
  const surge = resolve(maxSurge, replicas, Math.ceil);
  let unavailable = resolve(maxUnavailable, replicas, Math.floor);
  // Both may be zero by rounding; a rollout needs room on one side.
  if (surge === 0 && unavailable === 0) unavailable = 1;
  return { surge, unavailable: Math.min(unavailable, replicas) };
}

function resolve(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === "number") return value;
  return round((Number.parseInt(value, 10) * total) / 100);
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const difference = createdMs(a) - createdMs(b);
  return difference === 0 ? (a.metadata.name < b.metadata.name ? -1 : 1) : difference;
}

/** Whether two pod templates are the same but for the hash that we add. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return sameMeaning(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [templateHashLabel]: _, ...labels } = template.metadata.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** The oldest ReplicaSet with the Deployment's template, and all others. */
export function splitSets(
  d: Deployment,
  sets: readonly ReplicaSet[],
): { newSet: ReplicaSet | undefined; oldSets: ReplicaSet[] } {
  const sorted = [...sets].sort(byAge);
  const newSet = sorted.find(({ spec }) => sameTemplate(spec.template, d.spec.template));
  return { newSet, oldSets: sorted.filter((rs) => rs !== newSet) };
}

export function revisionOf(rs: ReplicaSet): number {
  const revision = Number(rs.metadata.annotations?.[revisionAnnotation] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
}

/** The number that the Deployment's current template gets: one more than any other has. */
export function nextRevision(oldSets: readonly ReplicaSet[]): number {
  return Math.max(0, ...oldSets.map(revisionOf)) + 1;
}

type Annotations = Record<string, string>;

/** The annotations that tell a ReplicaSet how big its Deployment is. */
export function sizeAnnotations(d: Deployment): Annotations {
  const desired = desiredOf(d);
  return {
    [desiredReplicasAnnotation]: String(desired),
    [maxReplicasAnnotation]: String(desired + fenceposts(d).surge),
  };
}

/** The annotations of the new ReplicaSet: the Deployment's own, its revision and history. */
export function newSetAnnotations(
  d: Deployment,
  existing: ReplicaSet | undefined,
  revision: number,
): Annotations {
  const own = Object.entries(d.metadata.annotations ?? {}).filter(([name]) => !notCopied.has(name));
  const before = existing?.metadata.annotations ?? {};
  const annotations: Annotations = { ...before, ...Object.fromEntries(own) };
  const old = before[revisionAnnotation];
  if (old === undefined || Number(old) < revision) {
    annotations[revisionAnnotation] = String(revision);
    if (old !== undefined) {
      const history = before[revisionHistoryAnnotation]?.split(",") ?? [];
      annotations[revisionHistoryAnnotation] = cutHistory([...history, old]);
    }
  }
  return existing ? annotations : { ...annotations, ...sizeAnnotations(d) };
}

function cutHistory(revisions: string[]): string {
  let first = 0;
  while (revisions.slice(first).join().length > historyLengthMax) first++;
  return revisions.slice(first).join();
}

/** ReplicaSets beyond the history limit: old, empty and settled ones, the oldest revisions first. */
export function planCleanup(d: Deployment, oldSets: readonly ReplicaSet[]): ReplicaSet[] {
  const { revisionHistoryLimit } = d.spec;
  if (revisionHistoryLimit === undefined) return [];
  const alive = oldSets.filter((rs) => !isTerminating(rs));
  const surplus = alive.length - revisionHistoryLimit;
  if (surplus <= 0) return [];
  const sorted = [...alive].sort((a, b) => revisionOf(a) - revisionOf(b) || byAge(a, b));
  return sorted.slice(0, surplus).filter(({ spec, status, metadata }) => {
    const empty = (status?.replicas ?? 0) === 0 && (spec.replicas ?? 1) === 0;
    return empty && (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  });
}
