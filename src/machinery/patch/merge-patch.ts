import { badRequest } from "../errors.ts";
import type { JsonObject, JsonValue } from "../schema/schema.ts";
import { cloneJson, getOwn, isList, isObject, setOwn } from "./json-value.ts";

/**
 * Applies a JSON merge patch (RFC 7386) and returns a new document: null removes, objects merge,
 * all else replaces. Throws 400 when the patch is not an object.
 */
export function applyMergePatch(target: JsonValue, patch: unknown): JsonValue {
  if (!isObject(patch)) throw badRequest("Invalid JSON Patch");
  return merge(target, patch);
}

function merge(target: JsonValue | undefined, patch: JsonObject): JsonObject {
  const merged: JsonObject = {};
  const base = isObject(target) ? target : {};
  for (const key of Object.keys(base)) {
    const change = getOwn(patch, key);
    const old = base[key];
    if (change === null || old === undefined) continue;
    if (change === undefined) setOwn(merged, key, cloneJson(old));
    else setOwn(merged, key, isObject(change) ? merge(old, change) : withoutNulls(change));
  }
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === null || change === undefined || getOwn(base, key) !== undefined) continue;
    setOwn(merged, key, withoutNulls(change));
  }
  return merged;
}

/** What a new value becomes: its own nulls say "remove" too. */
function withoutNulls(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept: JsonObject = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner !== null && inner !== undefined) setOwn(kept, key, withoutNulls(inner));
  }
  return kept;
}
