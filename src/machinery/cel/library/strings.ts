import { dyn, int, listOf, string } from "../types.ts";
import { formatDuration, formatTimestamp } from "../time.ts";
import {
  ArrayList, CelDuration, CelError, CelList, CelMap, CelTimestamp, CelTypeValue, CelUint, type CelValue,
  lengthOf, numeric, typeNameOf,
} from "../values.ts"; // prettier-ignore
import {
  type CelLibrary, type CostModel, costFactors, flat, global, member, type Overload, product, type Range,
  scaled, sum, traversal,
} from "./library.ts"; // prettier-ignore
import { formatDouble } from "./standard.ts";

/** The extended text functions. Positions count characters, not UTF-16 units. */

function chars(text: string): string[] {
  return Array.from(text);
}

function checkRange(index: number, size: number): number {
  if (index >= 0 && index <= size) return index;
  throw new CelError(`index out of range: ${index}`);
}

function charAt(text: string, index: bigint): string {
  const all = chars(text);
  return all[checkRange(Number(index), all.length)] ?? "";
}

/** Where a number of characters end, in UTF-16 units. */
function unitsOf(text: string, characters: number): number {
  let at = 0;
  for (let i = 0; i < characters; i++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}

function found(text: string, at: number): bigint {
  return at < 0 ? -1n : BigInt(lengthOf(text.slice(0, at)));
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const start = unitsOf(text, checkRange(Number(from), lengthOf(text)));
  return found(text, text.indexOf(part, start));
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const size = lengthOf(text);
  const start = from === undefined ? size : checkRange(Number(from), size);
  return found(text, text.lastIndexOf(part, unitsOf(text, start)));
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = chars(text);
  const start = checkRange(Number(from), all.length);
  const end = to === undefined ? all.length : checkRange(Number(to), all.length);
  if (start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  return all.slice(start, end).join("");
}

function replace(text: string, part: string, by: string, count = -1n): string {
  return replaceFirst(text, part, by, count < 0n ? Infinity : Number(count));
}

/** The empty text is before, between and after all characters. */
function replaceFirst(text: string, part: string, by: string, count: number): string {
  if (part === "") {
    const all = chars(text);
    const places = Math.min(count, all.length + 1);
    return (
      all.map((char, i) => (i < places ? by + char : char)).join("") +
      (places > all.length ? by : "")
    );
  }
  let result = "";
  let at = 0;
  for (let done = 0; done < count; done++) {
    const next = text.indexOf(part, at);
    if (next < 0) break;
    result += text.slice(at, next) + by;
    at = next + part.length;
  }
  return result + text.slice(at);
}

function split(text: string, separator: string, limit = -1n): ArrayList {
  const count = Number(limit);
  if (count === 0) return new ArrayList([]);
  const parts = separator === "" ? chars(text) : text.split(separator);
  if (count < 0 || parts.length <= count) return new ArrayList(parts);
  const head = parts.slice(0, count - 1);
  return new ArrayList([...head, parts.slice(count - 1).join(separator)]);
}

function join(list: CelList, separator = ""): string {
  return [...list].map((item) => item as string).join(separator);
}

/** A text in double quotes, with everything escaped that could not stand in a literal. */
function quote(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\u0007": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
    "\v": "\\v", "\\": "\\\\", '"': '\\"',
  }; // prettier-ignore
  return `"${Array.from(text.toWellFormed(), (char) => escapes[char] ?? char).join("")}"`;
}

const precisionMax = 100;

/** `%s %d %f %e %b %o %x %X` with an optional precision, over a list of values. */
function format(text: string, args: CelList): string {
  let used = 0;
  const next = (): CelValue => {
    if (used < args.size) return args.at(used++);
    throw new CelError(`index ${used} out of range`);
  };
  return text.replace(
    /%(?:%|\.(\d+)([a-zA-Z])|([a-zA-Z])?)/g,
    (clause, digits?: string, a?: string, b?: string) => {
      if (clause === "%%") return "%";
      const verb = a ?? b;
      if (verb === undefined)
        throw new CelError("could not parse formatting clause: unexpected end of string");
      const precision = digits === undefined ? 6 : Number(digits);
      if (precision > precisionMax) throw new CelError(`precision ${precision} is too large`);
      return formatOne(verb, precision, next());
    },
  );
}

function formatOne(verb: string, precision: number, value: CelValue): string {
  const number = numeric(value);
  switch (verb) {
    case "s":
      return shown(value);
    case "d":
      if (typeof number === "bigint") return String(number);
      if (number !== undefined && !Number.isFinite(number)) return infinite(number);
      break;
    case "f":
    case "e": {
      if (number === undefined) break;
      const double = Number(number);
      if (!Number.isFinite(double)) return infinite(double);
      if (verb === "f") return double.toFixed(precision);
      return double.toExponential(precision).replace(/e([+-])(\d)$/, "e$10$2");
    }
    case "b":
      if (typeof value === "boolean") return value ? "1" : "0";
      if (typeof number === "bigint") return number.toString(2);
      break;
    case "o":
      if (typeof number === "bigint") return number.toString(8);
      break;
    case "x":
    case "X": {
      const hex = hexadecimal(value, number);
      if (hex !== undefined) return verb === "x" ? hex : hex.toUpperCase();
      break;
    }
    default:
      throw new CelError(
        `could not parse formatting clause: unrecognized formatting clause "${verb}"`,
      );
  }
  throw new CelError(
    `error during formatting: %${verb} clause cannot be used on ${typeNameOf(value)}`,
  );
}

function hexadecimal(value: CelValue, number: bigint | number | undefined): string | undefined {
  if (typeof number === "bigint") return number.toString(16);
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : undefined;
}

function infinite(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
}

function shown(value: CelValue): string {
  if (typeof value === "string") return value;
  if (value === null) return "null";
  if (typeof value === "number")
    return Number.isFinite(value) ? formatDouble(value) : infinite(value);
  if (typeof value !== "object") return String(value);
  if (value instanceof CelUint) return String(value.value);
  if (value instanceof CelDuration) return formatDuration(value.nanos);
  if (value instanceof CelTimestamp) return formatTimestamp(value.nanos);
  if (value instanceof CelTypeValue) return value.typeName;
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof CelList) return `[${[...value].map(shown).join(", ")}]`;
  if (value instanceof CelMap) {
    const pairs = [...value.keys()].map((key) => `${shown(key)}: ${shown(value.get(key)!)}`);
    return `{${pairs.toSorted().join(", ")}}`;
  }
  throw new CelError(
    `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}

const keepsSize = traversal(0, { size: (size) => size });

const replacing: CostModel = {
  actual: ([text]) => Math.ceil(lengthOf(text as string) * 2 * costFactors.traversal),
  estimate([text, part, by]) {
    const size = sum(
      product(replacements(text!.size, part!.size, by!.size), by!.size),
      kept(text!.size, part!.size, by!.size),
    );
    return { cost: scaled(text!.size, 2 * costFactors.traversal), size };
  },
};

/** How often something can be replaced at least and at most, as far as it changes the length. */
function replacements(text: Range, part: Range, by: Range): Range {
  let max = part.min === 0 ? text.max + 1 : 0;
  if (part.min > 0 && by.max > part.min) max = Math.ceil(text.max / part.min);
  let min = part.max === 0 ? text.min + 1 : 0;
  if (part.max > 0 && part.max > by.min) min = Math.ceil(text.min / part.max);
  return { min, max };
}

function kept(text: Range, part: Range, by: Range): Range {
  const max = part.min === 0 || by.max <= part.min ? text.max : 0;
  const min = part.max === 0 || part.max <= by.min ? text.min : 0;
  return { min, max };
}

const splitting = traversal(0, {
  factor: 2 * costFactors.traversal,
  size: ({ max }) => ({ min: 0, max }),
});

const joiningLists: CostModel = {
  actual: ([list]) => (list as CelList).size,
  resulting: (result) => Math.ceil(lengthOf(result as string) * 2 * costFactors.traversal),
  estimate([list, separator]) {
    let size = product(list!.size, list!.itemSize ?? { min: 0, max: Infinity });
    if (separator) {
      const between = (count: number) => Math.max(count - 1, 0);
      const gaps = { min: between(list!.size.min), max: between(list!.size.max) };
      size = sum(size, product(separator.size, gaps));
    }
    return { cost: scaled(size, costFactors.traversal), size };
  },
};

const formatting: CostModel = {
  actual: ([text]) => Math.ceil(lengthOf(text as string) * costFactors.traversal),
  estimate: ([text]) => ({ cost: scaled(text!.size, costFactors.traversal) }),
};

const quoting = traversal(0, { size: ({ min, max }) => ({ min: min + 2, max: max * 2 + 2 }) });

const functions: readonly (readonly [string, Overload])[] = [
  ["charAt", member("string_char_at_int", [string, int], string, charAt, flat(1, { min: 0, max: 1 }))],
  ["indexOf", member("string_index_of_string", [string, string], int, indexOf, traversal(0))],
  ["indexOf", member("string_index_of_string_int", [string, string, int], int, indexOf, traversal(0))],
  ["lastIndexOf", member("string_last_index_of_string", [string, string], int, lastIndexOf, traversal(0))],
  ["lastIndexOf", member("string_last_index_of_string_int", [string, string, int], int, lastIndexOf, traversal(0))],
  ["lowerAscii", member("string_lower_ascii", [string], string, (a: string) => a.replace(/[A-Z]+/g, (x) => x.toLowerCase()), keepsSize)],
  ["upperAscii", member("string_upper_ascii", [string], string, (a: string) => a.replace(/[a-z]+/g, (x) => x.toUpperCase()), keepsSize)],
  ["replace", member("string_replace_string_string", [string, string, string], string, replace, replacing)],
  ["replace", member("string_replace_string_string_int", [string, string, string, int], string, replace, replacing)],
  ["split", member("string_split_string", [string, string], listOf(string), split, splitting)],
  ["split", member("string_split_string_int", [string, string, int], listOf(string), split, splitting)],
  ["substring", member("string_substring_int", [string, int], string, substring, keepsSize)],
  ["substring", member("string_substring_int_int", [string, int, int], string, substring, keepsSize)],
  ["trim", member("string_trim", [string], string, (a: string) => a.trim(), keepsSize)],
  ["join", member("list_join", [listOf(string)], string, join, joiningLists)],
  ["join", member("list_join_string", [listOf(string), string], string, join, joiningLists)],
  ["format", member("string_format", [string, listOf(dyn)], string, format, formatting)],
  ["strings.quote", global("strings_quote", [string], string, quote, quoting)],
]; // prettier-ignore

export const stringLibrary: CelLibrary = { functions };
