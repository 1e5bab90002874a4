/**
 * Proto3 codecs compiled from a plain table of messages and enums, for the gRPC interfaces that a kubelet
 * and an API server speak (CRI, device plug-ins, KMS). No generated code: the table is the contract.
 *
 * Objects carry proto3's JSON names (`pod_sandbox_id` → `podSandboxId`), enum values as their names, bytes
 * as Uint8Array, maps as plain objects, and 64-bit integers as numbers.
 */
import { WireError, WireReader, WireWriter, wireType } from "./wire.ts";
import { enumScalar, type Scalar, scalarTypes } from "./scalars.ts";
import type { UnsafeIntegers } from "./wire.ts";

/** A field: number, type (scalar, enum, message or `map<K,V>`), then `repeated` or `oneof NAME`. */
export type FieldEntry = readonly [number: number, type: string, ...modifiers: string[]];

/** Messages and enums by name, as `facts/grpc/*.json` lists them. */
export interface MessageTable {
  readonly messages: Readonly<Record<string, Readonly<Record<string, FieldEntry>>>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Choices that differ between interfaces. */
export interface MessageOptions {
  /** Fill absent scalars, lists and maps with proto3's zero values on decode. Default true. */
  readonly zeroValues?: boolean;
  /** 64-bit integers beyond ±2^53 on decode. Default "throw". */
  readonly unsafeIntegers?: UnsafeIntegers;
}

/** Encodes and decodes the messages of one table. */
export interface MessageCodec {
  /** Throws WireError for a value that is not of its field's type, Error for an unknown message. */
  encode(name: string, value: object): Uint8Array;
  /** Throws WireError for malformed bytes; unknown fields are ignored. */
  decode(name: string, bytes: Uint8Array): Record<string, unknown>;
}

type Fields = Record<string, unknown>;

interface Field {
  readonly key: string;
  readonly number: number;
  readonly label: "single" | "list" | "map";
  readonly oneof: string | undefined;
  readonly scalar: Scalar | undefined;
  readonly keyScalar: Scalar | undefined;
  readonly message: Message | undefined;
}

interface Message {
  readonly name: string;
  fields: readonly Field[];
  byNumber: ReadonlyMap<number, Field>;
}

/** Messages may nest in themselves; a hostile sender must not exhaust the stack. */
const nestingMax = 64;

/** Compiles a table; see the file's head for how objects look. Throws for an unknown type name. */
export function compileMessages(table: MessageTable, options: MessageOptions = {}): MessageCodec {
  const messages = link(table, options.unsafeIntegers ?? "throw");
  const zeroValues = options.zeroValues ?? true;
  const named = (name: string): Message => {
    const message = messages.get(name);
    if (!message) throw new Error(`no message ${name} in the table`);
    return message;
  };
  return {
    encode(name, value) {
      const writer = new WireWriter();
      encodeMessage(named(name), value as Fields, writer);
      return writer.finish();
    },
    decode(name, bytes) {
      return decodeMessage(named(name), new WireReader(bytes), zeroValues, 0);
    },
  };
}

/** The name a field has in objects: proto3's JSON mapping. */
export function jsonName(field: string): string {
  return field.replace(/_([a-zA-Z0-9])/g, (_, next: string) => next.toUpperCase());
}

function link(table: MessageTable, unsafe: UnsafeIntegers): Map<string, Message> {
  const scalars = scalarTypes(unsafe);
  const messages = new Map<string, Message>();
  for (const name of Object.keys(table.messages)) {
    messages.set(name, { name, fields: [], byNumber: new Map() });
  }
  const enumOf = (type: string) =>
    table.enums[type] ??
    Object.entries(table.enums).find(([name]) => name.endsWith(`.${type}`))?.[1];
  for (const [name, entries] of Object.entries(table.messages)) {
    const fields = Object.entries(entries).map(([key, [number, type, ...modifiers]]): Field => {
      const map = /^map<(\w+), ?([\w.]+)>$/.exec(type);
      const valueType = map?.[2] ?? type;
      const values = enumOf(valueType);
      const scalar = scalars[valueType] ?? (values && enumScalar(valueType, values));
      const message = scalar ? undefined : messages.get(valueType);
      if (!scalar && !message) throw new Error(`${name}.${key}: unknown type ${valueType}`);
      const oneof = modifiers.find((modifier) => modifier.startsWith("oneof "))?.slice(6);
      const label = map ? "map" : modifiers.includes("repeated") ? "list" : "single";
      const keyScalar = map ? scalars[map[1]!] : undefined;
      return { key: jsonName(key), number, label, oneof, scalar, keyScalar, message };
    });
    const message = messages.get(name)!;
    message.fields = fields;
    message.byNumber = new Map(fields.map((field) => [field.number, field]));
  }
  return messages;
}

function encodeMessage(message: Message, value: Fields, writer: WireWriter): void {
  for (const field of message.fields) {
    const content = value[field.key];
    if (content === undefined || content === null) continue;
    if (field.label === "single") encodeSingle(field, content, writer);
    else if (field.label === "list") encodeList(message, field, content, writer);
    else encodeMap(field, content as Fields, writer);
  }
}

function encodeSingle(field: Field, content: unknown, writer: WireWriter): void {
  const { scalar } = field;
  if (!scalar) return encodeNested(field, content, writer);
  if (field.oneof === undefined && scalar.isZero(content)) return;
  writer.tag(field.number, scalar.wire);
  scalar.write(writer, content);
}

function encodeNested(field: Field, content: unknown, writer: WireWriter): void {
  if (typeof content !== "object") throw new WireError(`${field.key}: expected an object`);
  writer.tag(field.number, wireType.delimited);
  const mark = writer.begin();
  encodeMessage(field.message!, content as Fields, writer);
  writer.end(mark);
}

function encodeList(owner: Message, field: Field, content: unknown, writer: WireWriter): void {
  if (!Array.isArray(content)) throw new WireError(`${owner.name}.${field.key}: expected a list`);
  const { scalar } = field;
  if (content.length === 0) return;
  if (scalar && scalar.wire !== wireType.delimited) {
    writer.tag(field.number, wireType.delimited);
    const mark = writer.begin();
    for (const item of content) scalar.write(writer, item);
    writer.end(mark);
    return;
  }
  for (const item of content) {
    if (!scalar) {
      encodeNested(field, item, writer);
      continue;
    }
    writer.tag(field.number, scalar.wire);
    scalar.write(writer, item);
  }
}

function encodeMap(field: Field, content: Fields, writer: WireWriter): void {
  const keys = field.keyScalar!;
  for (const [key, item] of Object.entries(content)) {
    writer.tag(field.number, wireType.delimited);
    const mark = writer.begin();
    writer.tag(1, keys.wire);
    keys.write(writer, mapKey(keys, key));
    if (field.scalar) {
      writer.tag(2, field.scalar.wire);
      field.scalar.write(writer, item);
    } else {
      encodeNested({ ...field, number: 2 }, item, writer);
    }
    writer.end(mark);
  }
}

/** Object keys are strings; the wire may want a number or a boolean. */
function mapKey(keys: Scalar, key: string): unknown {
  if (typeof keys.zero === "number") return Number(key);
  if (typeof keys.zero === "boolean") return key === "true";
  return key;
}

function decodeMessage(message: Message, reader: WireReader, zero: boolean, depth: number): Fields {
  if (depth > nestingMax) throw new WireError(`${message.name} nests too deeply`);
  const value: Fields = zero ? zeroFields(message) : {};
  while (!reader.done) {
    const tag = reader.tag();
    const field = message.byNumber.get(tag >>> 3);
    if (!field || !fits(field, tag & 7)) {
      reader.skip(tag & 7);
      continue;
    }
    if (field.oneof !== undefined) clearOneof(message, field, value);
    decodeField(field, tag & 7, reader, value, zero, depth);
  }
  return value;
}

function decodeField(
  field: Field,
  type: number,
  reader: WireReader,
  value: Fields,
  zero: boolean,
  depth: number,
): void {
  const { scalar, message, key } = field;
  const readItem = (from: WireReader): unknown =>
    scalar ? scalar.read(from) : decodeMessage(message!, from.nested(), zero, depth + 1);
  if (field.label === "single") {
    value[key] = readItem(reader);
  } else if (field.label === "map") {
    const map = (value[key] ??= {}) as Fields;
    const [mapKey, item] = decodeMapEntry(field, reader.nested(), readItem, zero);
    // A key such as "__proto__" must become an entry, not the object's prototype.
    Object.defineProperty(map, mapKey, {
      value: item,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  } else {
    const list = (value[key] ??= []) as unknown[];
    if (scalar && scalar.wire !== wireType.delimited && type === wireType.delimited) {
      const packed = reader.nested();
      while (!packed.done) list.push(scalar.read(packed));
    } else {
      list.push(readItem(reader));
    }
  }
}

function decodeMapEntry(
  field: Field,
  reader: WireReader,
  readItem: (from: WireReader) => unknown,
  zero: boolean,
): [key: string, item: unknown] {
  let key: unknown = field.keyScalar!.zero;
  let item: unknown = field.scalar ? field.scalar.zero : undefined;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 1 && (tag & 7) === field.keyScalar!.wire) key = field.keyScalar!.read(reader);
    else if (tag >>> 3 === 2 && fits({ ...field, label: "single" }, tag & 7))
      item = readItem(reader);
    else reader.skip(tag & 7);
  }
  return [String(key), item ?? (zero ? zeroFields(field.message!) : {})];
}

function fits(field: Field, type: number): boolean {
  if (field.label === "map" || !field.scalar) return type === wireType.delimited;
  if (type === field.scalar.wire) return true;
  return field.label === "list" && type === wireType.delimited;
}

function clearOneof(message: Message, chosen: Field, value: Fields): void {
  for (const field of message.fields) {
    if (field.oneof === chosen.oneof && field !== chosen) delete value[field.key];
  }
}

function zeroFields(message: Message): Fields {
  const value: Fields = {};
  for (const field of message.fields) {
    if (field.oneof !== undefined) continue;
    if (field.label === "list") value[field.key] = [];
    else if (field.label === "map") value[field.key] = {};
    else if (field.scalar) value[field.key] = field.scalar.zero;
  }
  return value;
}
