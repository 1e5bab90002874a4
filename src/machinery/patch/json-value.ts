import type { JsonObject, JsonValue } from "../schema/schema.ts";

/**
 * Small tools for JSON values that came from clients. Reads look at own properties only and writes
 * always make own properties, so that a key such as `__proto__` is just a key.
 */

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is JsonValue[] {
  return Array.isArray(value);
}

/** The own property `key`, if there is one. */
export function getOwn(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets `key` as an own property, whatever its name. */
export function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    object[key] = value;
  }
}

/** A deep copy that shares nothing with `value`. */
export function cloneJson<T>(value: T): T {
  return clone(value as JsonValue) as T;
}

function clone(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(clone);
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner !== undefined) setOwn(copy, key, clone(inner));
  }
  return copy;
}

/** Whether two JSON values are the same; the order of keys does not matter, undefined is absent. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (left === null || right === null) return false;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, at) => equalJson(item, right[at]));
  }
  if (Array.isArray(right)) return false;
  return equalObjects(left as JsonObject, right as JsonObject);
}

function equalObjects(left: JsonObject, right: JsonObject): boolean {
  for (const key of Object.keys(left)) {
    if (!equalJson(left[key], getOwn(right, key))) return false;
  }
  for (const key of Object.keys(right)) {
    if (right[key] !== undefined && getOwn(left, key) === undefined) return false;
  }
  return true;
}
