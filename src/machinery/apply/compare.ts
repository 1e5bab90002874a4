import { equalJson, getOwn, isList, isObject } from "../patch/json-value.ts";
import type { JsonObject, JsonValue, ObjectSchema } from "../schema/schema.ts";
import { FieldSet } from "./field-set.ts";
import { childShape, indexItems, type Shape, shapeOfType } from "./shape.ts";

/** What differs between two objects, as paths of fields that can be owned. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** Compares `live` with `next`, both of the same type. Equal parts that are shared cost nothing. */
export function compare(schema: ObjectSchema, live: JsonObject, next: JsonObject): Comparison {
  const walker = new Walker();
  walker.visit(shapeOfType(schema), live, next);
  return walker;
}

class Walker implements Comparison {
  readonly added = new FieldSet();
  readonly modified = new FieldSet();
  readonly removed = new FieldSet();
  readonly #path: string[] = [];

  #descend(step: string, shape: Shape, live?: JsonValue, next?: JsonValue): void {
    if (live === next && live !== undefined) return;
    this.#path.push(step);
    this.visit(shape, live, next);
    this.#path.pop();
  }

  visit(shape: Shape, live: JsonValue | undefined, next: JsonValue | undefined): void {
    if (live === undefined && next === undefined) return;
    if (!this.#visitInside(shape, live, next)) {
      this.#leaf(live, next);
      return;
    }
    if (live === undefined) this.added.insert(this.#path);
    else if (next === undefined) this.removed.insert(this.#path);
  }

  #leaf(live: JsonValue | undefined, next: JsonValue | undefined): void {
    if (live === undefined) this.added.insert(this.#path);
    else if (next === undefined) this.removed.insert(this.#path);
    else if (!equalJson(live, next)) this.modified.insert(this.#path);
  }

  /** False: the value is owned as a whole. */
  #visitInside(shape: Shape, live: JsonValue | undefined, next: JsonValue | undefined): boolean {
    switch (shape.kind) {
      case "scalar":
      case "atomic":
        return false;
      case "struct":
      case "map":
      case "deduced":
        return this.#visitMap(shape, live, next);
      case "set":
      case "items":
        return this.#visitList(shape, live, next);
    }
  }

  #visitMap(
    shape: Shape & { kind: "struct" | "map" | "deduced" },
    live: JsonValue | undefined,
    next: JsonValue | undefined,
  ): boolean {
    if (shape.kind === "deduced" && !isObject(live ?? next)) return false;
    const left = isObject(live) ? live : undefined;
    const right = isObject(next) ? next : undefined;
    if (isEmpty(left) && isEmpty(right)) return false;
    for (const name in left) {
      const inner = childShape(shape, name);
      if (inner) this.#descend(`f:${name}`, inner, left[name], right && getOwn(right, name));
    }
    for (const name in right) {
      if (left && Object.hasOwn(left, name)) continue;
      const inner = childShape(shape, name);
      if (inner) this.#descend(`f:${name}`, inner, undefined, right[name]);
    }
    return true;
  }

  #visitList(
    shape: Shape & { kind: "set" | "items" },
    live: JsonValue | undefined,
    next: JsonValue | undefined,
  ): boolean {
    const left = isList(live) ? live : [];
    const right = isList(next) ? next : [];
    if (left.length === 0 && right.length === 0) return false;
    const before = indexItems(shape, left).byStep;
    const after = indexItems(shape, right).byStep;
    const item: Shape = shape.kind === "items" ? shape.item : { kind: "scalar", type: "any" };
    for (const [step, old] of before) this.#descend(step, item, old, after.get(step));
    for (const [step, value] of after) {
      if (!before.has(step)) this.#descend(step, item, undefined, value);
    }
    return true;
  }
}

function isEmpty(object: JsonObject | undefined): boolean {
  for (const _ in object) return false;
  return true;
}
