import type { JSONSchemaProps } from "../json-schema-props.ts";
import { cloneJson, isObject, setOwn } from "#machinery/patch/json-value.ts";
import type { JsonObject, JsonValue } from "#machinery/schema/schema.ts";
import { childOf } from "./places.ts";
import {
  additionalOf,
  isEmbedded,
  itemsOf,
  preserves,
  propertyOf,
  remembered,
  someSchema,
  typeAndMeta,
  valueSchemaOf,
} from "./schema.ts";

/**
 * Defaulting and pruning. Both leave what they are given alone: what did not change is shared, and
 * a value in which nothing changed is returned itself, so that reading stored objects costs no copy.
 */

/** Fields of `additionalProperties: true`: they may be there, with nothing known about them. */
const nothing: JSONSchemaProps = {};

const hasDefaults = remembered((schema) =>
  someSchema(schema, (each) => each.default !== undefined),
);

/** The value with the schema's defaults where fields are absent, or null and not nullable. */
export function withDefaults(value: unknown, schema: JSONSchemaProps | undefined): unknown {
  if (schema === undefined || !hasDefaults(schema)) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (!items) return value;
    return mapList(value, (item) => withDefaults(orDefault(item, items), items));
  }
  if (!isObject(value)) return value;
  let out = value;
  for (const name in schema.properties) {
    const property = propertyOf(schema, name);
    if (property?.default === undefined || property.default === null) continue;
    if (Object.hasOwn(value, name) && !isForbiddenNull(value[name], property)) continue;
    if (out === value) out = { ...value };
    setOwn(out, name, cloneJson(property.default));
  }
  return mapObject(out, (name, inner) => {
    const property = propertyOf(schema, name);
    if (property) return withDefaults(inner, property);
    const additional = additionalOf(schema);
    return additional ? withDefaults(orDefault(inner, additional), additional) : inner;
  });
}

function orDefault(value: unknown, schema: JSONSchemaProps): unknown {
  return isForbiddenNull(value, schema) && schema.default !== undefined
    ? cloneJson(schema.default)
    : value;
}

function isForbiddenNull(value: unknown, schema: JSONSchemaProps): boolean {
  return value === null && schema.nullable !== true;
}

/** How to look at a value: its fields are checked, or everything unknown is kept. */
type Pruning = "prune" | "keep";

/**
 * The value without fields that the schema does not have. `isRoot`: the schema is of a whole object,
 * whose type and metadata are always known.
 */
export function pruned(value: unknown, schema: JSONSchemaProps, isRoot: boolean): unknown {
  return prune(value, schema, isRoot || isEmbedded(schema), undefined, "");
}

/** The places of the fields that `pruned` drops: `spec.a[0].b`. */
export function unknownPaths(value: unknown, schema: JSONSchemaProps): string[] {
  const found: string[] = [];
  prune(value, schema, true, found, "");
  return found;
}

function prune(
  value: unknown,
  schema: JSONSchemaProps | undefined,
  embedded: boolean,
  found: string[] | undefined,
  at: string,
  how: Pruning = "prune",
): unknown {
  const keeps = how === "keep" || (schema !== undefined && preserves(schema));
  if (Array.isArray(value)) {
    const items = schema && itemsOf(schema);
    if (keeps && !items) return value;
    return mapList(value, (item, index) =>
      prune(
        item,
        items,
        items ? isEmbedded(items) : false,
        found,
        found ? `${at}[${index}]` : "",
        keeps ? "keep" : "prune",
      ),
    );
  }
  if (!isObject(value)) return value;
  return mapObject(value, (name, inner) => {
    if (embedded && typeAndMeta.has(name)) return inner;
    const place = found ? childOf(at, name) : "";
    const known = schema && knownField(schema, name);
    if (known)
      return prune(inner, known === nothing ? undefined : known, isEmbedded(known), found, place);
    if (keeps) return inner;
    found?.push(place);
    return dropped;
  });
}

function knownField(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  const property = propertyOf(schema, name);
  if (property) return property;
  // Upstream takes `additionalProperties: false` like `true` here; validation refuses the fields.
  return schema.additionalProperties === undefined ? undefined : (additionalOf(schema) ?? nothing);
}

/** The value without nulls in fields that are neither nullable nor have a default. */
export function withoutNulls(value: unknown, schema: JSONSchemaProps | undefined): unknown {
  if (schema === undefined) return value;
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    return items ? mapList(value, (item) => withoutNulls(item, items)) : value;
  }
  if (!isObject(value)) return value;
  return mapObject(value, (name, inner) => {
    const known = valueSchemaOf(schema, name);
    if (known && isForbiddenNull(inner, known) && known.default === undefined) return dropped;
    return withoutNulls(inner, known);
  });
}

const dropped: unique symbol = Symbol("dropped");

function mapObject(
  value: JsonObject,
  change: (name: string, inner: unknown) => unknown,
): JsonObject {
  let out: JsonObject | undefined;
  for (const name of Object.keys(value)) {
    const inner = value[name];
    const next = change(name, inner);
    if (next === inner) continue;
    out ??= { ...value };
    if (next === dropped) delete out[name];
    else setOwn(out, name, next as JsonValue);
  }
  return out ?? value;
}

function mapList(
  value: readonly unknown[],
  change: (item: unknown, index: number) => unknown,
): unknown[] {
  let out: unknown[] | undefined;
  for (const [index, item] of value.entries()) {
    const next = change(item, index);
    if (next === item) continue;
    out ??= [...value];
    out[index] = next;
  }
  return out ?? (value as unknown[]);
}
