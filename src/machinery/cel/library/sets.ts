import { bool, listOf, param } from "../types.ts";
import { type CelList, costSize, equal } from "../values.ts";
import { type CelLibrary, type CostModel, fixed, global, product, scaled, sum } from "./library.ts";

/** Lists as sets: everything is compared with everything. */

const comparingAll: CostModel = {
  actual: ([a, b]) => costSize(a!) * costSize(b!) + 1,
  estimate: ([a, b]) => ({ cost: sum(product(a!.size, b!.size), fixed(1)) }),
};
const comparingBothWays: CostModel = {
  actual: ([a, b]) => 2 * costSize(a!) * costSize(b!) + 1,
  estimate: ([a, b]) => ({ cost: sum(scaled(product(a!.size, b!.size), 2), fixed(1)) }),
};

function contains(list: CelList, part: CelList): boolean {
  return [...part].every((one) => [...list].some((other) => equal(one, other)));
}

function intersects(a: CelList, b: CelList): boolean {
  return [...a].some((one) => [...b].some((other) => equal(one, other)));
}

function equivalent(a: CelList, b: CelList): boolean {
  return contains(a, b) && contains(b, a);
}

const lists = [listOf(param("T")), listOf(param("T"))];

export const setLibrary: CelLibrary = {
  functions: [
    ["sets.contains", global("list_sets_contains_list", lists, bool, contains, comparingAll)],
    ["sets.intersects", global("list_sets_intersects_list", lists, bool, intersects, comparingAll)],
    ["sets.equivalent", global("list_sets_equivalent_list", lists, bool, equivalent, comparingBothWays)],
  ], // prettier-ignore
};
