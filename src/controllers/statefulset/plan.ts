/**
 * Decides the next step of a StatefulSet: pods are made in order, removed in reverse order, and
 * replaced one by one, each step waiting for the one before (unless they may go in parallel). Pure.
 */
import type { StatefulSet, StatefulSetStatus } from "#apis/apps/stateful-set.ts";
import type { Pod } from "#apis/core/pod.ts";
import {
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  nextAvailableInMs,
} from "../shared/pod-state.ts";
import { ordinalOf, podRevision, startOrdinal } from "./pods.ts";

/** The names of the revisions that pods are made from. */
export interface Revisions {
  current: string;
  update: string;
}

export interface StatefulSetPlan {
  /** In this order; the first failure ends the run. */
  create: { ordinal: number; revision: string }[];
  delete: Pod[];
  /** Ordinals whose claims have to exist. */
  claims: number[];
  /** Milliseconds until a pod counts as available. */
  againInMs?: number | undefined;
}

interface World {
  set: StatefulSet;
  revisions: Revisions;
  nowMs: number;
  inOrder: boolean;
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec.replicas ?? 1;
}

/** `pods` are all that the set owns. */
export function planStatefulSet(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: Revisions,
  nowMs: number,
): StatefulSetPlan {
  const inOrder = set.spec.podManagementPolicy !== "Parallel";
  const world: World = { set, revisions, nowMs, inOrder };
  const plan: StatefulSetPlan = { create: [], delete: [], claims: [] };
  if (isTerminating(set)) return plan;
  const first = startOrdinal(set);
  const count = replicasOf(set);
  const slots = new Map<number, Pod>();
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= first && ordinal < first + count) slots.set(ordinal, pod);
    else condemned.push(pod);
  }
  plan.againInMs = nextAvailableInMs(pods, set.spec.minReadySeconds ?? 0, nowMs);
  if (!planSlots(world, slots, first, count, plan)) return plan;
  condemned.sort((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0));
  if (!planCondemned(world, slots, condemned, plan)) return plan;
  if (set.spec.updateStrategy.type !== "OnDelete") planUpdate(world, slots, first, count, plan);
  return plan;
}

/** Makes what is missing. False: something has to happen first. */
function planSlots(
  world: World,
  slots: ReadonlyMap<number, Pod>,
  first: number,
  count: number,
  plan: StatefulSetPlan,
): boolean {
  for (let ordinal = first; ordinal < first + count; ordinal++) {
    const pod = slots.get(ordinal);
    if (!pod) {
      plan.create.push({ ordinal, revision: revisionFor(world, ordinal) });
      plan.claims.push(ordinal);
      if (world.inOrder) return false;
      continue;
    }
    if (isFinished(pod)) {
      if (!isTerminating(pod)) plan.delete.push(pod);
      if (world.inOrder) return false;
      continue;
    }
    plan.claims.push(ordinal);
    if (world.inOrder && (isTerminating(pod) || !available(world, pod))) return false;
  }
  return true;
}

/** Below the partition pods keep the old revision. */
function revisionFor({ set, revisions }: World, ordinal: number): string {
  const { type, rollingUpdate } = set.spec.updateStrategy;
  if (type === "OnDelete") return revisions.update;
  const kept = rollingUpdate ? (rollingUpdate.partition ?? 0) : (set.status?.currentReplicas ?? 0);
  return ordinal < startOrdinal(set) + kept ? revisions.current : revisions.update;
}

function available({ set, nowMs }: World, pod: Pod): boolean {
  return pod.status?.phase === "Running" && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
}

function isHealthy(pod: Pod): boolean {
  return pod.status?.phase === "Running" && isReady(pod) && !isTerminating(pod);
}

/** Removes what is too many, the highest ordinal first. False: something has to happen first. */
function planCondemned(
  world: World,
  slots: ReadonlyMap<number, Pod>,
  condemned: readonly Pod[],
  plan: StatefulSetPlan,
): boolean {
  const unhealthy = [...slots.values(), ...condemned.toReversed()].find((pod) => !isHealthy(pod));
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (world.inOrder) return false;
      continue;
    }
    // In order, only a set that is otherwise well gives up another pod.
    const blocked = !available(world, pod) && pod !== unhealthy;
    if (world.inOrder && blocked) return false;
    plan.delete.push(pod);
    if (world.inOrder) return false;
  }
  return true;
}

/** Replaces pods of old revisions, the highest ordinal first, within what may be unavailable. */
function planUpdate(
  world: World,
  slots: ReadonlyMap<number, Pod>,
  first: number,
  count: number,
  plan: StatefulSetPlan,
): void {
  const { set, revisions } = world;
  const { partition = 0, maxUnavailable } = set.spec.updateStrategy.rollingUpdate ?? {};
  let room = unavailableMax(maxUnavailable, count);
  const ordinals = Array.from({ length: count }, (_, i) => first + i);
  if (maxUnavailable !== undefined) {
    room -= ordinals.filter((ordinal) => !healthyAt(world, slots, ordinal)).length;
  }
  for (const ordinal of ordinals.toReversed()) {
    if (ordinal < first + partition) return;
    const pod = slots.get(ordinal);
    const old = pod !== undefined && podRevision(pod) !== revisions.update;
    if (old && !isTerminating(pod)) {
      if (room <= 0 && healthyAt(world, slots, ordinal)) return;
      plan.delete.push(pod);
      room--;
      if (maxUnavailable === undefined) return;
    } else if (maxUnavailable === undefined && !healthyAt(world, slots, ordinal)) return;
  }
}

function healthyAt(world: World, slots: ReadonlyMap<number, Pod>, ordinal: number): boolean {
  const pod = slots.get(ordinal);
  return pod !== undefined && isHealthy(pod) && available(world, pod);
}

function unavailableMax(value: number | string | undefined, count: number): number {
  if (value === undefined) return 1;
  if (typeof value === "number") return Math.max(1, value);
  return Math.max(1, Math.floor((Number.parseInt(value, 10) * count) / 100));
}

/** The status that the pods add up to. */
export function statefulSetStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: Revisions,
  collisionCount: number,
  nowMs: number,
): StatefulSetStatus {
  const created = pods.filter(({ status }) => status?.phase !== undefined);
  const standing = created.filter((pod) => !isTerminating(pod));
  const ready = created.filter((pod) => pod.status?.phase === "Running" && isReady(pod));
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const status: StatefulSetStatus = {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: created.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length,
    currentReplicas: standing.filter((pod) => podRevision(pod) === revisions.current).length,
    updatedReplicas: standing.filter((pod) => podRevision(pod) === revisions.update).length,
    currentRevision: revisions.current,
    updateRevision: revisions.update,
    collisionCount,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
  const rolled =
    set.spec.updateStrategy.type !== "OnDelete" &&
    status.updatedReplicas === status.replicas &&
    status.readyReplicas === status.replicas;
  if (!rolled) return status;
  return {
    ...status,
    currentReplicas: status.updatedReplicas,
    currentRevision: revisions.update,
  };
}
