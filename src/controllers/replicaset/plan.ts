/** Decides how many pods a ReplicaSet (or ReplicationController) creates or deletes. Pure. */
import type { ReplicaSetStatus } from "#apis/apps/replica-set.ts";
import type { Pod } from "#apis/core/pod.ts";
import { rfc3339 } from "#base/clock.ts";
import { conditionOf, withCondition, withoutCondition } from "../shared/conditions.ts";
import {
  isActive,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  nextAvailableInMs,
} from "../shared/pod-state.ts";
import { rankForDeletion } from "./rank.ts";

/** The most pods created or deleted in one run, as upstream. */
export const burstMax = 500;

/** The part of a ReplicaSet or ReplicationController that decides. */
export interface Replicas {
  replicas: number;
  minReadySeconds: number;
  templateLabels: Readonly<Record<string, string>> | undefined;
  /** Its own deletion has begun: it leaves its pods alone. */
  dying: boolean;
  generation: number;
  status: ReplicaSetStatus | undefined;
}

export interface ReplicaPlan {
  /** How many pods to create. */
  create: number;
  delete: Pod[];
}

/** What there is too little or too much of. `owned` are all claimed pods in whatever state. */
export function planReplicas(
  { replicas, dying }: Pick<Replicas, "replicas" | "dying">,
  owned: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): ReplicaPlan {
  if (dying) return { create: 0, delete: [] };
  const active = owned.filter(isActive);
  const missing = replicas - active.length;
  if (missing >= 0) return { create: Math.min(missing, burstMax), delete: [] };
  const ranked = rankForDeletion(active, related, nowMs);
  return { create: 0, delete: ranked.slice(0, Math.min(-missing, burstMax)) };
}

/** Why creating or deleting failed, for the ReplicaFailure condition. */
export interface ReplicaFailure {
  reason: "FailedCreate" | "FailedDelete";
  message: string;
}

/** The status that the pods add up to. */
export function replicaStatus(
  owner: Replicas,
  owned: readonly Pod[],
  failure: ReplicaFailure | undefined,
  nowMs: number,
): ReplicaSetStatus {
  const active = owned.filter(isActive);
  const wanted = Object.entries(owner.templateLabels ?? {});
  const labelled = active.filter(({ metadata }) =>
    wanted.every(([name, value]) => metadata.labels?.[name] === value),
  );
  const conditions = replicaConditions(owner.status, failure, nowMs);
  return {
    replicas: active.length,
    fullyLabeledReplicas: labelled.length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter((pod) => isAvailable(pod, owner.minReadySeconds, nowMs))
      .length,
    terminatingReplicas: owned.filter((pod) => isTerminating(pod) && !isFinished(pod)).length,
    observedGeneration: owner.generation,
    ...(conditions.length > 0 ? { conditions } : {}),
  };
}

function replicaConditions(
  status: ReplicaSetStatus | undefined,
  failure: ReplicaFailure | undefined,
  nowMs: number,
): NonNullable<ReplicaSetStatus["conditions"]> {
  const { conditions } = status ?? {};
  if (!failure) return withoutCondition(conditions, "ReplicaFailure");
  if (conditionOf(conditions, "ReplicaFailure")) return conditions ?? [];
  const lastTransitionTime = rfc3339(nowMs);
  const condition = { type: "ReplicaFailure", status: "True", ...failure, lastTransitionTime };
  return withCondition(conditions, condition, nowMs);
}

/** Milliseconds until a pod has been ready for long enough to count as available. */
export function nextReplicaChangeInMs(
  owner: Replicas,
  owned: readonly Pod[],
  nowMs: number,
): number | undefined {
  return nextAvailableInMs(owned.filter(isActive), owner.minReadySeconds, nowMs);
}
