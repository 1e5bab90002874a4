import { escapeField } from "./json-values.ts";
import type { CelType, ListType, ObjectField, ObjectType } from "./types.ts";

/**
 * The types of custom resources, from their structural schemas, with bounds on their sizes: from
 * the schema where it says one, otherwise from what fits into a request.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */

/** As much of a structural schema as types need. */
export interface JsonSchema {
  readonly type?: string | undefined;
  readonly format?: string | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly additionalProperties?: JsonSchema | boolean | undefined;
  readonly items?: JsonSchema | readonly JsonSchema[] | undefined;
  readonly required?: readonly string[] | null | undefined;
  readonly default?: unknown;
  readonly enum?: readonly unknown[] | null | undefined;
  readonly maxLength?: number | undefined;
  readonly maxItems?: number | undefined;
  readonly maxProperties?: number | undefined;
  readonly "x-kubernetes-int-or-string"?: boolean | undefined;
  readonly "x-kubernetes-embedded-resource"?: boolean | undefined;
  readonly "x-kubernetes-list-type"?: string | undefined;
  readonly "x-kubernetes-list-map-keys"?: readonly string[] | null | undefined;
}

const requestBytesMax = 3 * 1024 * 1024;
/** The least bytes that values take in JSON. */
const leastBytes = { string: 2, bool: 4, number: 1, object: 2, list: 2, map: 2 } as const;
const texts: Readonly<
  Record<string, { kind: "duration" | "timestamp"; least: number; max: number }>
> = {
  duration: { kind: "duration", least: 4, max: 32 },
  date: { kind: "timestamp", least: 12, max: 12 },
  "date-time": { kind: "timestamp", least: 21, max: 31 },
};

/** The least bytes that a value of the schema takes in JSON. */
export function leastBytesOf(schema: JsonSchema, isResource = false): number {
  return sized(schema, isResource)?.least ?? 1;
}

interface Sized {
  readonly type: CelType;
  /** The least bytes of a value in JSON. */
  readonly least: number;
}

/** The type of values of the schema; undefined for what expressions cannot see. */
export function typeOfJsonSchema(schema: JsonSchema, isResource = false): CelType | undefined {
  return sized(schema, isResource)?.type;
}

function sized(schema: JsonSchema, isResource: boolean): Sized | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) {
    const max = schema.maxLength === undefined ? requestBytesMax - 2 : bytesOf(schema.maxLength);
    return { type: { kind: "dyn", max }, least: 1 };
  }
  switch (schema.type) {
    case "array":
      return listType(schema);
    case "object":
      return typeof schema.additionalProperties === "object"
        ? mapType(schema, schema.additionalProperties)
        : objectOf(isResource ? withMeta(schema) : schema);
    case "string":
      return stringType(schema);
    // Numbers have no size, and so cost nothing to compare, as upstream counts.
    case "boolean":
      return { type: { kind: "bool", max: 0 }, least: leastBytes.bool };
    case "number":
      return { type: { kind: "double", max: 0 }, least: leastBytes.number };
    case "integer":
      return { type: { kind: "int", max: 0 }, least: leastBytes.number };
    default:
      return undefined;
  }
}

function isEmbedded(schema: JsonSchema): boolean {
  return schema["x-kubernetes-embedded-resource"] === true;
}

/** Lengths count characters, which have up to four bytes. */
function bytesOf(length: number): number {
  return Math.max(length, 0) * 4;
}

function listType(schema: JsonSchema): Sized | undefined {
  const { items, maxItems } = schema;
  if (!items || Array.isArray(items)) return undefined;
  const item = sized(items as JsonSchema, isEmbedded(items as JsonSchema));
  if (!item) return undefined;
  const max = maxItems ?? Math.floor((requestBytesMax - 2) / (item.least + 1));
  const listed = schema["x-kubernetes-list-type"];
  const type: ListType = {
    kind: "list",
    item: item.type,
    max: Math.max(max, 0),
    ...(listed === "set" || listed === "map" ? { listType: listed } : {}),
    ...(listed === "map" ? { keys: schema["x-kubernetes-list-map-keys"] ?? [] } : {}),
  };
  return { type, least: leastBytes.list };
}

function mapType(schema: JsonSchema, values: JsonSchema): Sized | undefined {
  const value = sized(values, isEmbedded(values));
  if (!value) return undefined;
  const fitting = Math.floor((requestBytesMax - 2) / (value.least + 6));
  const max = Math.max(schema.maxProperties ?? fitting, 0);
  const key: CelType = { kind: "string", max: 0 };
  return { type: { kind: "map", key, value: value.type, max }, least: leastBytes.map };
}

function stringType({ format = "", maxLength, enum: choices }: JsonSchema): Sized {
  const special = texts[format];
  if (special) return { type: { kind: special.kind, max: special.max }, least: special.least };
  if (format === "byte") {
    const max = maxLength ?? requestBytesMax - 2;
    return { type: { kind: "bytes", max: Math.max(max, 0) }, least: leastBytes.string };
  }
  let max = requestBytesMax - 2;
  if (maxLength !== undefined) max = bytesOf(maxLength);
  else if (choices?.length) {
    max = Math.max(...choices.map((choice) => (typeof choice === "string" ? choice.length : 0)));
  }
  return { type: { kind: "string", max }, least: leastBytes.string };
}

function objectOf(schema: JsonSchema): Sized {
  const fields = new Map<string, ObjectField>();
  let least: number = leastBytes.object;
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const inner = sized(property, isEmbedded(property));
    if (!inner) continue;
    const written = escapeField(name);
    if (written !== undefined) {
      fields.set(written, { type: inner.type, ...(written === name ? {} : { jsonName: name }) });
    }
    if (schema.required?.includes(name) && property.default === undefined) {
      least += name.length + inner.least + 4;
    }
  }
  const type: ObjectType = { kind: "object", name: "object", field: (name) => fields.get(name) };
  return { type, least };
}

/** Of every resource, type and name can be seen, said or not. */
function withMeta(schema: JsonSchema): JsonSchema {
  const text: JsonSchema = { type: "string" };
  const metadata: JsonSchema = {
    type: "object",
    properties: { name: text, generateName: text },
  };
  return {
    ...schema,
    properties: { ...schema.properties, kind: text, apiVersion: text, metadata },
  };
}
