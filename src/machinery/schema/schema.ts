/**
 * The schema language: one value describes an API type, and everything else follows from it: the
 * static TypeScript type (`Infer`), decoding, defaults, OpenAPI, protobuf and merge rules.
 *
 * A schema says what upstream's Go struct says. At run time objects are plain JSON values; times,
 * quantities and bytes stay the strings that JSON has.
 *
 * Presence follows Go. The common case, silent here, is `omitempty`: an absent field and its zero
 * value are the same thing and are not written. `always` fields are written even when zero
 * (`null` for lists and maps). A struct field that is not a `pointer` is always there, as `{}`.
 */

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
/** A JSON object; what it holds is not known. */
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** A Kubernetes quantity such as `100m` or `1Gi`; see `#machinery/quantity.ts`. */
export type Quantity = string;

/** The types of fields without inner structure. */
export const scalarTypes = [
  "string",
  "bytes",
  "bool",
  "int32",
  "int64",
  "int",
  "double",
  "time",
  "microTime",
  "quantity",
  "intOrString",
  "duration",
  "rawExtension",
  "fieldsV1",
  "json",
  "any",
] as const;
export type ScalarType = (typeof scalarTypes)[number];

export type ListType = "atomic" | "set" | "map";
export type MapType = "atomic" | "granular";
export type PatchStrategy = "merge" | "replace" | "retainKeys" | "merge,retainKeys";

/** What may be said about any field. */
export interface FieldOptions {
  /**
   * Protobuf field number. `[a, b]`: number `b` inside the message embedded as number `a`, whose
   * fields JSON shows inline. None: the field is not on the protobuf wire.
   */
  readonly tag?: number | readonly number[];
  /** Protobuf scalar type where it is not the field's own. */
  readonly wire?: "int32" | "int64" | "string" | "bytes" | "bool";
  /** Written even when it has its zero value (no `omitempty` upstream). */
  readonly always?: true;
  /** Left out when zero although it is a struct (`omitzero` upstream). */
  readonly omitZero?: true;
  /** Absent and zero are different (a Go pointer). */
  readonly pointer?: true;
  /** Required by OpenAPI, and so not optional in TypeScript. Until validation it may be zero. */
  readonly required?: true;
  /** Says no more than that the TypeScript property may be left out. */
  readonly optional?: true;
  /** Says no more than that a required list may be empty in a valid object, and so `null`. */
  readonly nullable?: true;
  /** OpenAPI default: what an absent field becomes. */
  readonly default?: JsonValue;
  /** The values that OpenAPI names; not checked by decoding. */
  readonly enum?: readonly string[];
  /** OpenAPI string format. */
  readonly format?: string;
  /** Unknown fields below are kept. */
  readonly preserveUnknown?: true;
  /** Server-side apply: whether a map or struct is owned as a whole. */
  readonly mapType?: MapType;
  /** Server-side apply: how a list is owned; none means `atomic`, as for bytes. */
  readonly listType?: ListType;
  /** Strategic merge patch. */
  readonly patchStrategy?: PatchStrategy;
  readonly patchMergeKey?: string;
  /** One or two own sentences for `kubectl explain`. */
  readonly doc?: string;
}

/** What may be said about a list. */
export interface ListOptions extends FieldOptions {
  /** The fields that tell the items of a `map` list apart. */
  readonly listMapKeys?: readonly string[];
}

export interface ScalarField extends FieldOptions {
  readonly type: ScalarType;
}
export interface StructField extends FieldOptions {
  readonly type: "struct";
  /** The type of the value; looked up lazily, so that types may be recursive. */
  readonly schema: ObjectSchema;
}
export interface ListField extends ListOptions {
  readonly type: "list";
  /** Its own options other than `enum` and `doc` mean nothing. */
  readonly item: FieldSchema;
}
export interface MapField extends FieldOptions {
  readonly type: "map";
  readonly item: FieldSchema;
}
/** A struct or something simpler in its place; only JSON schemas (of CRDs) have such fields. */
export interface StructOrField extends FieldOptions {
  readonly type: "structOr";
  readonly schema: ObjectSchema;
  /** The name upstream gives this type, such as `JSONSchemaPropsOrBool`. */
  readonly name: string;
  readonly or: "bool" | "list" | "strings";
}

