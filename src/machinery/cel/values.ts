/**
 * What expressions work with. Integers are bigint, doubles are number, and what JavaScript has no
 * type for has a class here. JSON data is looked at where it lies: nothing is copied or converted
 * before it is asked for.
 */

export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelDuration
  | CelTimestamp
  | CelTypeValue
  | CelOptional
  | CelList
  | CelMap
  | CelOpaque;

/** An expression that could not be evaluated. */
export class CelError extends Error {
  override name = "CelError";
}

/** Evaluation took more than it was allowed; not even `||` gets over this. */
export class CelCostError extends Error {
  override name = "CelCostError";
}

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** Nanoseconds since the Unix epoch. */
export class CelTimestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A type as a value, as `type(x)` gives it. */
export class CelTypeValue {
  readonly typeName: string;
  constructor(typeName: string) {
    this.typeName = typeName;
  }
}

export class CelOptional {
  static readonly none = new CelOptional(undefined);
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** Anything else: values of the extension libraries. */
export abstract class CelOpaque {
  abstract readonly typeName: string;
  abstract equals(other: CelOpaque): boolean;
}

export abstract class CelList {
  abstract readonly size: number;
  /** Only for indexes below `size`. */
  abstract at(index: number): CelValue;

  *[Symbol.iterator](): Generator<CelValue, void, undefined> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }

  /** Special lists compare in their own way; undefined: item by item. */
  equals(_other: CelList): boolean | undefined {
    return undefined;
  }

  concat(other: CelList): CelList {
    return new ArrayList([...this, ...other]);
  }
}

/** A list that an expression made. */
export class ArrayList extends CelList {
  readonly #items: readonly CelValue[];
  readonly size: number;

  constructor(items: readonly CelValue[], size: number = items.length) {
    super();
    this.#items = items;
    this.size = size;
  }
  at(index: number): CelValue {
    return this.#items[index]!;
  }

  /** What was added to last can be added to in place: loops gather their results like this. */
  override concat(other: CelList): CelList {
    return new GrowingList([...this]).concat(other);
  }
}

class GrowingList extends ArrayList {
  readonly #buffer: CelValue[];

  constructor(buffer: CelValue[], size: number = buffer.length) {
    super(buffer, size);
    this.#buffer = buffer;
  }
  override concat(other: CelList): CelList {
    if (other.size === 0) return this;
    const isNewest = this.#buffer.length === this.size;
    const buffer = isNewest ? this.#buffer : this.#buffer.slice(0, this.size);
    for (const item of other) buffer.push(item);
    return new GrowingList(buffer);
  }
}

export abstract class CelMap {
  /** Set on objects with known fields; "map" otherwise. */
  readonly typeName: string = "map";
  abstract readonly size: number;
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
}

interface MapEntry {
  readonly key: CelValue;
  readonly value: CelValue;
  /** Entries beyond a map's size came later and belong to maps made of it. */
  readonly index: number;
}

/** A map that an expression made. */
export class EntryMap extends CelMap {
  #entries = new Map<string, MapEntry>();
  #size = 0;

  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    super();
    for (const [key, value] of entries) this.#add(key, value);
  }

  #add(key: CelValue, value: CelValue): void {
    const text = mapKey(key);
    if (text === undefined) throw new CelError("unsupported key type");
    if (this.#entries.has(text)) throw new CelError("Failed with repeated key");
    this.#entries.set(text, { key, value, index: this.#size });
    this.#size += 1;
  }

  /** This map and one more entry; the newest map of a row shares what it has. */
  with(key: CelValue, value: CelValue): EntryMap {
    const next = new EntryMap([]);
    if (this.#entries.size === this.#size) {
      next.#entries = this.#entries;
      next.#size = this.#size;
    } else for (const own of this.keys()) next.#add(own, this.get(own)!);
    next.#add(key, value);
    return next;
  }

  get size(): number {
    return this.#size;
  }

  get(key: CelValue): CelValue | undefined {
    const text = mapKey(key);
    const entry = text === undefined ? undefined : this.#entries.get(text);
    return entry && entry.index < this.#size ? entry.value : undefined;
  }

  *keys(): Generator<CelValue, void, undefined> {
    for (const { key, index } of this.#entries.values()) if (index < this.#size) yield key;
  }
}

/** An object that an expression made, such as `Object.spec{replicas: 1}`. */
export class CelStruct extends CelMap {
  override readonly typeName: string;
  readonly fields: ReadonlyMap<string, CelValue>;

  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    super();
    this.typeName = typeName;
    this.fields = fields;
  }
  get size(): number {
    return this.fields.size;
  }
  get(key: CelValue): CelValue | undefined {
    return typeof key === "string" ? this.fields.get(key) : undefined;
  }
  keys(): Iterable<CelValue> {
    return this.fields.keys();
  }
}

/** Keys that are equal have the same text; undefined for what cannot be a key. */
function mapKey(key: CelValue): string | undefined {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (typeof key === "bigint") return `n${key}`;
  if (key instanceof CelUint) return `n${key.value}`;
  if (typeof key === "number" && Number.isInteger(key)) return `n${BigInt(key)}`;
  return undefined;
}

/** The name that `type(value)` has. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
    default:
  }
  if (value === null) return "null_type";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof CelUint) return "uint";
  if (value instanceof CelDuration) return "google.protobuf.Duration";
  if (value instanceof CelTimestamp) return "google.protobuf.Timestamp";
  if (value instanceof CelTypeValue) return "type";
  if (value instanceof CelOptional) return "optional_type";
  if (value instanceof CelList) return "list";
  return value.typeName;
}

/** The number behind a numeric value, whatever its type. */
export function numeric(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof CelUint ? value.value : undefined;
}

/** Equality as `==` has it: numbers by value, collections by content, other types never. */
export function equal(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  const [x, y] = [numeric(a), numeric(b)];
  // oxlint-disable-next-line eqeqeq -- exactly what is wanted between bigint and number
  if (x !== undefined && y !== undefined) return x == y;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b);
  if (a instanceof CelMap) return b instanceof CelMap && equalMaps(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos;
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos;
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.typeName === b.typeName;
  if (a instanceof CelOptional) return b instanceof CelOptional && equalOptionals(a, b);
  return a instanceof CelOpaque && b instanceof CelOpaque && a.equals(b);
}

function equalOptionals(a: CelOptional, b: CelOptional): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value);
}

function equalLists(a: CelList, b: CelList): boolean {
  const own = a.equals(b) ?? b.equals(a);
  if (own !== undefined) return own;
  if (a.size !== b.size) return false;
  for (let i = 0; i < a.size; i++) if (!equal(a.at(i), b.at(i))) return false;
  return true;
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const [x, y] = [a.get(key), b.get(key)];
    if (x === undefined || y === undefined || !equal(x, y)) return false;
  }
  return true;
}

/** Characters, not UTF-16 units. */
export function lengthOf(text: string): number {
  let surrogates = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) surrogates++;
  }
  return text.length - surrogates;
}

/** What a value counts for in costs: its length, or 1. */
export function costSize(value: CelValue): number {
  if (typeof value === "string") return lengthOf(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  return 1;
}
