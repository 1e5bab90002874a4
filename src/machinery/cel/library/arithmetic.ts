import {
  bool, bytes, type CelType, double, duration, dyn, int, listOf, mapOf, param, string,
  timestamp, uint,
} from "../types.ts"; // prettier-ignore
import { inRange } from "../time.ts";
import {
  CelDuration, CelError, type CelList, type CelMap, CelTimestamp, CelUint, type CelValue, equal,
} from "../values.ts"; // prettier-ignore
import {
  type CelLibrary,
  comparing,
  type CostModel,
  flat,
  global,
  joining,
  type Overload,
  traversal,
} from "./library.ts";

/** Operators: arithmetic, comparison, membership. */

const int64Max = 2n ** 63n - 1n;
const int64Min = -(2n ** 63n);

/** Throws CelError beyond 64 bits. */
export function int64(value: bigint): bigint {
  if (value >= int64Min && value <= int64Max) return value;
  throw new CelError("integer overflow");
}

/** Throws CelError beyond 64 bits. */
export function uint64(value: bigint): CelUint {
  if (value >= 0n && value < 2n ** 64n) return new CelUint(value);
  throw new CelError("unsigned integer overflow");
}

function span(nanos: bigint): CelDuration {
  if (nanos >= int64Min && nanos <= int64Max) return new CelDuration(nanos);
  throw new CelError("duration overflow");
}

function moment(nanos: bigint): CelTimestamp {
  return new CelTimestamp(inRange(nanos));
}

function nonZero(divisor: bigint, what: string): bigint {
  if (divisor === 0n) throw new CelError(`${what} by zero`);
  return divisor;
}

type Named = readonly (readonly [string, Overload])[];

const t = param("T");

const additions: Named = (
  [
    ["add_int64", int, int, int, (a: bigint, b: bigint) => int64(a + b)],
    ["add_uint64", uint, uint, uint, (a: CelUint, b: CelUint) => uint64(a.value + b.value)],
    ["add_double", double, double, double, (a: number, b: number) => a + b],
    ["add_string", string, string, string, (a: string, b: string) => a + b, joining],
    ["add_bytes", bytes, bytes, bytes, (a: Uint8Array, b: Uint8Array) => Buffer.concat([a, b]), joining],
    ["add_list", listOf(t), listOf(t), listOf(t), (a: CelList, b: CelList) => a.concat(b), joinedLists()],
    ["add_duration_duration", duration, duration, duration, (a: CelDuration, b: CelDuration) => span(a.nanos + b.nanos)],
    ["add_duration_timestamp", duration, timestamp, timestamp, (a: CelDuration, b: CelTimestamp) => moment(a.nanos + b.nanos)],
    ["add_timestamp_duration", timestamp, duration, timestamp, (a: CelTimestamp, b: CelDuration) => moment(a.nanos + b.nanos)],
  ] as const
).map(([id, a, b, result, run, cost]) => ["_+_", global(id, [a, b], result, run, cost)]); // prettier-ignore

/** Lists are joined at once, whatever their length; only the size of the result matters. */
function joinedLists(): CostModel {
  return {
    actual: () => 1,
    estimate: (args) => ({ ...joining.estimate(args), cost: { min: 1, max: 1 } }),
  };
}

const subtractions: Named = (
  [
    ["subtract_int64", int, int, int, (a: bigint, b: bigint) => int64(a - b)],
    ["subtract_uint64", uint, uint, uint, (a: CelUint, b: CelUint) => uint64(a.value - b.value)],
    ["subtract_double", double, double, double, (a: number, b: number) => a - b],
    ["subtract_duration_duration", duration, duration, duration, (a: CelDuration, b: CelDuration) => span(a.nanos - b.nanos)],
    ["subtract_timestamp_timestamp", timestamp, timestamp, duration, (a: CelTimestamp, b: CelTimestamp) => span(a.nanos - b.nanos)],
    ["subtract_timestamp_duration", timestamp, duration, timestamp, (a: CelTimestamp, b: CelDuration) => moment(a.nanos - b.nanos)],
  ] as const
).map(([id, a, b, result, run]) => ["_-_", global(id, [a, b], result, run)]); // prettier-ignore

