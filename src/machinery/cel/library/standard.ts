import {
  bool, bytes, type CelType, double, duration, dyn, int, listOf, mapOf, nullType, param, string,
  timestamp, typeOfType, uint,
} from "../types.ts"; // prettier-ignore
import {
  formatDuration, formatTimestamp, inRange, parseDuration, parseTimestamp, type TimeParts,
  timeParts,
} from "../time.ts"; // prettier-ignore
import {
  CelDuration, CelError, type CelList, type CelMap, CelTimestamp, CelTypeValue, CelUint,
  type CelValue, lengthOf, typeNameOf,
} from "../values.ts"; // prettier-ignore
import { int64, uint64 } from "./arithmetic.ts";
import {
  type CelLibrary, global, matching, member, type Overload, searching, traversal,
} from "./library.ts"; // prettier-ignore
import { pattern } from "./regex.ts";

/** The functions that the language itself has. */

type Named = readonly (readonly [string, Overload])[];

const t = param("T");
const sizeable: readonly (readonly [CelType, string, (value: never) => bigint])[] = [
  [string, "string", (text: string) => BigInt(lengthOf(text))],
  [bytes, "bytes", (data: Uint8Array) => BigInt(data.length)],
  [listOf(t), "list", (list: CelList) => BigInt(list.size)],
  [mapOf(param("K"), t), "map", (map: CelMap) => BigInt(map.size)],
];

const sizes: Named = sizeable.flatMap(([type, id, run]) => [
  ["size", global(`size_${id}`, [type], int, run)] as const,
  ["size", member(`${id}_size`, [type], int, run)] as const,
]);

const texts: Named = [
  ["contains", member("contains_string", [string, string], bool, (a: string, b: string) => a.includes(b), searching)],
  ["startsWith", member("starts_with_string", [string, string], bool, (a: string, b: string) => a.startsWith(b), traversal(1))],
  ["endsWith", member("ends_with_string", [string, string], bool, (a: string, b: string) => a.endsWith(b), traversal(1))],
  ["matches", member("matches_string", [string, string], bool, (a: string, b: string) => pattern(b).find(a), matching(false))],
  ["matches", global("matches", [string, string], bool, (a: string, b: string) => pattern(b).find(a), matching(false))],
]; // prettier-ignore

function intOf(value: number): bigint {
  if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) {
    throw new CelError("integer overflow");
  }
  return BigInt(Math.trunc(value));
}

function uintOf(value: number): CelUint {
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) {
    throw new CelError("unsigned integer overflow");
  }
  return new CelUint(BigInt(Math.trunc(value)));
}

function parseInteger(text: string): bigint {
  if (/^[+-]?\d{1,20}$/.test(text)) return int64(BigInt(text.replace(/^\+/, "")));
  throw new CelError(`type conversion error from 'string' to 'int'`);
}

function parseUnsigned(text: string): CelUint {
  if (/^\d{1,20}$/.test(text)) return uint64(BigInt(text));
  throw new CelError(`type conversion error from 'string' to 'uint'`);
}

function parseDouble(text: string): number {
  const special: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, infinity: Infinity }; // prettier-ignore
  const plain = text.toLowerCase().replace(/^[+-]/, "");
  const known = Object.hasOwn(special, plain) ? special[plain] : undefined;
  if (known !== undefined) return text.startsWith("-") ? -known : known;
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  throw new CelError(`type conversion error from 'string' to 'double'`);
}

function parseBool(text: string): boolean {
  if (["true", "True", "TRUE", "t", "1"].includes(text)) return true;
  if (["false", "False", "FALSE", "f", "0"].includes(text)) return false;
  throw new CelError(`type conversion error from 'string' to 'bool'`);
}

