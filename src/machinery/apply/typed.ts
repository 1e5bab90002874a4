import { cloneJson, isList, isObject, setOwn } from "../patch/json-value.ts";
import type { JsonObject, JsonValue, ObjectSchema } from "../schema/schema.ts";
import { FieldSet, pathText } from "./field-set.ts";
import {
  childShape,
  indexItems,
  isNamedField,
  MissingKeyError,
  type Shape,
  shapeOfType,
  stepOf,
} from "./shape.ts";

/** Operations on values whose type is known: check, list fields, merge, take fields away. */

type MapShape = Shape & { kind: "struct" | "map" | "deduced" };
type ListShape = Shape & { kind: "set" | "items" };

const itemShape = (shape: ListShape): Shape =>
  shape.kind === "items" ? shape.item : { kind: "scalar", type: "any" };

/** What in an applied object is not of its type, in upstream's words. */
export function typeMistakes(schema: ObjectSchema, value: JsonObject): string[] {
  const mistakes: string[] = [];
  check(shapeOfType(schema), value, [], mistakes);
  return mistakes;
}

function check(
  shape: Shape,
  value: JsonValue | undefined,
  path: readonly string[],
  mistakes: string[],
): void {
  if (value === null || value === undefined) return;
  const wrong = (expected: string) =>
    void mistakes.push(`${pathText(path)}: expected ${expected}, got ${JSON.stringify(value)}`);
  switch (shape.kind) {
    case "scalar":
      if (shape.type === "number" && typeof value !== "number") {
        wrong("numeric (int or float)");
      } else if (shape.type !== "any" && shape.type !== "number" && typeof value !== shape.type) {
        wrong(shape.type);
      }
      return;
    case "atomic":
      if (shape.holds === "list" && !isList(value)) wrong("list");
      if (shape.holds === "map" && !isObject(value)) wrong("map");
      return;
    case "deduced":
      return;
    case "struct":
    case "map":
      if (!isObject(value)) wrong("map");
      else checkMap(shape, value, path, mistakes);
      return;
    case "set":
    case "items":
      if (!isList(value)) wrong("list");
      else checkList(shape, value, path, mistakes);
  }
}

function checkMap(
  shape: MapShape,
  value: JsonObject,
  path: readonly string[],
  mistakes: string[],
): void {
  for (const name of Object.keys(value)) {
    const inner = childShape(shape, name);
    const at = [...path, `f:${name}`];
    if (!inner) mistakes.push(`${pathText(at)}: field not declared in schema`);
    else check(inner, value[name], at, mistakes);
  }
}

function checkList(
  shape: ListShape,
  value: readonly JsonValue[],
  path: readonly string[],
  mistakes: string[],
): void {
  const seen = new Set<string>();
  for (const [i, item] of value.entries()) {
    try {
      const step = stepOf(shape, item);
      if (seen.has(step)) {
        mistakes.push(`${pathText(path)}: duplicate entries for key ${pathText([step])}`);
      }
      seen.add(step);
      check(itemShape(shape), item, [...path, step], mistakes);
    } catch (error) {
      if (!(error instanceof MissingKeyError)) throw error;
      mistakes.push(`${pathText(path)}: element ${i}: ${error.message}`);
    }
  }
}

/** The fields that an object sets. */
export function fieldSetOf(schema: ObjectSchema, value: JsonObject): FieldSet {
  const set = new FieldSet();
  collect(shapeOfType(schema), value, set);
  return set;
}

function collect(shape: Shape, value: JsonValue | undefined, node: FieldSet): void {
  switch (shape.kind) {
    case "scalar":
    case "atomic":
      node.member = true;
      return;
    case "deduced":
      if (!isObject(value)) node.member = true;
      else collectMap(shape, value, node);
      return;
    case "struct":
    case "map":
      if (isObject(value)) collectMap(shape, value, node);
      return;
    case "set":
    case "items":
      for (const item of isList(value) ? value : []) {
        const child = node.at(stepOf(shape, item));
        child.member = true;
        collect(itemShape(shape), item, child);
      }
  }
}

function collectMap(shape: MapShape, value: JsonObject, node: FieldSet): void {
  for (const name of Object.keys(value)) {
    const inner = childShape(shape, name);
    const field = value[name];
    if (!inner || field === undefined) continue;
    const child = node.at(`f:${name}`);
    collect(inner, field, child);
    const empty = field === null || (isObject(field) && Object.keys(field).length === 0);
    if (empty || !isNamedField(shape, name)) child.member = true;
    if (child.isEmpty) node.children.delete(`f:${name}`);
  }
}

/** `live` with all that `applied` says; lists are merged item by item where they can be. */
export function mergeTyped(
  schema: ObjectSchema,
  live: JsonObject,
  applied: JsonObject,
): JsonObject {
  return merge(shapeOfType(schema), live, applied) as JsonObject;
}

