import type { Path } from "#machinery/field-error.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { itemsOf, propertyOf } from "./structural/schema.ts";

/** The rules of `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type`. */

const listTypeName = "x-kubernetes-list-type";
const mapTypeName = "x-kubernetes-map-type";
const keysName = "x-kubernetes-list-map-keys";

/** Adds what is wrong with the type of a map. */
export function checkMapType(problems: Problems, schema: JSONSchemaProps, at: Path): void {
  const mapType = schema[mapTypeName];
  if (mapType === undefined) return;
  needsType(problems, schema, "object", mapTypeName, at);
  problems.oneOf(at.child(mapTypeName), mapType, ["atomic", "granular"]);
}

function needsType(
  problems: Problems,
  { type }: JSONSchemaProps,
  wanted: string,
  because: string,
  at: Path,
): boolean {
  if (type === wanted) return true;
  const why = `must be ${wanted} if ${because} is specified`;
  if (!type) problems.required(at.child("type"), why);
  else problems.invalid(at.child("type"), type, why);
  return false;
}

/** Adds what is wrong with the type of a list and its keys. */
export function checkListTypes(
  problems: Problems,
  schema: JSONSchemaProps,
  at: Path,
  options: { readonly requireAtomicSets: boolean; readonly requireListMapKeys: boolean },
): void {
  const listType = schema[listTypeName];
  if (listType !== undefined) {
    const isArray = needsType(problems, schema, "array", listTypeName, at);
    if (isArray && options.requireAtomicSets && listType === "set")
      checkSetItems(problems, schema, at);
    problems.oneOf(at.child(listTypeName), listType, ["atomic", "set", "map"]);
  }
  const keys = schema[keysName] ?? [];
  const why = "must be map if x-kubernetes-list-map-keys is non-empty";
  if (keys.length > 0 && listType === undefined) problems.required(at.child(listTypeName), why);
  else if (keys.length > 0 && listType !== "map") {
    problems.invalid(at.child(listTypeName), listType, why);
  }
  if (listType === "map") checkKeys(problems, schema, keys, at);
  if (options.requireListMapKeys) problems.add(...keyFieldProblems(schema, at).list);
}

function checkSetItems(problems: Problems, schema: JSONSchemaProps, at: Path): void {
  const items = itemsOf(schema);
  if (!items || isAtomic(items)) return;
  const name = items.type === "array" ? listTypeName : mapTypeName;
  const why = "must be atomic as item of a list with x-kubernetes-list-type=set";
  problems.invalid(at.child("items").child(name), items[listTypeName] ?? null, why);
}

/** Whether a value of this schema is owned as a whole. */
export function isAtomic({
  type,
  [listTypeName]: list,
  [mapTypeName]: map,
}: JSONSchemaProps): boolean {
  if (type === "array") return list === undefined || list === "atomic";
  return type !== "object" || map === "atomic";
}

function checkKeys(
  problems: Problems,
  schema: JSONSchemaProps,
  keys: readonly string[],
  at: Path,
): void {
  const keysAt = at.child(keysName);
  if (keys.length === 0) {
    problems.required(keysAt, "must not be empty if x-kubernetes-list-type is map");
  }
  if (schema.items === undefined) {
    problems.required(at.child("items"), "must have a schema if x-kubernetes-list-type is map");
    return;
  }
  const items = itemsOf(schema);
  if (!items) {
    const why = "must only have a single schema if x-kubernetes-list-type is map";
    problems.invalid(at.child("items"), schema.items, why);
    return;
  }
  if (items.type !== "object") {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    problems.invalid(at.child("items").child("type"), items.type ?? "", why);
    return;
  }
  for (const [i, key] of keys.entries()) {
    const property = propertyOf(items, key);
    if (!property) problems.invalid(keysAt, keys, "entries must all be names of item properties");
    else if (property.type === "array" || property.type === "object") {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      problems.invalid(
        at.child("items").child("properties").key(key).child("type"),
        items.type,
        why,
      );
    }
    if (keys.indexOf(key) < i) problems.invalid(keysAt, keys, "must not contain duplicate entries");
  }
}

/** What is wrong with the items of sets and maps: their keys must always be there. */
export function keyFieldProblems(schema: JSONSchemaProps, at: Path): Problems {
  const problems = new Problems();
  const items = itemsOf(schema);
  const listType = schema[listTypeName];
  if (!items || (listType !== "set" && listType !== "map")) return problems;
  if (items.nullable) {
    const why = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    problems.forbidden(at.child("items").child("nullable"), why);
  }
  if (listType === "set") return problems;
  for (const key of schema[keysName] ?? []) {
    const property = propertyOf(items, key);
    if (!property) continue;
    const place = at.child("items").child("properties").key(key);
    const its = "this property is in x-kubernetes-list-map-keys, so it";
    if (property.default === undefined && !items.required?.includes(key)) {
      problems.required(
        place.child("default"),
        `${its} must have a default or be a required property`,
      );
    }
    if (property.nullable) problems.forbidden(place.child("nullable"), `${its} cannot be nullable`);
  }
  return problems;
}
