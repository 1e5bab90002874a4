/** The status of a Deployment from its ReplicaSets, in upstream's words. Pure. */
import type { Deployment, DeploymentCondition, DeploymentStatus } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import { rfc3339 } from "#base/clock.ts";
import { conditionOf, withCondition, withoutCondition } from "../shared/conditions.ts";
import { desiredOf, fenceposts, sizeOf, sum } from "./replica-sets.ts";

/** "No deadline" is the largest 32-bit number. */
const noDeadline = 2 ** 31 - 1;

export function hasDeadline({ spec }: Deployment): boolean {
  const { progressDeadlineSeconds } = spec;
  return progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== noDeadline;
}

/** A condition as of now. */
export function newCondition(
  type: "Progressing" | "Available",
  status: "True" | "False" | "Unknown",
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = rfc3339(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

/** `conditions` with one more, whose transition time is kept while the status stays the same. */
export function setCondition(
  conditions: readonly DeploymentCondition[] | undefined,
  next: DeploymentCondition,
  nowMs: number,
): DeploymentCondition[] {
  const { lastTransitionTime: _, ...condition } = next;
  return withCondition(conditions, condition, nowMs);
}

/** The counts and the Available condition; the other conditions stay as they are. */
export function countedStatus(
  d: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  nowMs: number,
): DeploymentStatus {
  const all = newSet ? [...oldSets, newSet] : oldSets;
  const availableReplicas = sum(all, ({ status }) => status?.availableReplicas ?? 0);
  const enough = availableReplicas >= desiredOf(d) - fenceposts(d).unavailable;
  const condition = enough
    ? newCondition("Available", "True", "MinimumReplicasAvailable",
        "Deployment has minimum availability.", nowMs)
    : newCondition("Available", "False", "MinimumReplicasUnavailable",
        "Deployment does not have minimum availability.", nowMs); // prettier-ignore
  const { collisionCount } = d.status ?? {};
  const terminating = all.every(({ status }) => status?.terminatingReplicas !== undefined);
  return {
    observedGeneration: d.metadata.generation ?? 0,
    replicas: sum(all, ({ status }) => status?.replicas ?? 0),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status?.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(0, sum(all, sizeOf) - availableReplicas),
    ...(terminating
      ? { terminatingReplicas: sum(all, ({ status }) => status?.terminatingReplicas ?? 0) }
      : {}),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(d.status?.conditions, condition, nowMs),
  };
}

/** Whether all replicas are updated and available and no old one is left. */
export function isComplete(d: Deployment, status: DeploymentStatus): boolean {
  const desired = desiredOf(d);
  return (
    (status.updatedReplicas ?? 0) === desired &&
    (status.replicas ?? 0) === desired &&
    (status.availableReplicas ?? 0) === desired &&
    (status.observedGeneration ?? 0) >= (d.metadata.generation ?? 0)
  );
}

/** The status of a rollout: counts, progress against the deadline, and failures of ReplicaSets. */
export function rolloutStatus(
  d: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  nowMs: number,
): DeploymentStatus {
  const status = countedStatus(d, newSet, oldSets, nowMs);
  let conditions: readonly DeploymentCondition[] = status.conditions ?? [];
  const current = conditionOf(d.status?.conditions, "Progressing");
  if (!hasDeadline(d)) conditions = withoutCondition(conditions, "Progressing");
  const settled =
    status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable";
  if (hasDeadline(d) && !settled) {
    conditions = withProgress(d, newSet, { ...status, conditions: [...conditions] }, nowMs);
  }
  const failure = replicaFailure(newSet, oldSets);
  conditions = failure
    ? setCondition(conditions, failure, nowMs)
    : withoutCondition(conditions, "ReplicaFailure");
  return { ...status, conditions: [...conditions] };
}

function withProgress(
  d: Deployment,
  newSet: ReplicaSet | undefined,
  status: DeploymentStatus,
  nowMs: number,
): DeploymentCondition[] {
  const { conditions = [] } = status;
  const what = newSet
    ? `ReplicaSet ${JSON.stringify(newSet.metadata.name)}`
    : `Deployment ${JSON.stringify(d.metadata.name)}`;
  const current = conditionOf(conditions, "Progressing");
  if (isComplete(d, status)) {
    const text = `${what} has successfully progressed.`;
    const next = newCondition("Progressing", "True", "NewReplicaSetAvailable", text, nowMs);
    return setCondition(conditions, next, nowMs);
  }
  if (hasProgressed(d, status)) {
    const text = `${what} is progressing.`;
    const next = newCondition("Progressing", "True", "ReplicaSetUpdated", text, nowMs);
    // The deadline counts from the last progress, so this replaces a condition that is the same.
    const { lastTransitionTime = next.lastTransitionTime } =
      current?.status === "True" ? current : next;
    return [
      ...withoutCondition(conditions, "Progressing"),
      { ...next, lastTransitionTime: lastTransitionTime ?? null },
    ];
  }
  if (hasTimedOut(d, current, nowMs)) {
    const text = `${what} has timed out progressing.`;
    const next = newCondition("Progressing", "False", "ProgressDeadlineExceeded", text, nowMs);
    return setCondition(conditions, next, nowMs);
  }
  return conditions;
}

function hasProgressed({ status: old = {} }: Deployment, status: DeploymentStatus): boolean {
  const more = (field: "updatedReplicas" | "readyReplicas" | "availableReplicas") =>
    (status[field] ?? 0) > (old[field] ?? 0);
  const oldOnes = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) =>
    replicas - updatedReplicas;
  return (
    more("updatedReplicas") ||
    more("readyReplicas") ||
    more("availableReplicas") ||
    oldOnes(status) < oldOnes(old)
  );
}

function hasTimedOut(
  { spec }: Deployment,
  progressing: DeploymentCondition | undefined,
  nowMs: number,
): boolean {
  if (!progressing || progressing.reason === "NewReplicaSetAvailable") return false;
  if (progressing.reason === "ProgressDeadlineExceeded") return true;
  return deadlineMs(spec.progressDeadlineSeconds, progressing) < nowMs;
}

function deadlineMs(seconds = 0, { lastUpdateTime }: DeploymentCondition): number {
  return (lastUpdateTime ? Date.parse(lastUpdateTime) : 0) + seconds * 1_000;
}

/** Milliseconds until the rollout may have missed its deadline; undefined when it cannot. */
export function deadlineInMs(
  d: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const progressing = conditionOf(status.conditions, "Progressing");
  if (!progressing || !hasDeadline(d) || isComplete(d, status)) return undefined;
  if (progressing.reason === "ProgressDeadlineExceeded") return undefined;
  // A second more than the deadline: stored times have no fractions.
  const inMs = deadlineMs(d.spec.progressDeadlineSeconds, progressing) - nowMs + 1_000;
  return Math.max(inMs, 200);
}

function replicaFailure(
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): DeploymentCondition | undefined {
  for (const rs of newSet ? [newSet, ...oldSets] : oldSets) {
    const found = conditionOf(rs.status?.conditions, "ReplicaFailure");
    if (!found) continue;
    return { ...found, lastUpdateTime: found.lastTransitionTime ?? null };
  }
  return undefined;
}

/** The status with the Progressing condition that says whether the rollout is paused. */
export function pausedStatus(d: Deployment, nowMs: number): DeploymentStatus | undefined {
  const conditions = d.status?.conditions;
  const progressing = conditionOf(conditions, "Progressing");
  if (!hasDeadline(d) || progressing?.reason === "ProgressDeadlineExceeded") return undefined;
  const noted = progressing?.reason === "DeploymentPaused";
  const paused = d.spec.paused === true;
  if (paused === noted) return undefined;
  const next = paused
    ? newCondition("Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", nowMs)
    : newCondition(
        "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed", nowMs,
      ); // prettier-ignore
  return { ...d.status, conditions: setCondition(conditions, next, nowMs) };
}
