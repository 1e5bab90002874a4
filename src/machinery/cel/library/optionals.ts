import { bool, type CelType, dyn, int, listOf, mapOf, optionalOf, param } from "../types.ts";
import {
  ArrayList, CelError, CelList, CelMap, CelOptional, type CelValue, type EntryMap, numeric,
} from "../values.ts"; // prettier-ignore
import { type CelLibrary, global, member, type Overload } from "./library.ts";

/** Values that may be missing, and maps that grow in loops. */

const t = param("T");
const k = param("K");
const maybe = optionalOf(t);

function isZero(value: CelValue): boolean {
  if (value === null || value === false || value === "") return true;
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0;
  if (value instanceof Uint8Array) return value.length === 0;
  const number = numeric(value);
  return number === 0n || number === 0;
}

function valueOf({ value }: CelOptional): CelValue {
  if (value === undefined) throw new CelError("optional.none() dereference");
  return value;
}

function unwrap(list: CelList): CelList {
  const present = [...list].flatMap((one) => {
    const { value } = one as CelOptional;
    return value === undefined ? [] : [value];
  });
  return new ArrayList(present);
}

function at(list: CelList, index: number): CelOptional {
  return list.size === 0 ? CelOptional.none : new CelOptional(list.at(index));
}

function insertAll(map: EntryMap, more: CelMap): EntryMap {
  let result = map;
  for (const key of more.keys()) result = result.with(key, more.get(key)!);
  return result;
}

/** Evaluated specially; declared so that types can be checked. */
const indexing: readonly (readonly [string, readonly CelType[], CelType])[] = [
  ["_[?_]", [listOf(t), int], maybe],
  ["_[?_]", [mapOf(k, t), k], maybe],
  ["_[?_]", [optionalOf(listOf(t)), int], maybe],
  ["_[?_]", [optionalOf(mapOf(k, t)), k], maybe],
  ["_[_]", [optionalOf(listOf(t)), int], maybe],
  ["_[_]", [optionalOf(mapOf(k, t)), k], maybe],
];

const functions: readonly (readonly [string, Overload])[] = [
  ["optional.of", global("optional_of", [t], maybe, (a: CelValue) => new CelOptional(a))],
  ["optional.ofNonZeroValue", global("optional_ofNonZeroValue", [t], maybe, (a: CelValue) => (isZero(a) ? CelOptional.none : new CelOptional(a)))],
  ["optional.none", global("optional_none", [], maybe, () => CelOptional.none)],
  ["optional.unwrap", global("optional_unwrap", [listOf(maybe)], listOf(t), unwrap)],
  ["unwrapOpt", member("optional_unwrapOpt", [listOf(maybe)], listOf(t), unwrap)],
  ["hasValue", member("optional_hasValue", [maybe], bool, ({ value }: CelOptional) => value !== undefined)],
  ["value", member("optional_value", [maybe], t, valueOf)],
  ["or", member("optional_or_optional", [maybe, maybe], maybe, (a: CelOptional, b: CelOptional) => (a.value === undefined ? b : a))],
  ["orValue", member("optional_orValue_value", [maybe, t], t, (a: CelOptional, b: CelValue) => a.value ?? b)],
  ["first", member("list_first", [listOf(t)], maybe, (list: CelList) => at(list, 0))],
  ["last", member("list_last", [listOf(t)], maybe, (list: CelList) => at(list, list.size - 1))],
  ...indexing.map(([name, params, result], i) => [name, global(`optional_index_${i}`, params, result, () => null)] as const),
  ["cel.@mapInsert", global("@mapInsert_map_key_value", [mapOf(k, t), k, t], mapOf(k, t), (map: EntryMap, key: CelValue, value: CelValue) => map.with(key, value))],
  ["cel.@mapInsertEntry", global("@mapInsert_map_map", [mapOf(k, t), mapOf(k, t)], mapOf(k, t), insertAll)],
]; // prettier-ignore

export const optionalLibrary: CelLibrary = {
  functions,
  typeNames: { optional_type: optionalOf(dyn) },
};
