import {
  type FieldError,
  invalid,
  notSupported,
  required,
  tooMany,
  typeInvalid,
} from "#machinery/field-error.ts";
import { equalJson, isObject } from "#machinery/patch/json-value.ts";
import type { JsonObject } from "#machinery/schema/schema.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { formatCheck } from "./formats.ts";
import { canonical, listMapKey } from "./lists.ts";
import { fieldAt, noField } from "./places.ts";
import { checkNumber, checkString } from "./scalar-values.ts";
import { additionalOf, itemsOf, propertyOf, typesOf } from "./schema.ts";

/**
 * What OpenAPI v3 says about values: types, bounds, patterns, required fields, combinations. Errors
 * are worded as upstream words them (go-openapi/validate as Kubernetes keeps it).
 */

/** What the value replaces: errors of what did not change are let pass (KEP-4008). */
export interface Replaced {
  readonly old: unknown;
}

/** What was found at one place and below. */
interface Result {
  readonly errors: FieldError[];
  /** How many checks applied; tells which of several alternatives was meant. */
  matches: number;
}

/**
 * The errors of a value. `at` is put in front of their fields; without it, what belongs to no
 * field is at `<nil>`.
 */
export function validateValue(
  value: unknown,
  schema: JSONSchemaProps,
  options: { readonly replaced?: Replaced | undefined; readonly at?: string } = {},
): FieldError[] {
  const { errors } = check(value, schema, "", options.replaced);
  const { at } = options;
  if (at === undefined) return errors;
  return errors.map((error) => ({
    ...error,
    field: error.field === noField ? at : `${at}.${error.field}`,
  }));
}

function check(
  value: unknown,
  schema: JSONSchemaProps,
  path: string,
  replaced: Replaced | undefined,
): Result {
  const result: Result = { errors: [], matches: 0 };
  if (value === null || value === undefined) {
    merge(result, checkType(null, schema, path));
    checkEnum(null, schema, path, result.errors);
  } else {
    checkPresent(value, schema, path, replaced, result);
  }
  const isUnchanged =
    result.errors.length > 0 && replaced !== undefined && equalJson(replaced.old, value);
  return isUnchanged ? { errors: [], matches: result.matches } : result;
}

function checkPresent(
  value: {},
  schema: JSONSchemaProps,
  path: string,
  replaced: Replaced | undefined,
  result: Result,
): void {
  merge(result, checkType(value, schema, path));
  merge(result, checkCombinations(value, schema, path, replaced));
  if (typeof value === "string") {
    checkString(value, schema, path, result.errors);
    checkFormat(value, schema, path, result.errors);
    result.matches += 2;
  } else if (typeof value === "number") {
    checkNumber(value, schema, path, result.errors);
    result.matches += 2;
  } else if (Array.isArray(value)) {
    merge(result, checkList(value, schema, path, replaced));
  }
  checkEnum(value, schema, path, result.errors);
  if (isObject(value)) merge(result, checkObject(value, schema, path, replaced));
  result.matches += 3;
}

function merge(into: Result, { errors, matches }: Result): void {
  into.errors.push(...errors);
  into.matches += matches;
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

function checkType(value: unknown, schema: JSONSchemaProps, path: string): Result {
  const types = typesOf(schema);
  const format = schema.format && formatCheck(schema.format) ? schema.format : "";
  if (types.length === 0 && format === "") return { errors: [], matches: 0 };
  const passed: Result = { errors: [], matches: 2 };
  const found = jsonType(value);
  if (value === null) {
    if (types.length === 0 || schema.nullable === true) return passed;
    return { errors: [wrongType(path, types.join(","), found)], matches: 1 };
  }
  const isNumeric = types.includes("number") || types.includes("integer");
  const fits = types.includes(found) || (found === "integer" && types.includes("number"));
  const isText = typeof value === "string" || Array.isArray(value);
  if (!isText && format !== "" && !fits) {
    return { errors: [wrongType(path, format, "")], matches: 1 };
  }
  if (fits || (!isNumeric && format !== "" && isText)) return passed;
  return { errors: [wrongType(path, types.join(","), found)], matches: 1 };
}

function wrongType(path: string, wanted: string, found: string): FieldError {
  const message = `${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`;
  return typeInvalid(fieldAt(path), found, message);
}

function checkFormat(
  text: string,
  { format }: JSONSchemaProps,
  path: string,
  errors: FieldError[],
): void {
  const fits = format ? formatCheck(format) : undefined;
  if (fits && !fits(text)) errors.push(wrongType(path, format!, text));
}

function checkEnum(
  value: unknown,
  { enum: allowed }: JSONSchemaProps,
  path: string,
  errors: FieldError[],
): void {
  if (!allowed || allowed.length === 0) return;
  if (value !== null && allowed.some((each) => equalJson(each, value))) return;
  const texts = allowed.map((each) => (typeof each === "string" ? each : JSON.stringify(each)));
  errors.push(notSupported(fieldAt(path), value, texts));
}

function checkList(
  items: readonly unknown[],
  schema: JSONSchemaProps,
  path: string,
  replaced: Replaced | undefined,
): Result {
  const result: Result = { errors: [], matches: 2 };
  const itemSchema = itemsOf(schema);
  if (itemSchema) {
    const before = replaced && correlatedItems(schema, replaced.old);
    for (const [i, item] of items.entries()) {
      merge(result, check(item, itemSchema, `${path}[${i}]`, before?.(item)));
    }
  }
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && items.length < minItems) {
    const message = `${path} in body should have at least ${minItems} items`;
    result.errors.push(invalid(fieldAt(path), items.length, message));
  }
  if (maxItems !== undefined && items.length > maxItems) {
    result.errors.push(tooMany(fieldAt(path), items.length, maxItems));
  }
  if (schema.uniqueItems === true && new Set(items.map(canonical)).size < items.length) {
    const message = `${path} in body shouldn't contain duplicates`;
    result.errors.push(invalid(fieldAt(path), "", message));
  }
  return result;
}

