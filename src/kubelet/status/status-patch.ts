/** The smallest strategic merge patch that turns one pod status into another. Pure. */
import type { PodCondition, PodStatus } from "#apis/core/pod-status.ts";
import { kubeletConditions } from "./conditions.ts";

type Fields = Record<string, unknown>;

/**
 * The patch of `status`, or undefined when nothing that the kubelet owns differs. Conditions of
 * others are left alone, whatever they are by the time the patch arrives.
 */
export function statusPatch(old: PodStatus, next: PodStatus): Fields | undefined {
  const patch: Fields = {};
  const names = new Set([...Object.keys(old), ...Object.keys(next)]);
  for (const name of names) {
    if (foreign.has(name)) continue;
    const change =
      name === "conditions"
        ? conditionChanges(old.conditions ?? [], next.conditions ?? [])
        : name === "podIPs" || name === "hostIPs"
          ? addressChanges(old[name] ?? [], next[name] ?? [])
          : valueChange((old as Fields)[name], (next as Fields)[name]);
    if (change !== undefined) patch[name] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Parts of the status that others write. */
const foreign: ReadonlySet<string> = new Set([
  "nominatedNodeName",
  "resourceClaimStatuses",
  "extendedResourceClaimStatus",
  "nodeAllocatableResourceClaimStatuses",
]);

/** Undefined: the same. Null: to be removed. */
function valueChange(old: unknown, next: unknown): unknown {
  if (next === undefined) return old === undefined ? undefined : null;
  if (same(old, next)) return undefined;
  if (!isMap(old) || !isMap(next)) return next;
  const change: Fields = {};
  for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
    const inner = valueChange(old[key], next[key]);
    if (inner !== undefined) change[key] = inner;
  }
  return change;
}

function conditionChanges(
  old: readonly PodCondition[],
  next: readonly PodCondition[],
): unknown[] | undefined {
  const changes: unknown[] = [];
  const mine = next.filter(({ type }) => kubeletConditions.has(type) || isDisruption(type));
  for (const condition of mine) {
    const before = old.find(({ type }) => type === condition.type);
    const change = valueChange(before, condition) as Fields | undefined;
    if (change !== undefined) changes.push({ ...change, type: condition.type });
  }
  for (const { type } of old) {
    if (kubeletConditions.has(type) && !mine.some((condition) => condition.type === type)) {
      changes.push({ type, $patch: "delete" });
    }
  }
  return changes.length === 0 ? undefined : changes;
}

function isDisruption(type: string): boolean {
  return type === "DisruptionTarget";
}

function addressChanges(
  old: readonly { ip: string }[],
  next: readonly { ip: string }[],
): unknown[] | undefined {
  const added = next.filter(({ ip }) => !old.some((before) => before.ip === ip));
  const gone = old.filter(({ ip }) => !next.some((after) => after.ip === ip));
  if (added.length === 0 && gone.length === 0) return undefined;
  return [...gone.map(({ ip }) => ({ ip, $patch: "delete" })), ...added];
}

function isMap(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Deep equality of JSON values; absent and undefined are the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index]));
  }
  if (!isMap(a) || !isMap(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!same(a[key], b[key])) return false;
  return true;
}
