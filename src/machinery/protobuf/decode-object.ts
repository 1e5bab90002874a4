import { decode } from "../schema/decode.ts";
import type { FieldSchema, JsonValue, ObjectSchema, StructOrField } from "../schema/schema.ts";
import { formatMicro, formatSeconds } from "../time.ts";
import { type ProtoPlan, protoPlanOf } from "./object-plan.ts";
import { WireError, WireReader, wireType } from "./wire.ts";

/**
 * Reads an object's message (without envelope) into the same canonical form that `decode` makes
 * of JSON. Unknown fields are ignored. Throws WireError or DecodeError.
 */
export function decodeProto<T>(schema: ObjectSchema<T>, bytes: Uint8Array): T {
  const raw: Values = {};
  readFields(new WireReader(bytes), protoPlanOf(schema), raw, 0);
  return decode(schema, raw);
}

type Values = Record<string, unknown>;

/** Messages within each other; upstream's own types nest about twenty deep. */
const messageDepthMax = 200;

function readFields(reader: WireReader, plan: ProtoPlan, into: Values, depth: number): void {
  if (depth > messageDepthMax) throw new WireError("messages nest too deeply");
  while (!reader.done) {
    const tag = reader.tag();
    const entry = plan.byNumber.get(tag >>> 3);
    if (!entry) reader.skip(tag & 7);
    else if ("embedded" in entry) {
      expectDelimited(tag);
      readFields(reader.nested(), entry.embedded, into, depth + 1);
    } else readField(reader, tag & 7, entry.name, entry.field, into, depth);
  }
}

function expectDelimited(tag: number): void {
  if ((tag & 7) !== wireType.delimited)
    throw new WireError(`wrong wire type of field ${tag >>> 3}`);
}

function readField(
  reader: WireReader,
  wire: number,
  name: string,
  field: FieldSchema,
  into: Values,
  depth: number,
): void {
  if (field.type === "list") {
    const items = (into[name] ??= []) as unknown[];
    readItems(reader, wire, field.item, items, depth);
  } else if (field.type === "map") {
    const values = (into[name] ??= {}) as Values;
    const [key, value] = readEntry(reader.nested(), field.item, depth);
    Object.defineProperty(values, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else into[name] = readValue(reader, wire, field, depth);
}

function readItems(
  reader: WireReader,
  wire: number,
  item: FieldSchema,
  items: unknown[],
  depth: number,
): void {
  const isPacked = wire === wireType.delimited && wireOf(item) !== wireType.delimited;
  if (!isPacked) {
    items.push(readValue(reader, wire, item, depth));
    return;
  }
  const packed = reader.nested();
  while (!packed.done) items.push(readValue(packed, wireOf(item), item, depth));
}

function readEntry(reader: WireReader, item: FieldSchema, depth: number): [string, unknown] {
  let key = "";
  let value: unknown;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, tag & 7, item, depth);
    else reader.skip(tag & 7);
  }
  return [key, value ?? (item.type === "bytes" ? "" : null)];
}

const varints: ReadonlySet<FieldSchema["type"]> = new Set(["bool", "int32", "int64", "int"]);

function wireOf(field: FieldSchema): number {
  if (varints.has(field.type)) return wireType.varint;
  return field.type === "double" ? wireType.fixed64 : wireType.delimited;
}

function readValue(reader: WireReader, wire: number, field: FieldSchema, depth: number): unknown {
  if (wire !== wireOf(field)) throw new WireError(`wrong wire type of a ${field.type}`);
  switch (field.type) {
    case "string":
      return reader.string();
    case "bool":
      return reader.bool();
    case "int32":
      return reader.int32();
    case "int64":
    case "int":
      return reader.int64("round");
    case "double":
      return reader.double();
    case "bytes":
      return Buffer.from(reader.view()).toString("base64");
    case "struct": {
      const into: Values = {};
      readFields(reader.nested(), protoPlanOf(field.schema), into, depth + 1);
      return into;
    }
    case "structOr":
      return readStructOr(reader.nested(), field, depth + 1);
    case "time":
    case "microTime":
      return readTime(reader.nested(), field.type === "microTime");
    case "quantity":
      return readInner(reader.nested(), { 1: (inner) => inner.string() })[1] ?? "";
    case "intOrString":
      return readIntOrString(reader.nested());
    case "rawExtension":
    case "fieldsV1":
    case "json":
    case "any":
      return readRaw(reader.nested());
    case "list":
      return readWrappedList(reader.nested(), field.item, depth);
    case "map":
    case "duration":
      throw new WireError(`a ${field.type} has no place here`);
  }
}

type Readers = Readonly<Record<number, (reader: WireReader) => unknown>>;

/** Reads a small message whose fields are known by number. */
function readInner(reader: WireReader, readers: Readers): Record<number, unknown> {
  const found: Record<number, unknown> = {};
  while (!reader.done) {
    const tag = reader.tag();
    const read = readers[tag >>> 3];
    if (read) found[tag >>> 3] = read(reader);
    else reader.skip(tag & 7);
  }
  return found;
}

function readTime(reader: WireReader, isMicro: boolean): string | null {
  if (reader.done) return null;
  const found = readInner(reader, { 1: (inner) => inner.int64(), 2: (inner) => inner.int32() });
  const seconds = Number(found[1] ?? 0);
  if (Math.abs(seconds) > 253_402_300_799) throw new WireError(`no year has second ${seconds}`);
  if (!isMicro) return formatSeconds(seconds);
  return formatMicro({ seconds, nanos: Number(found[2] ?? 0) });
}

function readIntOrString(reader: WireReader): unknown {
  const found = readInner(reader, {
    1: (inner) => inner.int64(),
    2: (inner) => inner.int32(),
    3: (inner) => inner.string(),
  });
  return found[1] === 1 ? (found[3] ?? "") : (found[2] ?? 0);
}

function readRaw(reader: WireReader): JsonValue {
  const raw = readInner(reader, { 1: (inner) => inner.view() })[1];
  if (!(raw instanceof Uint8Array) || raw.length === 0) return null;
  try {
    return JSON.parse(Buffer.from(raw).toString()) as JsonValue;
  } catch (error) {
    throw new WireError("an embedded object is no JSON", { cause: error });
  }
}

function readWrappedList(reader: WireReader, item: FieldSchema, depth: number): unknown[] {
  const items: unknown[] = [];
  while (!reader.done) {
    const tag = reader.tag();
    if (tag >>> 3 === 1) readItems(reader, tag & 7, item, items, depth);
    else reader.skip(tag & 7);
  }
  return items;
}

function readStructOr(reader: WireReader, field: StructOrField, depth: number): unknown {
  const struct: FieldSchema = { type: "struct", schema: field.schema };
  const items: unknown[] = [];
  const asStruct = (inner: WireReader) => readValue(inner, wireType.delimited, struct, depth);
  if (field.or === "bool") {
    const found = readInner(reader, { 1: (inner) => inner.bool(), 2: asStruct });
    return found[2] ?? found[1] ?? false;
  }
  const item: FieldSchema = field.or === "list" ? struct : { type: "string" };
  const found = readInner(reader, {
    1: asStruct,
    2: (inner) => items.push(readValue(inner, wireType.delimited, item, depth)),
  });
  return found[1] ?? items;
}
