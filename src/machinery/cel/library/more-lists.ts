import {
  type CelType,
  bool,
  bytes,
  double,
  duration,
  int,
  listOf,
  param,
  string,
  timestamp,
  uint,
  dyn,
} from "../types.ts";
import {
  ArrayList,
  CelCostError,
  CelError,
  CelList,
  type CelValue,
  equal,
  typeNameOf,
} from "../values.ts";
import { compare } from "./arithmetic.ts";
import {
  type CelLibrary,
  type CostModel,
  costFactors,
  global,
  member,
  type Overload,
  product,
  traversal,
} from "./library.ts";

/** What `ext.Lists` adds: parts, orders and shapes of lists. */

const t = param("T");
const list = listOf(t);

function slice(items: CelList, from: bigint, to: bigint): CelList {
  const [start, end] = [Number(from), Number(to)];
  if (start < 0 || end < 0) {
    throw new CelError(`cannot slice(${start}, ${end}), negative indexes not supported`);
  }
  if (start > end) {
    throw new CelError(
      `cannot slice(${start}, ${end}), start index must be less than or equal to end index`,
    );
  }
  if (end > items.size)
    throw new CelError(`cannot slice(${start}, ${end}), list is length ${items.size}`);
  return new ArrayList([...items].slice(start, end));
}

function flatten(items: CelList, depth = 1n): CelList {
  if (depth < 0n) throw new CelError("level must be non-negative");
  const flat: CelValue[] = [];
  const visit = (inner: CelList, left: bigint): void => {
    for (const item of inner) {
      if (item instanceof CelList && left > 0n) visit(item, left - 1n);
      else flat.push(item);
    }
  };
  visit(items, depth);
  return new ArrayList(flat);
}

function reverse(items: CelList): CelList {
  return new ArrayList([...items].toReversed());
}

const rangeMax = 1_000_000n;

function range(count: bigint): CelList {
  if (count > rangeMax) throw new CelCostError("operation cancelled: actual cost limit exceeded");
  return new ArrayList(Array.from({ length: Math.max(Number(count), 0) }, (_, i) => BigInt(i)));
}

/** Of equal items the first stays. Texts and numbers are told apart at once, others one by one. */
function distinct(items: CelList): CelList {
  const seen = new Set<string | bigint | number | boolean>();
  const others: CelValue[] = [];
  const kept: CelValue[] = [];
  for (const item of items) {
    if (typeof item === "string" || typeof item === "boolean" || typeof item === "bigint") {
      if (seen.has(item)) continue;
      seen.add(item);
    } else {
      if (others.some((other) => equal(other, item))) continue;
      others.push(item);
    }
    kept.push(item);
  }
  return new ArrayList(kept);
}

function sort(items: CelList): CelList {
  return sortByKeys(items, items);
}

function sortByKeys(items: CelList, keys: CelList): CelList {
  const all = [...items].map((item, i) => ({ item, key: keys.at(i) }));
  const [first] = all;
  const wrong = all.find(({ key }) => typeNameOf(key) !== typeNameOf(first!.key));
  if (wrong) throw new CelError("list elements must have the same type");
  return new ArrayList(all.toSorted((a, b) => compare(a.key, b.key)).map(({ item }) => item));
}

const walking = traversal(0, { factor: 1, size: (size) => size });

/** Everything may be compared with everything. */
const comparingAll: CostModel = {
  actual: ([items]) => {
    const all = items as CelList;
    const isPlain = all.size > 0 && ["string", "bigint", "boolean"].includes(typeof all.at(0));
    return isPlain ? all.size : all.size * all.size;
  },
  estimate: ([items]) => ({
    cost: product(items!.size, items!.size),
    size: { min: 0, max: items!.size.max },
  }),
};

const growing: CostModel = {
  actual: ([items]) => Math.ceil((items as CelList).size * costFactors.traversal) + 1,
  resulting: (result) => (result as CelList).size,
  estimate: ([items]) => ({
    cost: { min: 1, max: items!.size.max },
    size: { min: 0, max: Infinity },
  }),
};

const counting: CostModel = {
  actual: ([count]) => Math.min(Number(count), Number(rangeMax)),
  estimate: ([count]) => {
    const known = typeof count!.literal === "bigint" ? Number(count!.literal) : Infinity;
    return { cost: { min: 1, max: known }, size: { min: 0, max: known } };
  },
};

const comparable: readonly (readonly [string, CelType])[] = [
  ["int", int], ["uint", uint], ["double", double], ["bool", bool], ["duration", duration],
  ["timestamp", timestamp], ["string", string], ["bytes", bytes],
]; // prettier-ignore

const functions: readonly (readonly [string, Overload])[] = [
  ["slice", member("list_slice", [list, int, int], list, slice, walking)],
  ["flatten", member("list_flatten", [listOf(listOf(t))], list, flatten, growing)],
  ["flatten", member("list_flatten_int", [listOf(dyn), int], listOf(dyn), flatten, growing)],
  ["reverse", member("list_reverse", [list], list, reverse, walking)],
  ["distinct", member("list_distinct", [list], list, distinct, comparingAll)],
  ["lists.range", global("lists_range", [int], listOf(int), range, counting)],
  ...comparable.map(([id, type]) => ["sort", member(`list_${id}_sort`, [listOf(type)], listOf(type), sort, walking)] as const),
  ...comparable.map(([id, type]) => ["@sortByAssociatedKeys", member(`list_${id}_sortByAssociatedKeys`, [list, listOf(type)], list, sortByKeys, walking)] as const),
]; // prettier-ignore

export const moreListLibrary: CelLibrary = { functions };