/** Finds the item that an item of a list with keys replaces. */
export function correlatedItems(
  schema: JSONSchemaProps,
  old: unknown,
): ((item: unknown) => Replaced | undefined) | undefined {
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] !== "map" || !keys || !Array.isArray(old)) return undefined;
  const byKey = new Map(old.map((item) => [canonical(listMapKey(item, keys)), item as unknown]));
  return (item) => {
    const key = canonical(listMapKey(item, keys));
    return byKey.has(key) ? { old: byKey.get(key) } : undefined;
  };
}

function checkObject(
  value: JsonObject,
  schema: JSONSchemaProps,
  path: string,
  replaced: Replaced | undefined,
): Result {
  const result: Result = { errors: [], matches: 1 };
  const names = Object.keys(value);
  const { minProperties, maxProperties } = schema;
  if (minProperties !== undefined && names.length < minProperties) {
    const message = `${path} in body should have at least ${minProperties} properties`;
    result.errors.push(invalid(fieldAt(path), minProperties, message));
  }
  if (maxProperties !== undefined && names.length > maxProperties) {
    result.errors.push(tooMany(fieldAt(path), names.length, maxProperties));
  }
  const additional = additionalOf(schema);
  for (const name of names) {
    const property = propertyOf(schema, name);
    if (property) {
      const at = path === "" ? name : `${path}.${name}`;
      const isType = path === "" && (name === "kind" || name === "apiVersion");
      const before = isType ? undefined : replacedField(replaced, name);
      merge(result, check(value[name], property, at, before));
    } else if (additional) {
      const before = replacedField(replaced, name);
      merge(result, check(value[name], additional, `${path}.${name}`, before));
    } else if (schema.additionalProperties === false) {
      const message = `${path}.${name} in body is a forbidden property`;
      result.errors.push(invalid(fieldAt(path), name, message));
    }
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) result.errors.push(required(fieldAt(`${path}.${name}`)));
  }
  return result;
}

function replacedField(replaced: Replaced | undefined, name: string): Replaced | undefined {
  if (!replaced || !isObject(replaced.old)) return undefined;
  return { old: Object.hasOwn(replaced.old, name) ? replaced.old[name] : undefined };
}

function checkCombinations(
  value: unknown,
  { anyOf, oneOf, allOf, not }: JSONSchemaProps,
  path: string,
  replaced: Replaced | undefined,
): Result {
  const result: Result = { errors: [], matches: 1 };
  const results = (schemas: readonly JSONSchemaProps[]) =>
    schemas.map((each) => check(value, each, path, replaced));
  const complain = (what: string) =>
    result.errors.push(invalid(noField, "", `${JSON.stringify(path)} ${what}`));
  if (anyOf && anyOf.length > 0) {
    const tried = results(anyOf);
    const valid = tried.find(({ errors }) => errors.length === 0);
    if (!valid) complain("must validate at least one schema (anyOf)");
    merge(result, valid ?? best(tried));
  }
  if (oneOf && oneOf.length > 0) {
    const tried = results(oneOf);
    const valid = tried.filter(({ errors }) => errors.length === 0);
    if (valid.length === 1) merge(result, valid[0]!);
    else {
      const found =
        valid.length === 0 ? "Found none valid" : `Found ${valid.length} valid alternatives`;
      complain(`must validate one and only one schema (oneOf). ${found}`);
      if (valid.length === 0) merge(result, best(tried));
    }
  }
  if (allOf && allOf.length > 0) {
    const tried = results(allOf);
    for (const each of tried) merge(result, each);
    const failed = tried.filter(({ errors }) => errors.length > 0).length;
    if (failed > 0) {
      complain(
        `must validate all the schemas (allOf)${failed === tried.length ? ". None validated" : ""}`,
      );
    }
  }
  if (not && check(value, not, path, replaced).errors.length === 0) {
    complain("must not validate the schema (not)");
  }
  return result;
}

/** The alternative of which most checks applied: probably the one that was meant. */
function best(results: readonly Result[]): Result {
  return results.reduce((found, each) => (each.matches > found.matches ? each : found));
}