const products: Named = [
  ["_*_", global("multiply_int64", [int, int], int, (a: bigint, b: bigint) => int64(a * b))],
  ["_*_", global("multiply_uint64", [uint, uint], uint, (a: CelUint, b: CelUint) => uint64(a.value * b.value))],
  ["_*_", global("multiply_double", [double, double], double, (a: number, b: number) => a * b)],
  ["_/_", global("divide_int64", [int, int], int, (a: bigint, b: bigint) => int64(a / nonZero(b, "division")))],
  ["_/_", global("divide_uint64", [uint, uint], uint, (a: CelUint, b: CelUint) => uint64(a.value / nonZero(b.value, "division")))],
  ["_/_", global("divide_double", [double, double], double, (a: number, b: number) => a / b)],
  ["_%_", global("modulo_int64", [int, int], int, (a: bigint, b: bigint) => a % nonZero(b, "modulus"))],
  ["_%_", global("modulo_uint64", [uint, uint], uint, (a: CelUint, b: CelUint) => uint64(a.value % nonZero(b.value, "modulus")))],
  ["-_", global("negate_int64", [int], int, (a: bigint) => int64(-a))],
  ["-_", global("negate_double", [double], double, (a: number) => -a)],
  ["!_", global("logical_not", [bool], bool, (a: boolean) => !a)],
]; // prettier-ignore

/** Negative, zero or positive; NaN for what is not ordered. */
export function compare(a: CelValue, b: CelValue): number {
  const [x, y] = [ordinal(a), ordinal(b)];
  if (x instanceof Uint8Array && y instanceof Uint8Array) return Buffer.compare(x, y);
  if (x < y) return -1;
  if (x > y) return 1;
  // oxlint-disable-next-line eqeqeq -- exactly what is wanted between bigint and number
  return x == y ? 0 : Number.NaN;
}

function ordinal(value: CelValue): bigint | number | string | boolean | Uint8Array {
  if (value instanceof CelUint) return value.value;
  if (value instanceof CelDuration || value instanceof CelTimestamp) return value.nanos;
  return value as bigint | number | string | boolean | Uint8Array;
}

const ordered: readonly (readonly [CelType, CelType, string, CostModel])[] = [
  [bool, bool, "bool", flat(1)],
  [int, int, "int64", flat(1)],
  [uint, uint, "uint64", flat(1)],
  [double, double, "double", flat(1)],
  [string, string, "string", comparing],
  [bytes, bytes, "bytes", comparing],
  [timestamp, timestamp, "timestamp", flat(1)],
  [duration, duration, "duration", flat(1)],
  [int, uint, "int64_uint64", flat(1)],
  [int, double, "int64_double", flat(1)],
  [uint, int, "uint64_int64", flat(1)],
  [uint, double, "uint64_double", flat(1)],
  [double, int, "double_int64", flat(1)],
  [double, uint, "double_uint64", flat(1)],
];

const comparisons: Named = (
  [
    ["_<_", "less", (order: number) => order < 0],
    ["_<=_", "less_equals", (order: number) => order <= 0],
    ["_>_", "greater", (order: number) => order > 0],
    ["_>=_", "greater_equals", (order: number) => order >= 0],
  ] as const
).flatMap(([name, id, holds]) =>
  ordered.map(([a, b, suffix, cost]) => {
    const run = (x: CelValue, y: CelValue) => holds(compare(x, y));
    return [name, global(`${id}_${suffix}`, [a, b], bool, run, cost)] as const;
  }),
);

function isIn(value: CelValue, list: CelList): boolean {
  for (const item of list) if (equal(item, value)) return true;
  return false;
}

const equality: Named = [
  ["_==_", global("equals", [t, t], bool, equal, comparing)],
  ["_!=_", global("not_equals", [t, t], bool, (a: CelValue, b: CelValue) => !equal(a, b), comparing)],
  ["@in", global("in_list", [t, listOf(t)], bool, isIn, traversal(1, { factor: 1 }))],
  ["@in", global("in_map", [t, mapOf(t, dyn)], bool, (key: CelValue, map: CelMap) => map.get(key) !== undefined)],
]; // prettier-ignore

/** For checking only: evaluation treats these in its own way. */
const special: Named = [
  ["_&&_", global("logical_and", [bool, bool], bool, () => false)],
  ["_||_", global("logical_or", [bool, bool], bool, () => false)],
  ["_?_:_", global("conditional", [bool, t, t], t, () => false)],
  ["@not_strictly_false", global("not_strictly_false", [bool], bool, () => false)],
  ["_[_]", global("index_list", [listOf(t), int], t, () => false)],
  ["_[_]", global("index_map", [mapOf(param("K"), t), param("K")], t, () => false)],
];

export const operatorLibrary: CelLibrary = {
  functions: [
    ...additions, ...subtractions, ...products, ...comparisons, ...equality, ...special,
  ], // prettier-ignore
};