/** As Go prints the shortest form: `1e+06`, `0.5`, `1e-07`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return plainDecimal(value);
  const size = String(Math.abs(power)).padStart(2, "0");
  return `${mantissa}e${power < 0 ? "-" : "+"}${size}`;
}

function plainDecimal(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
}

function utf8(data: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    throw new CelError("invalid UTF-8 in bytes, cannot convert to string");
  }
}

function seconds(value: bigint): CelTimestamp {
  return new CelTimestamp(inRange(value * 1_000_000_000n));
}

const same = (value: CelValue): CelValue => value;
const toBytes = traversal(0, { size: ({ min, max }) => ({ min, max: max * 4 }) });
const toText = traversal(0, { size: ({ min, max }) => ({ min: Math.floor(min / 4), max }) });

const conversions: Named = [
  ["int", global("int64_to_int64", [int], int, same)],
  ["int", global("double_to_int64", [double], int, intOf)],
  ["int", global("string_to_int64", [string], int, parseInteger)],
  ["int", global("timestamp_to_int64", [timestamp], int, (a: CelTimestamp) => a.nanos / 1_000_000_000n)],
  ["int", global("uint64_to_int64", [uint], int, (a: CelUint) => int64(a.value))],
  ["uint", global("uint64_to_uint64", [uint], uint, same)],
  ["uint", global("double_to_uint64", [double], uint, uintOf)],
  ["uint", global("int64_to_uint64", [int], uint, (a: bigint) => uint64(a))],
  ["uint", global("string_to_uint64", [string], uint, parseUnsigned)],
  ["double", global("double_to_double", [double], double, same)],
  ["double", global("int64_to_double", [int], double, (a: bigint) => Number(a))],
  ["double", global("string_to_double", [string], double, parseDouble)],
  ["double", global("uint64_to_double", [uint], double, (a: CelUint) => Number(a.value))],
  ["bool", global("bool_to_bool", [bool], bool, same)],
  ["bool", global("string_to_bool", [string], bool, parseBool)],
  ["bytes", global("bytes_to_bytes", [bytes], bytes, same)],
  ["bytes", global("string_to_bytes", [string], bytes, (a: string) => Buffer.from(a), toBytes)],
  ["string", global("string_to_string", [string], string, same)],
  ["string", global("bool_to_string", [bool], string, (a: boolean) => String(a))],
  ["string", global("bytes_to_string", [bytes], string, utf8, toText)],
  ["string", global("double_to_string", [double], string, formatDouble)],
  ["string", global("int64_to_string", [int], string, (a: bigint) => String(a))],
  ["string", global("uint64_to_string", [uint], string, (a: CelUint) => String(a.value))],
  ["string", global("duration_to_string", [duration], string, (a: CelDuration) => formatDuration(a.nanos))],
  ["string", global("timestamp_to_string", [timestamp], string, (a: CelTimestamp) => formatTimestamp(a.nanos))],
  ["duration", global("duration_to_duration", [duration], duration, same)],
  ["duration", global("string_to_duration", [string], duration, (a: string) => new CelDuration(parseDuration(a)))],
  ["timestamp", global("timestamp_to_timestamp", [timestamp], timestamp, same)],
  ["timestamp", global("string_to_timestamp", [string], timestamp, (a: string) => new CelTimestamp(parseTimestamp(a)))],
  ["timestamp", global("int64_to_timestamp", [int], timestamp, seconds)],
  ["dyn", global("to_dyn", [t], dyn, same)],
  ["type", global("type", [t], typeOfType(t), (a: CelValue) => new CelTypeValue(typeNameOf(a)))],
]; // prettier-ignore

const timeGetters: readonly (readonly [string, (parts: TimeParts) => number])[] = [
  ["getFullYear", ({ year }) => year],
  ["getMonth", ({ month }) => month],
  ["getDayOfYear", ({ yearDay }) => yearDay],
  ["getDayOfMonth", ({ day }) => day - 1],
  ["getDate", ({ day }) => day],
  ["getDayOfWeek", ({ weekday }) => weekday],
  ["getHours", ({ hours }) => hours],
  ["getMinutes", ({ minutes }) => minutes],
  ["getSeconds", ({ seconds: value }) => value],
  ["getMilliseconds", ({ milliseconds }) => milliseconds],
];
const durationGetters: readonly (readonly [string, bigint, bigint | undefined])[] = [
  ["getHours", 3_600_000_000_000n, undefined],
  ["getMinutes", 60_000_000_000n, undefined],
  ["getSeconds", 1_000_000_000n, undefined],
  ["getMilliseconds", 1_000_000n, 1_000n],
];

const getters: Named = [
  ...timeGetters.flatMap(([name, read]) => {
    const at = (a: CelTimestamp, zone?: string) => BigInt(read(timeParts(a.nanos, zone)));
    return [
      [name, member(`timestamp_${name}`, [timestamp], int, at)] as const,
      [name, member(`timestamp_${name}_with_tz`, [timestamp, string], int, at)] as const,
    ];
  }),
  ...durationGetters.map(([name, unit, modulus]) => {
    const of = ({ nanos }: CelDuration) =>
      modulus === undefined ? nanos / unit : (nanos / unit) % modulus;
    return [name, member(`duration_${name}`, [duration], int, of)] as const;
  }),
];

export const standardLibrary: CelLibrary = {
  functions: [...sizes, ...texts, ...conversions, ...getters],
  typeNames: {
    bool,
    int,
    uint,
    double,
    string,
    bytes,
    list: listOf(dyn),
    map: mapOf(dyn, dyn),
    null_type: nullType,
    type: typeOfType(dyn),
    dyn,
    "google.protobuf.Duration": duration,
    "google.protobuf.Timestamp": timestamp,
  },
};
