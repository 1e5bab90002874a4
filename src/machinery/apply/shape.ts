import {
  fieldOf,
  type FieldSchema,
  type JsonObject,
  type JsonValue,
  type ListField,
  type ObjectSchema,
} from "../schema/schema.ts";
import { getOwn, isObject } from "../patch/json-value.ts";

/**
 * How server-side apply sees a value: owned as a whole, or field by field. `deduced` values say it
 * themselves: objects are maps, all else is owned as a whole.
 */
export type Shape =
  | { readonly kind: "scalar"; readonly type: "number" | "string" | "boolean" | "any" }
  | { readonly kind: "atomic"; readonly holds: "list" | "map" | "any" }
  | { readonly kind: "struct"; readonly schema: ObjectSchema }
  | { readonly kind: "map"; readonly item: Shape }
  | { readonly kind: "set" }
  | { readonly kind: "items"; readonly keys: readonly string[]; readonly item: Shape }
  | { readonly kind: "deduced" };

const any: Shape = { kind: "scalar", type: "any" };
const text: Shape = { kind: "scalar", type: "string" };
const number: Shape = { kind: "scalar", type: "number" };
const deduced: Shape = { kind: "deduced" };

const shapes = new WeakMap<FieldSchema, Shape>();
const structs = new WeakMap<ObjectSchema, Shape>();

/** The shape of an object of this type. */
export function shapeOfType(schema: ObjectSchema): Shape {
  const known = structs.get(schema);
  if (known) return known;
  const shape: Shape =
    schema.mapType === "atomic" ? { kind: "atomic", holds: "map" } : { kind: "struct", schema };
  structs.set(schema, shape);
  return shape;
}

/** The shape of a field's value. */
export function shapeOf(field: FieldSchema): Shape {
  const known = shapes.get(field);
  if (known) return known;
  const shape = makeShape(field);
  shapes.set(field, shape);
  return shape;
}

function makeShape(field: FieldSchema): Shape {
  switch (field.type) {
    case "struct":
      if (field.mapType === "atomic") return { kind: "atomic", holds: "map" };
      if (field.mapType === "granular") return { kind: "struct", schema: field.schema };
      return shapeOfType(field.schema);
    case "map":
      if (field.mapType === "atomic") return { kind: "atomic", holds: "map" };
      return { kind: "map", item: shapeOf(field.item) };
    case "list":
      return listShape(field);
    case "bool":
      return { kind: "scalar", type: "boolean" };
    case "int":
    case "int32":
    case "int64":
    case "double":
      return number;
    case "string":
    case "bytes":
    case "time":
    case "microTime":
    case "duration":
      return text;
    case "rawExtension":
    case "any":
      return deduced;
    case "fieldsV1":
    case "json":
    case "structOr":
      return { kind: "atomic", holds: "any" };
    case "quantity":
    case "intOrString":
      return any;
  }
}

function listShape(field: ListField): Shape {
  if (field.listType === "set") return { kind: "set" };
  if (field.listType === "map" && field.listMapKeys?.length) {
    return { kind: "items", keys: field.listMapKeys.toSorted(), item: shapeOf(field.item) };
  }
  return { kind: "atomic", holds: "list" };
}

/** The shape of what lies at `name`; undefined: the type has no such field. */
export function childShape(
  shape: Shape & { kind: "struct" | "map" | "deduced" },
  name: string,
): Shape | undefined {
  if (shape.kind === "deduced") return deduced;
  if (shape.kind === "map") return shape.item;
  const field = fieldOf(shape.schema, name);
  if (!field) return shape.schema.preserveUnknown ? deduced : undefined;
  return shapeOf(field);
}

/** Whether `name` is a field of the type, rather than the key of a map. */
export function isNamedField(shape: Shape, name: string): boolean {
  return shape.kind === "struct" && fieldOf(shape.schema, name) !== undefined;
}

/** A key that an item leaves out and that has no default. */
export class MissingKeyError extends Error {
  override name = "MissingKeyError";
}

type ListShape = Shape & { kind: "set" | "items" };

/** The step to an item of a list that is a set or has keys. Throws MissingKeyError. */
export function stepOf(shape: ListShape, item: JsonValue): string {
  if (shape.kind === "set") return `v:${JSON.stringify(item)}`;
  if (!isObject(item)) {
    throw new MissingKeyError("associative list with keys may not have non-map elements");
  }
  if (shape.keys.length === 1) {
    const key = shape.keys[0] as string;
    return `k:{${JSON.stringify(key)}:${JSON.stringify(keyOf(shape, item, key))}}`;
  }
  const parts = shape.keys.map(
    (key) => `${JSON.stringify(key)}:${JSON.stringify(keyOf(shape, item, key))}`,
  );
  return `k:{${parts.join(",")}}`;
}

function keyOf(shape: Shape & { kind: "items" }, item: JsonObject, key: string): JsonValue {
  const value = getOwn(item, key);
  if (value !== undefined && value !== null) return value;
  const { item: inner } = shape;
  const preset = inner.kind === "struct" ? fieldOf(inner.schema, key)?.default : undefined;
  if (preset !== undefined) return preset;
  const always = inner.kind === "struct" ? fieldOf(inner.schema, key) : undefined;
  if (always?.type === "string" && always.always && always.pointer !== true) return "";
  throw new MissingKeyError(
    `associative list with keys has an element that omits key field ${JSON.stringify(key)} (and doesn't have default value)`,
  );
}

/** The items of a list by their steps; of items with the same step the first counts. */
export function indexItems(
  shape: ListShape,
  items: readonly JsonValue[],
): { steps: string[]; byStep: Map<string, JsonValue>; duplicates: string[] } {
  const steps: string[] = [];
  const duplicates: string[] = [];
  const byStep = new Map<string, JsonValue>();
  for (const item of items) {
    const step = stepOf(shape, item);
    steps.push(step);
    if (byStep.has(step)) duplicates.push(step);
    else byStep.set(step, item);
  }
  return { steps, byStep, duplicates };
}
