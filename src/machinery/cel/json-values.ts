import { type CelType, dyn, insideOptional, type ListType, type ObjectType } from "./types.ts";
import { parseDuration, parseTimestamp } from "./time.ts";
import {
  CelDuration,
  CelError,
  CelList,
  CelMap,
  CelOpaque,
  CelOptional,
  CelTimestamp,
  CelUint,
  type CelValue,
  equal,
} from "./values.ts";

/** JSON data as CEL values: wrapped where it lies, read by its type when it is asked for. */

type Json = Readonly<Record<string, unknown>>;

/** A JSON value of the given type. Throws CelError where data and type do not fit. */
export function fromJson(raw: unknown, type: CelType): CelValue {
  if (raw === null || raw === undefined) return null;
  switch (type.kind) {
    case "dyn":
    case "param":
      return fromUntyped(raw);
    case "bool":
      return wanted(typeof raw === "boolean", raw, type) as boolean;
    case "string":
      return wanted(typeof raw === "string", raw, type) as string;
    case "int":
      return BigInt(Math.trunc(wanted(typeof raw === "number", raw, type) as number));
    case "uint":
      return new CelUint(BigInt(wanted(typeof raw === "number", raw, type) as number));
    case "double":
      return wanted(typeof raw === "number", raw, type) as number;
    case "bytes":
      return Buffer.from(wanted(typeof raw === "string", raw, type) as string, "base64");
    case "duration":
      return new CelDuration(parseDuration(wanted(typeof raw === "string", raw, type) as string));
    case "timestamp":
      return timestampOf(wanted(typeof raw === "string", raw, type) as string);
    case "list":
      return new JsonList(wanted(Array.isArray(raw), raw, type) as unknown[], type);
    case "map":
      return new JsonMap(wanted(isPlain(raw), raw, type) as Json, type.value);
    case "object":
      return new JsonObject(wanted(isPlain(raw), raw, type) as Json, type);
    case "opaque": {
      const inner = insideOptional(type);
      if (inner) return new CelOptional(fromJson(raw, inner));
      throw new CelError(`no JSON is a ${type.name}`);
    }
    default:
      throw new CelError(`no JSON is a ${type.kind}`);
  }
}

/** JSON whose type nobody knows: whole numbers are ints. */
function fromUntyped(raw: unknown): CelValue {
  switch (typeof raw) {
    case "boolean":
    case "string":
      return raw;
    case "number":
      return Number.isSafeInteger(raw) ? BigInt(raw) : raw;
    default:
  }
  if (Array.isArray(raw)) return new JsonList(raw, untypedList);
  return new JsonMap(raw as Json, dyn);
}

const untypedList: ListType = { kind: "list", item: dyn };

function wanted(fits: boolean, raw: unknown, type: CelType): unknown {
  if (fits) return raw;
  throw new CelError(`unexpected type in data, expected ${type.kind}, got ${typeof raw}`);
}

