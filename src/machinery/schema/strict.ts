import { limits } from "./limits.ts";
import { fieldOf, type FieldSchema, type ObjectSchema } from "./schema.ts";

/**
 * What `fieldValidation=Strict` and `Warn` complain about: fields that the type does not have, and
 * keys that come twice. Slower than decoding, so only called when asked for.
 */

/** `unknown field "spec.foo"` for every field that the type does not have; at most 100. */
export function unknownFields(schema: ObjectSchema, value: unknown): string[] {
  if (schema.codec) return schema.codec.unknownFields(value).slice(0, limits.strictErrorsMax);
  const found: string[] = [];
  inStruct(schema, value, "", found);
  return found.slice(0, limits.strictErrorsMax);
}

function inStruct(schema: ObjectSchema, value: unknown, at: string, found: string[]): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (found.length >= limits.strictErrorsMax) return;
    const field = fieldOf(schema, name);
    const place = at === "" ? name : `${at}.${name}`;
    if (field) inField(field, inner, place, found);
    else found.push(`unknown field ${JSON.stringify(place)}`);
  }
}

function inField(field: FieldSchema, value: unknown, at: string, found: string[]): void {
  if (field.preserveUnknown === true || typeof value !== "object" || value === null) return;
  if (field.type === "struct") inStruct(field.schema, value, at, found);
  else if (field.type === "list") inItems(field.item, value, at, found);
  else if (field.type === "map") {
    for (const [key, inner] of Object.entries(value)) {
      inField(field.item, inner, `${at}.${key}`, found);
    }
  } else if (field.type === "structOr") {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    for (const inner of values) inStruct(field.schema, inner, at, found);
  }
}

function inItems(item: FieldSchema, value: object, at: string, found: string[]): void {
  if (!Array.isArray(value)) return;
  for (const [i, inner] of value.entries()) inField(item, inner, `${at}[${i}]`, found);
}

/** One object or list that the scanner is inside of. */
interface Level {
  /** The keys seen so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  readonly place: string;
  /** The place of the value that comes next. */
  next: string;
  index: number;
}

/**
 * `duplicate field "metadata.name"` for every key that an object has twice; at most 100.
 * `text` must be JSON that parses.
 */
export function duplicateFields(text: string): string[] {
  const found: string[] = [];
  const levels: Level[] = [];
  let i = 0;
  let expectKey = false;
  while (i < text.length && found.length < limits.strictErrorsMax) {
    const char = text[i];
    const level = levels.at(-1);
    if (char === '"') {
      const end = endOfString(text, i);
      if (expectKey && level?.keys) {
        noteKey(level, text.slice(i, end), found);
        expectKey = false;
      }
      i = end;
      continue;
    }
    if (char === "{" || char === "[") {
      const place = level?.next ?? "";
      const inList = char === "[";
      levels.push({
        keys: inList ? undefined : new Set(),
        place,
        next: inList ? `${place}[0]` : place,
        index: 0,
      });
      expectKey = !inList;
    } else if (char === "}" || char === "]") {
      levels.pop();
      expectKey = false;
    } else if (char === "," && level) {
      expectKey = level.keys !== undefined;
      if (!expectKey) level.next = `${level.place}[${++level.index}]`;
    }
    i += 1;
  }
  return found;
}

function noteKey(level: Level, literal: string, found: string[]): void {
  const key = JSON.parse(literal) as string;
  level.next = level.place === "" ? key : `${level.place}.${key}`;
  if (level.keys?.has(key)) found.push(`duplicate field ${JSON.stringify(level.next)}`);
  level.keys?.add(key);
}

/** The index after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (;;) {
    const quote = text.indexOf('"', i);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text[quote - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    i = quote + 1;
  }
}
