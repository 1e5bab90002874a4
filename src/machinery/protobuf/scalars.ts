/** How proto3's scalar and enum types are written, read and compared with their zero value. */
import {
  type UnsafeIntegers,
  WireError,
  type WireReader,
  type WireWriter,
  wireType,
} from "./wire.ts";

/** One scalar type: its wire type, its zero, and how a value passes through a writer and a reader. */
export interface Scalar {
  readonly wire: number;
  readonly zero: unknown;
  write(writer: WireWriter, value: unknown): void;
  read(reader: WireReader): unknown;
  isZero(value: unknown): boolean;
}

/** An enum as its value's name; a number that the table does not know stays a number, as text. */
export function enumScalar(type: string, values: Readonly<Record<string, number>>): Scalar {
  const nameOf = new Map<number, string>();
  for (const [name, number] of Object.entries(values)) {
    if (!nameOf.has(number)) nameOf.set(number, name);
  }
  const numberOf = (value: unknown): number => {
    const number = typeof value === "number" ? value : values[String(value)];
    if (number !== undefined) return number;
    if (/^-?\d+$/.test(String(value))) return Number(value);
    throw new WireError(`${String(value)} is no ${type}`);
  };
  return {
    wire: wireType.varint,
    zero: nameOf.get(0) ?? "0",
    write: (writer, value) => writer.varint(numberOf(value)),
    // A newer peer may know more values than we do: those keep their number, as text.
    read: (reader) => {
      const number = reader.int32();
      return nameOf.get(number) ?? String(number);
    },
    isZero: (value) => numberOf(value) === 0,
  };
}

/** The scalar types by their proto3 names. */
export function scalarTypes(unsafe: UnsafeIntegers): Readonly<Record<string, Scalar>> {
  return { ...varintTypes(unsafe), ...fixedTypes(unsafe), bool, string, bytes };
}

type Write = (writer: WireWriter, value: number) => void;
type Read = (reader: WireReader) => number;

function number(wire: number, write: Write, read: Read): Scalar {
  return {
    wire,
    zero: 0,
    write: (writer, value) => {
      if (typeof value !== "number") throw new WireError(`${String(value)} is not a number`);
      write(writer, value);
    },
    read,
    isZero: (value) => value === 0,
  };
}

function varintTypes(unsafe: UnsafeIntegers): Record<string, Scalar> {
  const plain = (read: Read): Scalar => number(wireType.varint, (w, v) => w.varint(v), read);
  const zigzag = (read: Read): Scalar => number(wireType.varint, (w, v) => w.sint(v), read);
  return {
    int32: plain((r) => r.int32()),
    uint32: plain((r) => r.uint32()),
    int64: plain((r) => r.int64(unsafe)),
    uint64: plain((r) => r.uint64(unsafe)),
    sint32: zigzag((r) => r.sint32()),
    sint64: zigzag((r) => r.sint64(unsafe)),
  };
}

function fixedTypes(unsafe: UnsafeIntegers): Record<string, Scalar> {
  const four = (write: Write, read: Read): Scalar => number(wireType.fixed32, write, read);
  const eight = (write: Write, read: Read): Scalar => number(wireType.fixed64, write, read);
  const write32: Write = (w, v) => w.fixed32(v);
  const write64: Write = (w, v) => w.fixed64(v);
  return {
    fixed32: four(write32, (r) => r.fixed32()),
    sfixed32: four(write32, (r) => r.sfixed32()),
    fixed64: eight(write64, (r) => r.fixed64(unsafe)),
    sfixed64: eight(write64, (r) => r.sfixed64(unsafe)),
    float: four(
      (w, v) => w.float(v),
      (r) => r.float(),
    ),
    double: eight(
      (w, v) => w.double(v),
      (r) => r.double(),
    ),
  };
}

const bool: Scalar = {
  wire: wireType.varint,
  zero: false,
  write: (writer, value) => writer.bool(value === true),
  read: (reader) => reader.bool(),
  isZero: (value) => value !== true,
};

const string: Scalar = {
  wire: wireType.delimited,
  zero: "",
  write: (writer, value) => {
    if (typeof value !== "string") throw new WireError(`${String(value)} is not a string`);
    writer.string(value);
  },
  read: (reader) => reader.string(),
  isZero: (value) => value === "",
};

const bytes: Scalar = {
  wire: wireType.delimited,
  zero: new Uint8Array(0),
  write: (writer, value) => {
    if (!(value instanceof Uint8Array)) throw new WireError("expected bytes");
    writer.bytes(value);
  },
  read: (reader) => reader.view(),
  isZero: (value) => value instanceof Uint8Array && value.length === 0,
};
