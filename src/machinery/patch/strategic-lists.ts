import type { JsonObject, JsonValue } from "../schema/schema.ts";
import { equalJson, getOwn, isObject } from "./json-value.ts";

/**
 * How strategic merge patches order lists. Items that the patch names keep the patch's order, the
 * others keep the live order, and both are interleaved by the live order as far as it is known.
 */

/** The place of `item` in `list`: by its merge key, or by value where there is none. */
export function indexOf(list: readonly JsonValue[], item: JsonValue, mergeKey: string): number {
  if (mergeKey === "") return list.findIndex((other) => equalJson(other, item));
  if (!isObject(item)) return -1;
  const value = getOwn(item, mergeKey);
  return list.findIndex((other) => isObject(other) && equalJson(getOwn(other, mergeKey), value));
}

/** `merged` in the order that patch and live list ask for. */
export function orderMerged(
  merged: readonly JsonValue[],
  patchOrder: readonly JsonValue[],
  liveOrder: readonly JsonValue[],
  mergeKey: string,
): JsonValue[] {
  const named: JsonValue[] = [];
  const others: JsonValue[] = [];
  for (const item of merged) {
    (indexOf(patchOrder, item, mergeKey) >= 0 ? named : others).push(item);
  }
  const sortedNamed = sortBy(named, patchOrder, mergeKey);
  const sortedOthers = sortBy(others, liveOrder, mergeKey);
  return interleave(sortedOthers, sortedNamed, liveOrder, mergeKey);
}

function sortBy(
  items: readonly JsonValue[],
  order: readonly JsonValue[],
  mergeKey: string,
): JsonValue[] {
  return items
    .map((item) => ({ item, at: indexOf(order, item, mergeKey) }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ item }) => item);
}

function interleave(
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  liveOrder: readonly JsonValue[],
  mergeKey: string,
): JsonValue[] {
  const all: JsonValue[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const leftAt = indexOf(liveOrder, left[i] as JsonValue, mergeKey);
    const rightAt = indexOf(liveOrder, right[j] as JsonValue, mergeKey);
    const leftFirst = leftAt >= 0 && rightAt >= 0 && leftAt < rightAt;
    all.push((leftFirst ? left[i++] : right[j++]) as JsonValue);
  }
  return [...all, ...left.slice(i), ...right.slice(j)];
}

/** Whether the items of a patch's list come in the order that `$setElementOrder` gives. */
export function followsOrder(
  patch: readonly JsonValue[],
  order: readonly JsonValue[],
  mergeKey: string,
): boolean {
  if (patch.length === 0 || order.length === 0) return true;
  const kept = patch.filter((item) => !(isObject(item) && getOwn(item, "$patch") === "delete"));
  let at = 0;
  for (const item of order) {
    const next = kept[at];
    if (next === undefined) break;
    if (indexOf([next], item, mergeKey) === 0) at += 1;
  }
  return at >= kept.length;
}

/** Each value once, the first of equals kept. */
export function unique(values: readonly JsonValue[]): JsonValue[] {
  return values.filter((value, at) => indexOf(values, value, "") === at);
}

/** The items whose `key` is not `value`. */
export function without(items: readonly JsonValue[], key: string, value: JsonValue): JsonValue[] {
  return items.filter((item) => !(isObject(item) && equalJson(getOwn(item, key), value)));
}

/** A copy of `object` without `key`. */
export function omit(object: JsonObject, key: string): JsonObject {
  const { [key]: _gone, ...rest } = object;
  return rest;
}
