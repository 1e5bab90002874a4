import { duplicate, type FieldError, invalid } from "#machinery/field-error.ts";
import { isObject } from "#machinery/patch/json-value.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { childOf } from "./places.ts";
import { additionalOf, itemsOf, propertyOf, remembered, someSchema } from "./schema.ts";

const hasUniqueLists = remembered((schema) =>
  someSchema(schema, (each) => {
    const type = each["x-kubernetes-list-type"];
    return type === "set" || type === "map";
  }),
);

/** What is there twice in lists that are sets or maps. */
export function duplicateItems(value: unknown, schema: JSONSchemaProps, at = ""): FieldError[] {
  const errors: FieldError[] = [];
  visit(value, schema, at, errors);
  return errors;
}

function visit(value: unknown, schema: JSONSchemaProps, at: string, errors: FieldError[]): void {
  if (!hasUniqueLists(schema)) return;
  if (Array.isArray(value)) {
    const type = schema["x-kubernetes-list-type"];
    if (type === "set") checkSet(value, at, errors);
    if (type === "map") checkMap(value, schema["x-kubernetes-list-map-keys"] ?? [], at, errors);
    const items = itemsOf(schema);
    if (items) for (const [i, item] of value.entries()) visit(item, items, `${at}[${i}]`, errors);
    return;
  }
  if (!isObject(value)) return;
  const additional = additionalOf(schema);
  for (const [name, inner] of Object.entries(value)) {
    const property = propertyOf(schema, name);
    if (additional) visit(inner, additional, `${at}[${name}]`, errors);
    if (property) visit(inner, property, childOf(at, name), errors);
  }
}

function checkSet(items: readonly unknown[], at: string, errors: FieldError[]): void {
  for (const index of repeated(items.map(canonical))) {
    errors.push(duplicate(`${at}[${index}]`, items[index]));
  }
}

function checkMap(
  items: readonly unknown[],
  keyFields: readonly string[],
  at: string,
  errors: FieldError[],
): void {
  const wrong = items.findIndex((item) => item !== null && !isObject(item));
  if (wrong >= 0) {
    const why = "must be an object for an array of list-type map";
    errors.push(invalid(`${at}[${wrong}]`, items[wrong], why));
    return;
  }
  const keys = items.map((item) => listMapKey(item, keyFields));
  for (const index of repeated(keys.map(canonical))) {
    errors.push(duplicate(`${at}[${index}]`, keys[index]));
  }
}

/** The key fields of an item of a list that is a map. */
export function listMapKey(item: unknown, keyFields: readonly string[]): Record<string, unknown> {
  if (!isObject(item)) return {};
  const present = keyFields.filter((field) => Object.hasOwn(item, field));
  return Object.fromEntries(present.map((field) => [field, item[field]]));
}

/** Text that is the same for equal values. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** The place where each repeated text comes for the second time. */
function repeated(texts: readonly string[]): number[] {
  const times = new Map<string, number>();
  return texts.flatMap((text, index) => {
    const before = times.get(text) ?? 0;
    times.set(text, before + 1);
    return before === 1 ? [index] : [];
  });
}