function merge(shape: Shape, live: JsonValue | undefined, applied: JsonValue): JsonValue {
  if (live === undefined || live === null || applied === null) return cloneJson(applied);
  switch (shape.kind) {
    case "scalar":
    case "atomic":
      return cloneJson(applied);
    case "struct":
    case "map":
    case "deduced":
      if (!isObject(live) || !isObject(applied)) return cloneJson(applied);
      return mergeMaps(shape, live, applied);
    case "set":
    case "items":
      if (!isList(live) || !isList(applied)) return cloneJson(applied);
      return mergeLists(shape, live, applied);
  }
}

function mergeMaps(shape: MapShape, live: JsonObject, applied: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const name of Object.keys(live)) {
    const value = live[name];
    if (value === undefined) continue;
    const change = Object.hasOwn(applied, name) ? applied[name] : undefined;
    const inner = childShape(shape, name);
    const merged =
      change === undefined || !inner ? cloneJson(change ?? value) : merge(inner, value, change);
    setOwn(out, name, merged);
  }
  for (const name of Object.keys(applied)) {
    const change = applied[name];
    if (change !== undefined && !Object.hasOwn(live, name)) setOwn(out, name, cloneJson(change));
  }
  return out;
}

/**
 * The applied items keep their order, the others the live one; others stay before the shared item
 * that they were before.
 */
function mergeLists(
  shape: ListShape,
  live: readonly JsonValue[],
  applied: readonly JsonValue[],
): JsonValue[] {
  const left = indexItems(shape, live);
  const right = indexItems(shape, applied);
  const shared = right.steps.filter((step) => left.byStep.has(step));
  const merged = new Set<string>();
  const out: JsonValue[] = [];
  let nextShared = shared.shift();
  const take = (step: string) => {
    merged.add(step);
    const value = right.byStep.get(step) as JsonValue;
    out.push(merge(itemShape(shape), left.byStep.get(step), value));
    if (step === nextShared) nextShared = shared.shift();
  };
  let l = 0;
  let r = 0;
  while (l < left.steps.length || r < right.steps.length) {
    const mine = left.steps[l];
    const theirs = right.steps[r];
    if (mine !== undefined && theirs !== undefined) {
      if (mine === theirs) {
        take(mine);
        l += 1;
        r += 1;
        continue;
      }
      if (right.byStep.has(mine) && nextShared !== undefined && nextShared !== mine) {
        l += 1;
        continue;
      }
    }
    if (mine !== undefined) {
      if (!right.byStep.has(mine)) {
        out.push(cloneJson(live[l] as JsonValue));
        l += 1;
        continue;
      }
      if (merged.has(mine)) l += 1;
    }
    if (theirs !== undefined) {
      take(theirs);
      r += 1;
    }
  }
  return out;
}

/** `value` without the fields and items in `gone`; what is empty then is null. */
export function removeFields(schema: ObjectSchema, value: JsonObject, gone: FieldSet): JsonObject {
  const out = remove(shapeOfType(schema), value, gone);
  return isObject(out) ? out : {};
}

function remove(shape: Shape, value: JsonValue, gone: FieldSet): JsonValue {
  if (gone.children.size === 0) return value;
  if (
    isObject(value) &&
    (shape.kind === "struct" || shape.kind === "map" || shape.kind === "deduced")
  ) {
    const out: JsonObject = {};
    for (const name of Object.keys(value)) {
      const field = value[name];
      const node = gone.children.get(`f:${name}`);
      if (field === undefined || node?.member) continue;
      const inner = childShape(shape, name);
      setOwn(out, name, node && inner ? remove(inner, field, node) : field);
    }
    return Object.keys(out).length === 0 ? null : out;
  }
  if (isList(value) && (shape.kind === "set" || shape.kind === "items")) {
    const out: JsonValue[] = [];
    for (const item of value) {
      const node = gone.children.get(stepOf(shape, item));
      if (node?.member) continue;
      out.push(node ? remove(itemShape(shape), item, node) : item);
    }
    return out.length === 0 ? null : out;
  }
  return value;
}

/** Adds the named fields on the way to each path: a struct is there if something in it is. */
export function withNamedFields(schema: ObjectSchema, set: FieldSet): FieldSet {
  return named(shapeOfType(schema), set);
}

function named(shape: Shape | undefined, set: FieldSet): FieldSet {
  const out = new FieldSet();
  out.member = set.member;
  for (const [step, child] of set.children) {
    const name = step.slice(2);
    const isField = step.startsWith("f:");
    const made = named(shape && below(shape, step), child);
    if (isField && shape && child.children.size > 0 && isNamedField(shape, name)) {
      made.member = true;
    }
    out.children.set(step, made);
  }
  return out;
}

function below(shape: Shape, step: string): Shape | undefined {
  if (shape.kind === "struct" || shape.kind === "map" || shape.kind === "deduced") {
    return step.startsWith("f:") ? childShape(shape, step.slice(2)) : undefined;
  }
  return shape.kind === "items" ? shape.item : undefined;
}
