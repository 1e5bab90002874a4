import type { FieldSchema, ObjectSchema, StructOrField } from "../schema/schema.ts";
import { parseMoment } from "../time.ts";
import { type ProtoPlan, protoPlanOf } from "./object-plan.ts";
import { WireError, wireType, WireWriter } from "./wire.ts";

/**
 * API objects as protobuf, byte for byte as upstream's generated code writes them: fields in the
 * order of their numbers, scalars and structs that are not pointers always written, maps sorted.
 */

/** The message of an object, without envelope. Throws WireError. */
export function encodeProto(schema: ObjectSchema, object: object): Uint8Array {
  const writer = new WireWriter(1024);
  writeFields(writer, protoPlanOf(schema), object as Values);
  return writer.finish();
}

type Values = Readonly<Record<string, unknown>>;

const nothing: Values = {};

function writeFields(writer: WireWriter, plan: ProtoPlan, object: Values): void {
  for (const entry of plan.entries) {
    if ("embedded" in entry) {
      message(writer, entry.number, () => writeFields(writer, entry.embedded, object));
    } else writeField(writer, entry.number, entry.field, object[entry.name]);
  }
}

function message(writer: WireWriter, number: number, write: () => void): void {
  writer.tag(number, wireType.delimited);
  const mark = writer.begin();
  write();
  writer.end(mark);
}

function writeField(writer: WireWriter, number: number, field: FieldSchema, value: unknown): void {
  const absent = value === undefined || value === null;
  if (field.type === "list") {
    if (absent) return;
    for (const item of value as unknown[]) writeValue(writer, number, field.item, item);
    return;
  }
  if (field.type === "map") {
    if (!absent) writeMap(writer, number, field.item, value as Values);
    return;
  }
  if (absent && (field.pointer === true || field.type === "bytes")) return;
  writeValue(writer, number, field, value);
}

function writeMap(writer: WireWriter, number: number, item: FieldSchema, values: Values): void {
  for (const key of Object.keys(values).sort(byCodePoint)) {
    message(writer, number, () => {
      writeString(writer, 1, key);
      writeValue(writer, 2, item, values[key]);
    });
  }
}

/** Go sorts strings by their UTF-8 bytes. */
function byCodePoint(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function writeString(writer: WireWriter, number: number, text: string): void {
  writer.tag(number, wireType.delimited);
  writer.string(text);
}

function writeBytes(writer: WireWriter, number: number, bytes: Uint8Array): void {
  writer.tag(number, wireType.delimited);
  writer.bytes(bytes);
}

function writeInteger(writer: WireWriter, number: number, value: unknown): void {
  writer.tag(number, wireType.varint);
  writer.varint(typeof value === "number" ? value : 0);
}

/** One value; absent ones are written as Go's zero value. */
function writeValue(writer: WireWriter, number: number, field: FieldSchema, value: unknown): void {
  switch (field.type) {
    case "string":
      return writeString(writer, number, textOf(value));
    case "bool":
      writer.tag(number, wireType.varint);
      return writer.bool(value === true);
    case "int32":
    case "int64":
    case "int":
      return writeInteger(writer, number, value);
    case "double":
      writer.tag(number, wireType.fixed64);
      return writer.double(typeof value === "number" ? value : 0);
    case "bytes":
      return writeBytes(writer, number, Buffer.from(textOf(value), "base64"));
    case "struct":
      return message(writer, number, () =>
        writeFields(writer, protoPlanOf(field.schema), (value ?? nothing) as Values),
      );
    case "structOr":
      return message(writer, number, () => writeStructOr(writer, field, value));
    case "time":
    case "microTime":
      return message(writer, number, () => writeTime(writer, field.type === "microTime", value));
    case "quantity":
      return message(writer, number, () => writeString(writer, 1, textOf(value ?? "0")));
    case "intOrString":
      return message(writer, number, () => writeIntOrString(writer, value));
    case "list":
      // Only inside a map: a message that holds nothing but the list.
      return message(writer, number, () => writeField(writer, 1, field, value));
    case "rawExtension":
    case "fieldsV1":
    case "json":
    case "any":
      return message(writer, number, () => writeRaw(writer, value));
    case "map":
    case "duration":
      throw new WireError(`a ${field.type} has no place here`);
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function writeTime(writer: WireWriter, isMicro: boolean, value: unknown): void {
  if (value === undefined || value === null) return;
  const moment = parseMoment(textOf(value));
  if (!moment) throw new WireError(`${JSON.stringify(value)} is no time`);
  writeInteger(writer, 1, moment.seconds);
  writeInteger(writer, 2, isMicro ? moment.nanos : 0);
}

function writeIntOrString(writer: WireWriter, value: unknown): void {
  const isText = typeof value === "string";
  writeInteger(writer, 1, isText ? 1 : 0);
  writeInteger(writer, 2, value);
  writeString(writer, 3, textOf(value));
}

function writeRaw(writer: WireWriter, value: unknown): void {
  if (value !== undefined && value !== null) {
    writeBytes(writer, 1, Buffer.from(JSON.stringify(value)));
  }
}

function writeStructOr(writer: WireWriter, field: StructOrField, value: unknown): void {
  const isStruct = typeof value === "object" && value !== null && !Array.isArray(value);
  const struct: FieldSchema = { type: "struct", schema: field.schema };
  if (field.or === "bool") {
    writer.tag(1, wireType.varint);
    writer.bool(isStruct || value === true);
    if (isStruct) writeValue(writer, 2, struct, value);
    return;
  }
  if (isStruct) return writeValue(writer, 1, struct, value);
  const item: FieldSchema = field.or === "list" ? struct : { type: "string" };
  if (Array.isArray(value)) for (const each of value) writeValue(writer, 2, item, each);
}
