import { ApiError, badRequest } from "../errors.ts";
import type { JsonValue } from "../schema/schema.ts";
import { cloneJson, equalJson, getOwn, isList, isObject, setOwn } from "./json-value.ts";

/** The most operations that one JSON patch may have. */
export const jsonPatchOperationsMax = 10_000;
/** The most bytes of JSON that the `copy` operations of one patch may add. */
export const jsonPatchCopyBytesMax = 3 * 1024 * 1024;

/**
 * Applies a JSON patch (RFC 6902) and returns a new document. As the original: negative indexes
 * count from the end, and the root may be replaced and tested only. Throws 400 for what is no
 * patch, 413 for too many operations, 422 when an operation cannot be applied.
 */
export function applyJsonPatch(target: JsonValue, operations: unknown): JsonValue {
  if (!isList(operations)) throw badRequest("error decoding patch: a JSON patch must be an array");
  if (operations.length > jsonPatchOperationsMax) {
    const message = `The allowed maximum operations in a JSON patch is ${jsonPatchOperationsMax}, got ${operations.length}`;
    throw new ApiError("RequestEntityTooLarge", message);
  }
  const document = { root: cloneJson(target), copiedBytes: 0 };
  for (const operation of operations) {
    if (!isObject(operation)) throw badRequest("error decoding patch: an operation is an object");
    if (!applyOperation(document, operation)) throw rejected();
  }
  return document.root;
}

interface Document {
  root: JsonValue;
  copiedBytes: number;
}

type Operation = Record<string, JsonValue | undefined>;

/** False when the operation does not fit the document. */
function applyOperation(document: Document, operation: Operation): boolean {
  const path = operation["path"];
  if (typeof path !== "string") return false;
  const value = operation["value"] === undefined ? null : operation["value"];
  switch (operation["op"]) {
    case "add":
      return add(document, path, cloneJson(value));
    case "remove":
      return remove(document, path);
    case "replace":
      return replace(document, path, cloneJson(value));
    case "test":
      return test(document, path, value);
    case "move":
      return move(document, operation["from"], path);
    case "copy":
      return copy(document, operation["from"], path);
    default:
      return false;
  }
}

function rejected(): ApiError {
  return new ApiError("Invalid", "the server rejected our request due to an error in our request", {
    details: {},
  });
}

/** The container of what `path` points at, and the last key. */
function locate(document: Document, path: string): [JsonValue, string] | undefined {
  const parts = path.split("/").slice(1);
  const last = parts.pop();
  if (last === undefined) return undefined;
  let at: JsonValue | undefined = document.root;
  for (const part of parts) at = child(at, unescape(part));
  return at === undefined || at === null ? undefined : [at, unescape(last)];
}

function unescape(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

function child(at: JsonValue | undefined, key: string): JsonValue | undefined {
  if (isList(at)) {
    const index = indexIn(key, at.length);
    return index === undefined ? undefined : at[index];
  }
  return isObject(at) ? getOwn(at, key) : undefined;
}

function indexIn(key: string, length: number): number | undefined {
  if (!/^[+-]?\d+$/.test(key)) return undefined;
  const number = Number(key);
  const index = number < 0 ? number + length : number;
  return index >= 0 && index < length ? index : undefined;
}

function add(document: Document, path: string, value: JsonValue): boolean {
  const [at, key] = locate(document, path) ?? [undefined, ""];
  if (isList(at)) {
    const index = key === "-" ? at.length : indexIn(key, at.length + 1);
    if (index === undefined) return false;
    at.splice(index, 0, value);
    return true;
  }
  if (!isObject(at)) return false;
  setOwn(at, key, value);
  return true;
}

function remove(document: Document, path: string): boolean {
  const [at, key] = locate(document, path) ?? [undefined, ""];
  if (child(at, key) === undefined) return false;
  if (isList(at)) at.splice(indexIn(key, at.length) as number, 1);
  else if (isObject(at)) delete at[key];
  return true;
}

function replace(document: Document, path: string, value: JsonValue): boolean {
  if (path === "") {
    document.root = value;
    return true;
  }
  const [at, key] = locate(document, path) ?? [undefined, ""];
  if (child(at, key) === undefined) return false;
  if (isList(at)) at[indexIn(key, at.length) as number] = value;
  else if (isObject(at)) setOwn(at, key, value);
  return true;
}

function test(document: Document, path: string, value: JsonValue): boolean {
  if (path === "") return equalJson(document.root, value);
  const [at, key] = locate(document, path) ?? [undefined, ""];
  if (at === undefined) return false;
  return equalJson(child(at, key) ?? null, value);
}

function find(document: Document, from: JsonValue | undefined): JsonValue | undefined {
  if (typeof from !== "string") return undefined;
  const [at, key] = locate(document, from) ?? [undefined, ""];
  return child(at, key);
}

function move(document: Document, from: JsonValue | undefined, path: string): boolean {
  const value = find(document, from);
  if (value === undefined) return false;
  return remove(document, from as string) && add(document, path, value);
}

function copy(document: Document, from: JsonValue | undefined, path: string): boolean {
  const value = find(document, from);
  if (value === undefined) return false;
  document.copiedBytes += JSON.stringify(value).length;
  if (document.copiedBytes > jsonPatchCopyBytesMax) return false;
  return add(document, path, cloneJson(value));
}
