/**
 * The types of CEL: what the checker reasons with. Types of data from schemas carry how large their
 * values may get, which is what costs are estimated from.
 * https://github.com/google/cel-spec/blob/master/doc/langdef.md
 */

export type PrimitiveKind =
  | "dyn"
  | "error"
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "duration"
  | "timestamp";

interface Sized {
  /** The most characters, bytes, items or entries a value can have; undefined: not known. */
  readonly max?: number;
}

export interface PrimitiveType extends Sized {
  readonly kind: PrimitiveKind;
}
export interface ListType extends Sized {
  readonly kind: "list";
  readonly item: CelType;
  /** How Kubernetes compares and adds such lists: in any order, and without doubles. */
  readonly listType?: "set" | "map";
  /** The fields that tell the items of a `map` list apart. */
  readonly keys?: readonly string[];
}
export interface MapType extends Sized {
  readonly kind: "map";
  readonly key: CelType;
  readonly value: CelType;
}
export interface ObjectField {
  readonly type: CelType;
  /** The name in JSON, where it differs from the name in expressions. */
  readonly jsonName?: string;
}
/** A type with known fields. */
export interface ObjectType extends Sized {
  readonly kind: "object";
  readonly name: string;
  /** Looked up lazily, so that types may be recursive. */
  field(name: string): ObjectField | undefined;
  /** May be made by an expression such as `Object{a: 1}`. */
  readonly isConstructible?: boolean;
}
/** A type whose values only its own functions understand. */
export interface OpaqueType extends Sized {
  readonly kind: "opaque";
  readonly name: string;
  readonly params: readonly CelType[];
}
export interface TypeType extends Sized {
  readonly kind: "type";
  readonly of: CelType;
}
export interface ParamType extends Sized {
  readonly kind: "param";
  readonly name: string;
}

export type CelType =
  | PrimitiveType
  | ListType
  | MapType
  | ObjectType
  | OpaqueType
  | TypeType
  | ParamType;

export const dyn: CelType = { kind: "dyn" };
export const errorType: CelType = { kind: "error" };
export const nullType: CelType = { kind: "null" };
export const bool: CelType = { kind: "bool" };
export const int: CelType = { kind: "int" };
export const uint: CelType = { kind: "uint" };
export const double: CelType = { kind: "double" };
export const string: CelType = { kind: "string" };
export const bytes: CelType = { kind: "bytes" };
export const duration: CelType = { kind: "duration" };
export const timestamp: CelType = { kind: "timestamp" };

export function listOf(item: CelType): ListType {
  return { kind: "list", item };
}
export function mapOf(key: CelType, value: CelType): MapType {
  return { kind: "map", key, value };
}
export function opaque(name: string, ...params: readonly CelType[]): OpaqueType {
  return { kind: "opaque", name, params };
}
export function optionalOf(item: CelType): OpaqueType {
  return opaque("optional_type", item);
}
export function typeOfType(of: CelType): TypeType {
  return { kind: "type", of };
}
export function param(name: string): ParamType {
  return { kind: "param", name };
}

/** An object type from a table of its fields. */
export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return {
    kind: "object",
    name,
    field: (field) => (Object.hasOwn(fields, field) ? { type: fields[field]! } : undefined),
  };
}

/** How messages name a type, such as `map(string, list(int))`. */
export function showType(type: CelType): string {
  switch (type.kind) {
    case "list":
      return `list(${showType(type.item)})`;
    case "map":
      return `map(${showType(type.key)}, ${showType(type.value)})`;
    case "object":
      return type.name;
    case "opaque":
      return type.params.length === 0
        ? type.name
        : `${type.name}(${type.params.map(showType).join(", ")})`;
    case "type":
      return type.of.kind === "dyn" ? "type" : `type(${showType(type.of)})`;
    case "param":
      return type.name;
    case "error":
      return "!error!";
    default:
      return type.kind;
  }
}

/** The name that `type(x)` has as a value. */
export function runtimeTypeName(type: CelType): string {
  switch (type.kind) {
    case "null":
      return "null_type";
    case "duration":
      return "google.protobuf.Duration";
    case "timestamp":
      return "google.protobuf.Timestamp";
    case "object":
    case "opaque":
      return type.name;
    default:
      return type.kind;
  }
}

/** The optional type's inner type, or undefined. */
export function insideOptional(type: CelType): CelType | undefined {
  return type.kind === "opaque" && type.name === "optional_type" ? type.params[0] : undefined;
}
