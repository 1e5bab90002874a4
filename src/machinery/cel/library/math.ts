import { bool, type CelType, double, dyn, int, listOf, uint } from "../types.ts";
import { CelError, type CelList, CelUint, type CelValue } from "../values.ts";
import { compare, int64, uint64 } from "./arithmetic.ts";
import { type CelLibrary, global, type Overload } from "./library.ts";
import { walking } from "./lists.ts";

/** Numbers: extremes, rounding, bits. */

type Named = readonly (readonly [string, Overload])[];

const numbers: readonly (readonly [string, CelType])[] = [
  ["int", int],
  ["uint", uint],
  ["double", double],
];

function extremes(name: string, isBetter: (order: number) => boolean): Named {
  const pick = (a: CelValue, b: CelValue) => (isBetter(compare(b, a)) ? b : a);
  const ofList = (list: CelList) => {
    if (list.size === 0) throw new CelError(`${name}() argument must not be empty`);
    return [...list].reduce(pick);
  };
  return [
    ...numbers.map(([id, type]) => [name, global(`${name}_${id}`, [type], type, (a: CelValue) => a)] as const),
    ...numbers.flatMap(([id, type]) =>
      numbers.map(([other, second]) => {
        const result = type === second ? type : dyn;
        return [name, global(`${name}_${id}_${other}`, [type, second], result, pick)] as const;
      }),
    ),
    ...numbers.map(([id, type]) => [name, global(`${name}_list_${id}`, [listOf(type)], type, ofList, walking)] as const),
  ]; // prettier-ignore
}

/** Half away from zero. */
function round(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value);
}

const rounding: Named = (
  [
    ["math.ceil", Math.ceil],
    ["math.floor", Math.floor],
    ["math.round", round],
    ["math.trunc", Math.trunc],
  ] as const
).map(([name, run]) => [name, global(`${name}_double`, [double], double, (a: number) => run(a))]);

function absolute(value: bigint): bigint {
  return int64(value < 0n ? -value : value);
}

function sign(value: bigint): bigint {
  if (value === 0n) return 0n;
  return value < 0n ? -1n : 1n;
}

const signs: Named = [
  ["math.abs", global("math_abs_double", [double], double, (a: number) => Math.abs(a))],
  ["math.abs", global("math_abs_int", [int], int, absolute)],
  ["math.abs", global("math_abs_uint", [uint], uint, (a: CelUint) => a)],
  ["math.sign", global("math_sign_double", [double], double, (a: number) => Math.sign(a))],
  ["math.sign", global("math_sign_int", [int], int, sign)],
  ["math.sign", global("math_sign_uint", [uint], uint, (a: CelUint) => new CelUint(sign(a.value)))],
  ["math.sqrt", global("math_sqrt_double", [double], double, (a: number) => Math.sqrt(a))],
  ["math.sqrt", global("math_sqrt_int", [int], double, (a: bigint) => Math.sqrt(Number(a)))],
  ["math.sqrt", global("math_sqrt_uint", [uint], double, (a: CelUint) => Math.sqrt(Number(a.value)))],
  ["math.isInf", global("math_isInf_double", [double], bool, (a: number) => Math.abs(a) === Infinity)],
  ["math.isNaN", global("math_isNaN_double", [double], bool, (a: number) => Number.isNaN(a))],
  ["math.isFinite", global("math_isFinite_double", [double], bool, (a: number) => Number.isFinite(a))],
]; // prettier-ignore

function signed(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function shift(by: bigint): bigint {
  if (by < 0n) throw new CelError("math.bitShift() negative offset");
  return by;
}

type Bits = (a: bigint, b: bigint) => bigint;

const bits: Named = (
  [
    ["math.bitAnd", (a: bigint, b: bigint) => a & b],
    ["math.bitOr", (a: bigint, b: bigint) => a | b],
    ["math.bitXor", (a: bigint, b: bigint) => a ^ b],
  ] as const
).flatMap(([name, run]: readonly [string, Bits]) => [
  [name, global(`${name}_int_int`, [int, int], int, run)] as const,
  [name, global(`${name}_uint_uint`, [uint, uint], uint, (a: CelUint, b: CelUint) => uint64(run(a.value, b.value)))] as const,
]); // prettier-ignore

/** Beyond 63 places nothing is left. */
const places = (by: bigint): bigint => (shift(by) > 64n ? 64n : by);
const left = (a: bigint, by: bigint) => a << places(by);
const right = (a: bigint, by: bigint) => BigInt.asUintN(64, a) >> places(by);

const shifts: Named = [
  ["math.bitNot", global("math_bitNot_int", [int], int, (a: bigint) => ~a)],
  ["math.bitNot", global("math_bitNot_uint", [uint], uint, (a: CelUint) => new CelUint(BigInt.asUintN(64, ~a.value)))],
  ["math.bitShiftLeft", global("math_bitShiftLeft_int_int", [int, int], int, (a: bigint, b: bigint) => signed(left(a, b)))],
  ["math.bitShiftLeft", global("math_bitShiftLeft_uint_int", [uint, int], uint, (a: CelUint, b: bigint) => new CelUint(BigInt.asUintN(64, left(a.value, b))))],
  ["math.bitShiftRight", global("math_bitShiftRight_int_int", [int, int], int, (a: bigint, b: bigint) => signed(right(a, b)))],
  ["math.bitShiftRight", global("math_bitShiftRight_uint_int", [uint, int], uint, (a: CelUint, b: bigint) => new CelUint(right(a.value, b)))],
]; // prettier-ignore

export const mathLibrary: CelLibrary = {
  functions: [
    ...extremes("math.@max", (order) => order > 0),
    ...extremes("math.@min", (order) => order < 0),
    ...rounding,
    ...signs,
    ...bits,
    ...shifts,
  ],
};
