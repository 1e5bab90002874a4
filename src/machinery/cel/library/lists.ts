import {
  bool, bytes, type CelType, double, duration, int, listOf, param, string, timestamp, uint,
} from "../types.ts"; // prettier-ignore
import {
  CelDuration, CelError, CelList, CelMap, CelUint, type CelValue, costSize, equal,
} from "../values.ts"; // prettier-ignore
import { compare, int64, uint64 } from "./arithmetic.ts";
import {
  type CallEstimate, type CelLibrary, type CostModel, costFactors, fixed, member, type Overload,
  product, scaled, sum,
} from "./library.ts"; // prettier-ignore

/** Kubernetes' list functions. https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library */

/** Looking at everything once, texts to their last character. */
export const walking: CostModel = {
  actual: ([list]) => walk(list!),
  estimate([list]): CallEstimate {
    const texts = list!.itemSize ? scaled(list!.itemSize, costFactors.traversal) : fixed(0);
    return { cost: product(list!.size, sum(fixed(1), texts)) };
  },
};

function walk(value: CelValue): number {
  if (typeof value === "string" || value instanceof Uint8Array) {
    return Math.floor(costSize(value) * costFactors.traversal);
  }
  let cost = 0;
  if (value instanceof CelList) for (const item of value) cost += walk(item);
  else if (value instanceof CelMap) {
    for (const key of value.keys()) cost += walk(key) + walk(value.get(key)!);
  } else cost = 1;
  return cost;
}

function isSorted(list: CelList): boolean {
  for (let i = 1; i < list.size; i++) if (compare(list.at(i - 1), list.at(i)) > 0) return false;
  return true;
}

function extreme(name: string, isBetter: (order: number) => boolean): (list: CelList) => CelValue {
  return (list) => {
    let best: CelValue | undefined;
    for (const item of list) {
      if (best === undefined || isBetter(compare(item, best))) best = item;
    }
    if (best === undefined) throw new CelError(`${name} called on empty list`);
    return best;
  };
}

function total(zero: CelValue): (list: CelList) => CelValue {
  return (list) => {
    let result = zero;
    for (const item of list) result = plus(result, item);
    return result;
  };
}

function plus(a: CelValue, b: CelValue): CelValue {
  if (typeof a === "bigint") return int64(a + (b as bigint));
  if (typeof a === "number") return a + (b as number);
  if (a instanceof CelUint) return uint64(a.value + (b as CelUint).value);
  return new CelDuration((a as CelDuration).nanos + (b as CelDuration).nanos);
}

function indexOf(list: CelList, wanted: CelValue): bigint {
  for (let i = 0; i < list.size; i++) if (equal(list.at(i), wanted)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: CelList, wanted: CelValue): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (equal(list.at(i), wanted)) return BigInt(i);
  return -1n;
}

const comparable: readonly (readonly [string, CelType])[] = [
  ["int", int], ["uint", uint], ["double", double], ["bool", bool], ["duration", duration],
  ["timestamp", timestamp], ["string", string], ["bytes", bytes],
]; // prettier-ignore
const summable: readonly (readonly [string, CelType, CelValue])[] = [
  ["int", int, 0n],
  ["uint", uint, new CelUint(0n)],
  ["double", double, 0],
  ["duration", duration, new CelDuration(0n)],
];

type Named = readonly (readonly [string, Overload])[];

const t = param("T");
const smallest = extreme("min", (order) => order < 0);
const largest = extreme("max", (order) => order > 0);

const overloads: Named = [
  ...comparable.flatMap(([id, type]) => [
    ["isSorted", member(`list_${id}_is_sorted_bool`, [listOf(type)], bool, isSorted, walking)] as const,
    ["min", member(`list_${id}_min_self`, [listOf(type)], type, smallest, walking)] as const,
    ["max", member(`list_${id}_max_self`, [listOf(type)], type, largest, walking)] as const,
  ]),
  ...summable.map(
    ([id, type, zero]) =>
      ["sum", member(`list_${id}_sum_${id}`, [listOf(type)], type, total(zero), walking)] as const,
  ),
  ["indexOf", member("list_a_index_of_int", [listOf(t), t], int, indexOf, walking)],
  ["lastIndexOf", member("list_a_last_index_of_int", [listOf(t), t], int, lastIndexOf, walking)],
]; // prettier-ignore

export const listLibrary: CelLibrary = { functions: overloads };
