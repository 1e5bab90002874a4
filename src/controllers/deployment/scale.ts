/** How many replicas each ReplicaSet shall have, for each strategy. Pure. */
import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import {
  byAge,
  desiredOf,
  desiredReplicasAnnotation,
  fenceposts,
  isRolling,
  maxReplicasAnnotation,
  sizeOf,
  sum,
} from "./replica-sets.ts";

/** A ReplicaSet and the size that it shall have; equal sizes still refresh its annotations. */
export interface Resize {
  rs: ReplicaSet;
  to: number;
}

const available = (rs: ReplicaSet) => rs.status?.availableReplicas ?? 0;
const active = (sets: readonly ReplicaSet[]) => sets.filter((rs) => sizeOf(rs) > 0);

/** The size of the new ReplicaSet while it grows within the surge. */
export function newSetSize(
  d: Deployment,
  all: readonly ReplicaSet[],
  newSet: ReplicaSet | undefined,
): number {
  const desired = desiredOf(d);
  if (!isRolling(d)) return desired;
  const size = sizeOf(newSet);
  const room = desired + fenceposts(d).surge - sum(all, sizeOf);
  if (room <= 0) return size;
  return size + Math.min(room, desired - size);
}

/** The next step of a rolling update: grow the new one if there is room, else shrink old ones. */
export function planRolling(
  d: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): Resize[] {
  const desired = desiredOf(d);
  const size = sizeOf(newSet);
  if (size > desired) return [{ rs: newSet, to: desired }];
  const grown = size < desired ? newSetSize(d, [...oldSets, newSet], newSet) : size;
  if (grown !== size) return [{ rs: newSet, to: grown }];
  return planShrink(d, newSet, active(oldSets));
}

/** First gives up pods that are not available anyway, then available ones beyond the minimum. */
function planShrink(d: Deployment, newSet: ReplicaSet, oldSets: ReplicaSet[]): Resize[] {
  if (oldSets.length === 0) return [];
  const all = [...oldSets, newSet];
  const minimum = desiredOf(d) - fenceposts(d).unavailable;
  const newUnavailable = sizeOf(newSet) - available(newSet);
  const removable = sum(all, sizeOf) - minimum - newUnavailable;
  if (removable <= 0) return [];
  const sizes = new Map(oldSets.map((rs) => [rs, sizeOf(rs)]));
  let left = removable;
  for (const rs of [...oldSets].sort(byAge)) {
    const take = Math.min(left, Math.max(0, sizeOf(rs) - available(rs)));
    sizes.set(rs, sizeOf(rs) - take);
    left -= take;
  }
  let surplus = sum(all, available) - minimum;
  for (const rs of [...oldSets].sort(byAge)) {
    if (surplus <= 0) break;
    const take = Math.min(surplus, sizes.get(rs) ?? 0);
    sizes.set(rs, (sizes.get(rs) ?? 0) - take);
    surplus -= take;
  }
  return [...sizes].filter(([rs, to]) => to !== sizeOf(rs)).map(([rs, to]) => ({ rs, to }));
}

/** Whether someone scaled the Deployment since its ReplicaSets were last sized. */
export function wasScaled(d: Deployment, all: readonly ReplicaSet[]): boolean {
  return active(all).some((rs) => {
    const noted = rs.metadata.annotations?.[desiredReplicasAnnotation];
    return noted !== undefined && Number(noted) !== desiredOf(d);
  });
}

/**
 * Sizes after the Deployment was scaled: the only active ReplicaSet follows; in the middle of a
 * rollout all get their share of the difference, so that no single revision bears the risk.
 */
export function planScaled(
  d: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Resize[] {
  const desired = desiredOf(d);
  const only = activeOrLatest(newSet, oldSets);
  if (only) return sizeOf(only) === desired ? [] : [{ rs: only, to: desired }];
  if (newSet && isSaturated(d, newSet)) return active(oldSets).map((rs) => ({ rs, to: 0 }));
  return isRolling(d) ? planShares(d, newSet, oldSets) : [];
}

function activeOrLatest(
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const running = active(newSet ? [...oldSets, newSet] : oldSets);
  if (running.length === 1) return running[0];
  if (running.length > 1) return undefined;
  return newSet ?? [...oldSets].sort(byAge).at(-1);
}

function isSaturated(d: Deployment, rs: ReplicaSet): boolean {
  const desired = desiredOf(d);
  const noted = Number(rs.metadata.annotations?.[desiredReplicasAnnotation]);
  return sizeOf(rs) === desired && noted === desired && available(rs) === desired;
}

function planShares(
  d: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): Resize[] {
  const desired = desiredOf(d);
  const all = active(newSet ? [...oldSets, newSet] : oldSets);
  const allowed = desired > 0 ? desired + fenceposts(d).surge : 0;
  const toAdd = allowed - sum(all, sizeOf);
  // The biggest first; among equals the newest grow first and the oldest shrink first.
  const age = (a: ReplicaSet, b: ReplicaSet) => (toAdd > 0 ? byAge(b, a) : byAge(a, b));
  all.sort((a, b) => sizeOf(b) - sizeOf(a) || age(a, b));
  let added = 0;
  const resizes = all.map((rs) => {
    const part = toAdd === 0 ? 0 : share(d, rs, toAdd, added);
    added += part;
    return { rs, to: sizeOf(rs) + part };
  });
  const first = resizes[0];
  if (first && toAdd !== 0) first.to = Math.max(0, first.to + toAdd - added);
  return resizes;
}

/** One ReplicaSet's part of the difference, by its part of the size before. */
function share(d: Deployment, rs: ReplicaSet, toAdd: number, added: number): number {
  const size = sizeOf(rs);
  if (size === 0 || toAdd === added) return 0;
  const desired = desiredOf(d);
  const maximum = desired + fenceposts(d).surge;
  const noted = Number(rs.metadata.annotations?.[maxReplicasAnnotation] ?? 0);
  const before = noted > 0 ? noted : (d.status?.replicas ?? 0);
  const fraction =
    desired === 0 ? -size : Math.round((size * maximum) / Math.max(before, 1)) - size;
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}
