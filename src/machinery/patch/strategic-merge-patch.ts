import { ApiError, badRequest } from "../errors.ts";
import {
  fieldOf,
  type FieldSchema,
  type JsonObject,
  type JsonValue,
  type ObjectSchema,
} from "../schema/schema.ts";
import { cloneJson, getOwn, isList, isObject, setOwn } from "./json-value.ts";
import { followsOrder, indexOf, omit, orderMerged, unique, without } from "./strategic-lists.ts";

/**
 * Strategic merge patch: a merge patch in which lists that have a merge key are merged item by
 * item, and directives say more:
 *
 * - `$patch: replace | delete | merge` in an object or list item;
 * - `$retainKeys: [...]` clears all fields that are not named;
 * - `$setElementOrder/<list>: [...]` gives the order of a merged list;
 * - `$deleteFromPrimitiveList/<list>: [...]` removes scalars from a merged list.
 *
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */

const setOrderPrefix = "$setElementOrder/";
const deletePrefix = "$deleteFromPrimitiveList/";

/** What the schema says of a value: an object's type, or a map's items. */
type Shape = ObjectSchema | FieldSchema | undefined;

/** Returns a new object. Throws 400 for ill-formed directives and 500 for unknown ones. */
export function applyStrategicMergePatch(
  schema: ObjectSchema,
  target: JsonObject,
  patch: unknown,
): JsonObject {
  if (!isObject(patch)) throw badRequest("Invalid JSON document");
  return mergeMap(cloneJson(target), patch, schema);
}

function internal(message: string): ApiError {
  return new ApiError("", message, { code: 500 });
}

function unknownDirective(directive: JsonValue | undefined, within: JsonObject): ApiError {
  return internal(`unknown patch type: ${String(directive)} in map: ${JSON.stringify(within)}`);
}

/** The field of `shape` that is called `key`. */
function subField(shape: Shape, key: string): FieldSchema | undefined {
  if (shape === undefined) return undefined;
  if (!("type" in shape)) return fieldOf(shape, key);
  if (shape.type === "map") return shape.item;
  if (shape.type === "struct" || shape.type === "structOr") return fieldOf(shape.schema, key);
  return undefined;
}

function mergesLists(field: FieldSchema | undefined): boolean {
  return field?.patchStrategy?.split(",").includes("merge") ?? false;
}

function itemShape(field: FieldSchema | undefined): Shape {
  return field?.type === "list" ? field.item : undefined;
}

/** Merges `patch` into `original`, which is the caller's own copy. */
function mergeMap(original: JsonObject, patch: JsonObject, shape: Shape): JsonObject {
  const directive = getOwn(patch, "$patch");
  if (directive === "replace") return omit(patch, "$patch");
  if (directive === "delete") return {};
  if (directive !== undefined) throw unknownDirective(directive, patch);

  const rest = retainKeys(original, patch);
  for (const key of Object.keys(rest)) {
    if (key.startsWith(setOrderPrefix)) mergeOrderedList(original, rest, key, shape);
  }
  for (const key of Object.keys(rest)) {
    const change = rest[key];
    if (change === undefined || key.startsWith(setOrderPrefix)) continue;
    if (key.startsWith(deletePrefix)) deleteScalars(original, key, change);
    else mergeField(original, key, change, subField(shape, key));
  }
  return original;
}

function mergeField(
  original: JsonObject,
  key: string,
  change: JsonValue,
  field: FieldSchema | undefined,
): void {
  const old = getOwn(original, key);
  if (change === null) {
    delete original[key];
  } else if (isObject(change) && isObject(old) && field?.patchStrategy !== "replace") {
    setOwn(original, key, mergeMap(old, change, field));
  } else if (isList(change) && isList(old)) {
    setOwn(original, key, mergesLists(field) ? mergeList(old, change, field) : cloneJson(change));
  } else {
    const value = withoutDirectives(change, old === undefined);
    if (value === undefined) delete original[key];
    else setOwn(original, key, value);
  }
}

/** Applies `$retainKeys` and returns the patch without it (a copy that may be changed). */
function retainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const keys = getOwn(patch, "$retainKeys");
  const rest = omit(patch, "$retainKeys");
  if (keys === undefined) return rest;
  const bad = "patch format for $retainKeys is wrong: invalid patch format of retainKeys";
  if (!isList(keys)) throw badRequest(bad);
  const kept = new Set(keys);
  for (const key of Object.keys(rest)) {
    if (rest[key] === null || key.startsWith(deletePrefix) || key.startsWith(setOrderPrefix)) {
      continue;
    }
    if (!kept.has(key)) throw badRequest(bad);
  }
  for (const key of Object.keys(original)) if (!kept.has(key)) delete original[key];
  return rest;
}