function isPlain(raw: unknown): boolean {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** RFC 3339, or a date alone. */
function timestampOf(text: string): CelTimestamp {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  return new CelTimestamp(parseTimestamp(whole));
}

export class JsonList extends CelList {
  readonly raw: readonly unknown[];
  readonly #type: ListType;

  constructor(raw: readonly unknown[], type: ListType) {
    super();
    this.raw = raw;
    this.#type = type;
  }
  get size(): number {
    return this.raw.length;
  }
  at(index: number): CelValue {
    return fromJson(this.raw[index], this.#type.item);
  }

  /** Sets and map lists are equal in any order. */
  override equals(other: CelList): boolean | undefined {
    if (this.#type.listType === undefined) return undefined;
    if (this.size !== other.size) return false;
    const left = [...other];
    for (const item of this) {
      const at = left.findIndex((one) => equal(one, item));
      if (at < 0) return false;
      left.splice(at, 1);
    }
    return true;
  }

  /** To a set only what is new is added; in a map list equal keys are replaced in place. */
  override concat(other: CelList): CelList {
    if (this.#type.listType === undefined) return super.concat(other);
    const merged = [...this];
    const same = (a: CelValue, b: CelValue) =>
      this.#type.listType === "set" ? equal(a, b) : this.#sameKeys(a, b);
    for (const item of other) {
      const at = merged.findIndex((one) => same(one, item));
      if (at < 0) merged.push(item);
      else merged[at] = item;
    }
    return new ValueList(merged, this.#type);
  }

  #sameKeys(a: CelValue, b: CelValue): boolean {
    if (!(a instanceof CelMap) || !(b instanceof CelMap)) return false;
    return (this.#type.keys ?? []).every((key) => equal(a.get(key) ?? null, b.get(key) ?? null));
  }
}

/** What came of adding to a special list. */
class ValueList extends JsonList {
  readonly #values: readonly CelValue[];
  constructor(values: readonly CelValue[], type: ListType) {
    super([], type);
    this.#values = values;
  }
  override get size(): number {
    return this.#values.length;
  }
  override at(index: number): CelValue {
    return this.#values[index]!;
  }
}

export class JsonMap extends CelMap {
  readonly raw: Json;
  readonly #value: CelType;

  constructor(raw: Json, value: CelType) {
    super();
    this.raw = raw;
    this.#value = value;
  }
  get size(): number {
    return Object.keys(this.raw).length;
  }
  get(key: CelValue): CelValue | undefined {
    if (typeof key !== "string" || !Object.hasOwn(this.raw, key)) return undefined;
    const raw = this.raw[key];
    return raw === undefined ? undefined : fromJson(raw, this.#value);
  }
  keys(): Iterable<string> {
    return Object.keys(this.raw).filter((key) => this.raw[key] !== undefined);
  }
}

/** An object with known fields; others are not seen. */
export class JsonObject extends CelMap {
  override readonly typeName: string;
  readonly raw: Json;
  readonly #type: ObjectType;

  constructor(raw: Json, type: ObjectType) {
    super();
    this.typeName = type.name;
    this.raw = raw;
    this.#type = type;
  }
  get size(): number {
    return [...this.keys()].length;
  }
  get(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return undefined;
    const field = this.#type.field(key);
    const name = field?.jsonName ?? key;
    if (!field || !Object.hasOwn(this.raw, name)) return undefined;
    const raw = this.raw[name];
    return raw === undefined ? undefined : fromJson(raw, field.type);
  }
  /** By their names in JSON where those need no escaping. */
  *keys(): Generator<string, void, undefined> {
    for (const name of Object.keys(this.raw)) {
      if (this.raw[name] === undefined) continue;
      for (const spelling of spellings(name)) {
        const field = this.#type.field(spelling);
        if (!field || (field.jsonName ?? spelling) !== name) continue;
        yield spelling;
        break;
      }
    }
  }
}

function spellings(name: string): string[] {
  const escaped = escapeField(name);
  return escaped === undefined || escaped === name ? [name] : [name, escaped];
}

const reservedWords = new Set([
  "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if",
  "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
]); // prettier-ignore

/**
 * How a field is written in expressions: `a-b` is `a__dash__b`, and `namespace`, a reserved word,
 * is `__namespace__`. Undefined for names that cannot be written.
 */
export function escapeField(name: string): string | undefined {
  if (!/^[a-zA-Z_][a-zA-Z0-9_./-]*$/.test(name)) return undefined;
  if (reservedWords.has(name)) return `__${name}__`;
  return name
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

/** A value as plain JSON. Throws CelError for what JSON has no form for. */
export function toJson(value: CelValue): unknown {
  if (value === null || typeof value !== "object") {
    return typeof value === "bigint" ? Number(value) : value;
  }
  if (value instanceof JsonList && value.raw.length === value.size) return value.raw;
  if (value instanceof JsonMap) return value.raw;
  if (value instanceof CelList) return [...value].map(toJson);
  if (value instanceof JsonObject) return value.raw;
  if (value instanceof CelMap) return mapToJson(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof CelOptional) return value.value === undefined ? null : toJson(value.value);
  const what = value instanceof CelOpaque ? value.typeName : value.constructor.name;
  throw new CelError(`a value of type ${what} cannot be written as JSON`);
}

function mapToJson(map: CelMap): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const key of map.keys()) {
    if (typeof key !== "string") throw new CelError("only strings can be keys in JSON");
    Object.defineProperty(json, key, {
      value: toJson(map.get(key)!),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return json;
}
