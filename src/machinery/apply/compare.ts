import { equalJson, getOwn, isList, isObject } from "../patch/json-value.ts";
import type { JsonObject, JsonValue, ObjectSchema } from "../schema/schema.ts";
import { FieldSet } from "./field-set.ts";
import { childShape, indexItems, type Shape, shapeOfType, stepOf } from "./shape.ts";

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

/** A step of a path: a field's name, or an item of a list, whose name is costly to make. */
type Step = string | { readonly shape: ListShape; readonly item: JsonValue };
type ListShape = Shape & { kind: "set" | "items" };

const anyScalar: Shape = { kind: "scalar", type: "any" };

class Walker implements Comparison {
  readonly added = new FieldSet();
  readonly modified = new FieldSet();
  readonly removed = new FieldSet();
  readonly #path: Step[] = [];

  #insert(set: FieldSet): void {
    set.insert(
      this.#path.map((step) =>
        typeof step === "string" ? `f:${step}` : stepOf(step.shape, step.item),
      ),
    );
  }

  #descend(step: Step, shape: Shape, live?: JsonValue, next?: JsonValue): void {
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
    if (live === undefined) this.#insert(this.added);
    else if (next === undefined) this.#insert(this.removed);
  }

  #leaf(live: JsonValue | undefined, next: JsonValue | undefined): void {
    if (live === undefined) this.#insert(this.added);
    else if (next === undefined) this.#insert(this.removed);
    else if (!equalJson(live, next)) this.#insert(this.modified);
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
      const before = left[name];
      const after = right && getOwn(right, name);
      // Most fields are as they were.
      if (before === after) continue;
      const inner = childShape(shape, name);
      if (inner) this.#descend(name, inner, before, after);
    }
    for (const name in right) {
      if (left && Object.hasOwn(left, name)) continue;
      const inner = childShape(shape, name);
      if (inner) this.#descend(name, inner, undefined, right[name]);
    }
    return true;
  }

  #visitList(shape: ListShape, live: JsonValue | undefined, next: JsonValue | undefined): boolean {
    const left = isList(live) ? live : [];
    const right = isList(next) ? next : [];
    if (left.length === 0 && right.length === 0) return false;
    const item: Shape = shape.kind === "items" ? shape.item : anyScalar;
    if (inSameOrder(shape, left, right)) {
      for (const [i, before] of left.entries()) {
        this.#descend({ shape, item: before }, item, before, right[i]);
      }
      return true;
    }
    const before = indexItems(shape, left).byStep;
    const after = indexItems(shape, right).byStep;
    for (const [step, old] of before) {
      this.#descend({ shape, item: old }, item, old, after.get(step));
    }
    for (const [step, value] of after) {
      if (!before.has(step)) this.#descend({ shape, item: value }, item, undefined, value);
    }
    return true;
  }
}

/** Whether both lists have the same items, by their keys, at the same places. */
function inSameOrder(
  shape: ListShape,
  left: readonly JsonValue[],
  right: readonly JsonValue[],
): boolean {
  if (left.length !== right.length) return false;
  if (shape.kind === "set") return left.every((value, i) => value === right[i]);
  return left.every((value, i) => {
    const other = right[i];
    if (!isObject(value) || !isObject(other)) return false;
    return shape.keys.every((key) => {
      const mine = getOwn(value, key);
      return mine !== undefined && typeof mine !== "object" && mine === getOwn(other, key);
    });
  });
}

function isEmpty(object: JsonObject | undefined): boolean {
  for (const _ in object) return false;
  return true;
}