/** Merges the list that a `$setElementOrder/…` of `patch` is about, and takes it from `patch`. */
function mergeOrderedList(
  original: JsonObject,
  patch: JsonObject,
  directive: string,
  shape: Shape,
): void {
  const key = directive.slice(setOrderPrefix.length);
  const order = patch[directive];
  const old = getOwn(original, key);
  const change = getOwn(patch, key);
  if (!isList(order)) throw badRequest("invalid patch format of setElementOrder list");
  if (old !== undefined && !isList(old)) throw internal(`${key} is not a list`);
  if (change !== undefined && !isList(change)) throw internal(`${key} is not a list`);
  const field = subField(shape, key);
  const mergeKey = field?.patchMergeKey ?? "";
  if (!followsOrder(change ?? [], order, mergeKey)) {
    throw internal(
      `The order in patch list:\n${JSON.stringify(change)}\n doesn't match ${setOrderPrefix.slice(0, -1)} list:\n${JSON.stringify(order)}\n`,
    );
  }
  delete patch[directive];
  if (old === undefined && change === undefined) return;
  const merged = mergedForOrder(old, change, field);
  delete patch[key];
  setOwn(original, key, orderMerged(merged, order, old ?? [], mergeKey));
}

function mergedForOrder(
  old: JsonValue[] | undefined,
  change: JsonValue[] | undefined,
  field: FieldSchema | undefined,
): JsonValue[] {
  if (change === undefined) return old ?? [];
  if (old === undefined) return (withoutDirectives(change, true) ?? []) as JsonValue[];
  return mergesLists(field) ? mergeList([...old], change, field) : cloneJson(change);
}

function deleteScalars(original: JsonObject, directive: string, change: JsonValue): void {
  const key = directive.slice(deletePrefix.length);
  const old = getOwn(original, key);
  if (change === null) delete original[key];
  else if (isList(old) && isList(change)) {
    setOwn(
      original,
      key,
      old.filter((item) => indexOf(change, item, "") < 0),
    );
  }
}

function mergeList(
  live: JsonValue[],
  change: readonly JsonValue[],
  field: FieldSchema | undefined,
): JsonValue[] {
  const sample = [...live, ...change][0];
  if (sample === undefined) return live;
  if (!isObject(sample)) {
    if ([...live, ...change].some((item) => isList(item))) {
      throw new ApiError("Invalid", "lists of lists are not supported", { code: 422 });
    }
    return orderMerged(unique([...live, ...change]), change, live, "");
  }
  const mergeKey = field?.patchMergeKey ?? "";
  if (mergeKey === "") throw internal("cannot merge lists without merge key");
  const { base, items } = applyItemDirectives(live, change, mergeKey);
  const merged = [...base];
  for (const item of items) {
    if (getOwn(item, mergeKey) === undefined) throw noMergeKey(item, mergeKey);
    const at = indexOf(merged, item, mergeKey);
    if (at < 0) {
      merged.push(withoutDirectives(item, true) ?? {});
    } else {
      merged[at] = mergeMap(merged[at] as JsonObject, item, itemShape(field));
    }
  }
  return orderMerged(merged, items, base, mergeKey);
}

function noMergeKey(item: JsonObject, mergeKey: string): ApiError {
  return internal(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
}

/** Obeys the items that are directives; returns what is left to merge, and into what. */
function applyItemDirectives(
  live: readonly JsonValue[],
  change: readonly JsonValue[],
  mergeKey: string,
): { base: JsonValue[]; items: JsonObject[] } {
  let base = [...live];
  const items: JsonObject[] = [];
  let replace = false;
  for (const item of change) {
    if (!isObject(item)) throw internal("expected a map in the patch's list");
    const directive = getOwn(item, "$patch");
    if (directive === undefined) {
      items.push(item);
    } else if (directive === "delete") {
      const key = getOwn(item, mergeKey);
      if (key === undefined) throw noMergeKey(item, mergeKey);
      base = without(base, mergeKey, key);
    } else if (directive === "replace") {
      replace = true;
    } else if (directive === "merge") {
      throw internal("merging lists cannot yet be specified in the patch");
    } else {
      throw unknownDirective(directive, item);
    }
  }
  return replace ? { base: items.map((item) => cloneJson(item)), items: [] } : { base, items };
}

/**
 * A new value as it is stored: without directives, nor what they remove. Undefined: nothing is
 * left. `dropNulls`: there was nothing before that a null could remove.
 */
function withoutDirectives(value: JsonValue, dropNulls: boolean): JsonValue | undefined {
  if (isList(value)) {
    return value
      .map((item) => withoutDirectives(item, dropNulls))
      .filter((item) => item !== undefined);
  }
  if (!isObject(value)) return value;
  if (getOwn(value, "$patch") === "delete") return undefined;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    const directive =
      key === "$patch" ||
      key === "$retainKeys" ||
      key.startsWith(setOrderPrefix) ||
      key.startsWith(deletePrefix);
    if (directive || inner === undefined || (dropNulls && inner === null)) continue;
    const clean = withoutDirectives(inner, dropNulls);
    if (clean !== undefined) setOwn(kept, key, clean);
  }
  // An item that says no more than `$patch: replace` is a directive, not a value.
  if (getOwn(value, "$patch") === "replace" && Object.keys(kept).length === 0) return undefined;
  return kept;
}