/** The run-time description of a field; switch on `type`. */
export type FieldSchema = ScalarField | StructField | ListField | MapField | StructOrField;

/** A discriminated union among a type's fields (`x-kubernetes-unions`). */
export interface SchemaUnion {
  readonly discriminator?: string;
  /** Field name to the discriminator's value. */
  readonly fields: Readonly<Record<string, string>>;
}

/** How objects of a type are read that no Go struct stands behind: custom resources. */
export interface SchemaCodec {
  /** The object, canonical and with defaults; shares nothing with `value`. Throws DecodeError. */
  decode(value: unknown): unknown;
  /** What `fieldValidation=Strict` complains about: `unknown field "spec.foo"`. */
  unknownFields(value: unknown): string[];
}

/** What may be said about a whole type. */
export interface ObjectOptions {
  /** None: as a Go struct is read. */
  readonly codec?: SchemaCodec;
  /** Unknown fields are kept. */
  readonly preserveUnknown?: true;
  /** Server-side apply: `atomic` types are owned and replaced as a whole. */
  readonly mapType?: MapType;
  readonly unions?: readonly SchemaUnion[];
  readonly doc?: string;
}

declare const valueType: unique symbol;
declare const presence: unique symbol;
type Presence = "required" | "optional";

/** The run-time description of an object type. `T` is its static type. */
export interface ObjectSchema<T = unknown> extends ObjectOptions {
  /** Upstream's type name, such as `PodSpec`. */
  readonly name: string;
  /** Upstream's package, such as `core.v1`; with the name it is unique. */
  readonly package: string;
  /** Top-level kind: has `apiVersion` and `kind`. */
  readonly isKind: boolean;
  /** In protobuf order; `apiVersion` and `kind`, which are not on that wire, come first. */
  readonly fields: Readonly<Record<string, FieldSchema>>;
  readonly [valueType]?: T;
}

/** A field together with its static type and whether TypeScript lets it be absent. */
export type Field<T, P extends Presence = Presence> = FieldSchema & {
  readonly [valueType]?: T;
  readonly [presence]?: P;
};

type Fields = Readonly<Record<string, Field<unknown>>>;
type ValueOf<F> = F extends { readonly [valueType]?: infer T } ? T : never;
type IsRequired<F> = F extends { readonly [presence]?: "required" } ? true : false;
type FieldValues<F extends Fields> = {
  -readonly [K in keyof F as IsRequired<F[K]> extends true ? K : never]: ValueOf<F[K]>;
} & {
  -readonly [K in keyof F as IsRequired<F[K]> extends true ? never : K]?: ValueOf<F[K]> | undefined;
};

/** What every top-level object says of itself. */
export interface TypeMeta {
  apiVersion: string;
  kind: string;
}

/**
 * The static type of a schema. Give it a name, so that hovers and errors stay readable:
 * `export interface Pod extends Infer<typeof pod> {}`.
 */
export type Infer<S> = S extends ObjectSchema<infer T> ? T : never;

type PresenceOf<O> = O extends { readonly required: true } ? "required" : "optional";
type NullIfAlways<O> = O extends { readonly nullable: true }
  ? null
  : O extends { readonly required: true }
    ? never
    : O extends { readonly always: true }
      ? null
      : never;

function scalar<T>(type: ScalarType) {
  return <const O extends FieldOptions>(options?: O): Field<T, PresenceOf<O>> => ({
    type,
    ...options,
  });
}

export const string = scalar<string>("string");
/** Base64 text in JSON. */
export const bytes = scalar<string>("bytes");
export const bool = scalar<boolean>("bool");
export const int32 = scalar<number>("int32");
/** A JavaScript number: beyond 2^53 it is not exact. */
export const int64 = scalar<number>("int64");
export const int = scalar<number>("int");
export const double = scalar<number>("double");
export const quantity = scalar<Quantity>("quantity");
export const intOrString = scalar<number | string>("intOrString");
/** Go duration text such as `1m30s`. */
export const duration = scalar<string>("duration");
/** Any object, kept as it came. */
export const rawExtension = scalar<JsonObject | null>("rawExtension");
export const fieldsV1 = scalar<JsonObject>("fieldsV1");
export const json = scalar<JsonValue>("json");
export const any = scalar<JsonValue>("any");

type TimeValue<O> = O extends { readonly pointer: true } | { readonly omitZero: true }
  ? string
  : O extends { readonly required: true }
    ? string
    : string | null;

/** RFC 3339 text in whole seconds; a time that is not a pointer is `null` when zero. */
export function time<const O extends FieldOptions>(
  options?: O,
): Field<TimeValue<O>, PresenceOf<O>> {
  return { type: "time", ...options };
}

/** RFC 3339 text with microseconds. */
export function microTime<const O extends FieldOptions>(
  options?: O,
): Field<TimeValue<O>, PresenceOf<O>> {
  return { type: "microTime", ...options };
}

type Thunk<T> = T | (() => T);
type OptionalStruct = { readonly required?: undefined } & (
  | { readonly pointer: true }
  | { readonly omitZero: true }
  | { readonly optional: true }
);

/**
 * A nested object: `struct<PodSpec>(podSpec, { tag: 2 })`. The named type makes hovers readable.
 * Not optional unless it is a pointer. Pass a function where types are recursive.
 */
export function struct<T extends object>(
  schema: Thunk<ObjectSchema<T>>,
  options: FieldOptions & OptionalStruct,
): Field<T, "optional">;
export function struct<T extends object>(
  schema: Thunk<ObjectSchema<T>>,
  options?: FieldOptions,
): Field<T, "required">;
export function struct<T extends object>(
  schema: Thunk<ObjectSchema<T>>,
  options?: FieldOptions,
): Field<T> {
  if (typeof schema !== "function") return { type: "struct", schema, ...options };
  return {
    type: "struct",
    ...options,
    get schema() {
      return schema();
    },
  };
}

/**
 * A list; `null` when empty if it is written `always`. (A required one is not `null` in a valid
 * object unless it is `nullable`.)
 */
export function list<T, const O extends ListOptions>(
  item: Field<T>,
  options?: O,
): Field<T[] | NullIfAlways<O>, PresenceOf<O>> {
  return { type: "list", item, ...options };
}

/** A map from strings to `item`. */
export function map<T, const O extends FieldOptions>(
  item: Field<T>,
  options?: O,
): Field<Record<string, T> | NullIfAlways<O>, PresenceOf<O>> {
  return { type: "map", item, ...options };
}

/** A struct, or a boolean, a list of such structs, or a list of strings in its place. */
export function structOr<T extends object, K extends StructOrField["or"]>(
  name: string,
  schema: () => ObjectSchema<T>,
  or: K,
  options?: FieldOptions,
): Field<T | (K extends "bool" ? boolean : K extends "list" ? T[] : string[]), "optional"> {
  return {
    type: "structOr",
    name,
    or,
    ...options,
    get schema() {
      return schema();
    },
  };
}

function split(qualifiedName: string): { package: string; name: string } {
  const dot = qualifiedName.lastIndexOf(".");
  return { package: qualifiedName.slice(0, Math.max(dot, 0)), name: qualifiedName.slice(dot + 1) };
}

/** An object type. `name` is upstream's package and type, such as `core.v1.Container`. */
export function object<const F extends Fields>(
  name: string,
  fields: F,
  options?: ObjectOptions,
): ObjectSchema<FieldValues<F>> {
  return { ...split(name), isKind: false, fields, ...options };
}

/** A top-level kind: an object type with `apiVersion` and `kind`. */
export function kind<const F extends Fields>(
  name: string,
  fields: F,
  options?: ObjectOptions,
): ObjectSchema<TypeMeta & FieldValues<F>> {
  const typeMeta = { apiVersion: string(), kind: string() };
  return { ...split(name), isKind: true, fields: { ...typeMeta, ...fields }, ...options };
}

/** The field called `name`, if the type has one. */
export function fieldOf(schema: ObjectSchema, name: string): FieldSchema | undefined {
  return Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined;
}

/** `core.v1.Pod`: the name that is unique among all types. */
export function qualifiedName(schema: ObjectSchema): string {
  return schema.package === "" ? schema.name : `${schema.package}.${schema.name}`;
}
