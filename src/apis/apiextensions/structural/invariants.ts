import { describe, type FieldError, type Path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { re2 } from "#machinery/re2.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { isEmbedded, itemsOf, preserves, propertyOf } from "./schema.ts";

/**
 * What makes a schema structural: every field has a type outside of the logical junctors, which may
 * only restrict what is said there.
 */

type Level = "root" | "items" | "field";

/** The violations, in the order of their texts. */
export function structuralErrors(schema: JSONSchemaProps, at: Path): FieldError[] {
  const problems = new Problems();
  checkStructure(problems, schema, "root", at);
  checkCompleteness(problems, schema, schema, at, at);
  const text = (error: FieldError) => `${error.field}: ${describe(error)}`;
  return problems.list.toSorted((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0));
}

/**
 * Why a schema cannot be read as a structural one at all: it uses what such schemas do not have.
 * Undefined: it can.
 */
export function unreadableSchema(schema: JSONSchemaProps): string | undefined {
  const uses = (name: string) => `OpenAPIV3Schema '${name}' is not supported`;
  if (schema.id) return uses("id");
  if (schema.$schema) return uses("schema");
  if (schema.$ref) return uses("$ref");
  if (hasKeys(schema.patternProperties)) return uses("patternProperties");
  if (hasKeys(schema.dependencies)) return uses("dependencies");
  if (schema.additionalItems !== undefined) return uses("additionalItems");
  if (hasKeys(schema.definitions)) return uses("definitions");
  if (schema["x-kubernetes-preserve-unknown-fields"] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  }
  if (Array.isArray(schema.items))
    return "OpenAPIV3Schema 'items' must be a schema, but is an array";
  const parts = [
    schema.not,
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    schema.items,
    ...Object.values(schema.properties ?? {}),
    typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined,
  ];
  for (const part of parts) {
    const why = part && unreadableSchema(part);
    if (why !== undefined) return why;
  }
  return undefined;
}

function hasKeys(map: object | undefined): boolean {
  return map !== undefined && Object.keys(map).length > 0;
}

const emptyType: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  items: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkStructure(problems: Problems, schema: JSONSchemaProps, level: Level, at: Path): void {
  const { type = "", properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  if (type === "array" && !items) problems.required(at.child("items"), "must be specified");
  if (items) checkStructure(problems, items, "items", at.child("items"));
  for (const [name, property] of Object.entries(properties)) {
    checkStructure(problems, property, "field", at.child("properties").key(name));
  }
  if (additionalProperties !== undefined) {
    const place = at.child("additionalProperties");
    if (level === "root") problems.forbidden(place, "must not be used at the root");
    if (typeof additionalProperties === "object") {
      checkStructure(problems, additionalProperties, "field", place);
    }
  }
  checkExtensions(problems, schema, at);
  checkJunctors(problems, schema, at, {
    skipAnyOf: isIntOrString(schema.anyOf),
    skipFirstAllOf: isIntOrString(schema.allOf?.[0]?.anyOf),
  });
  checkOwnType(problems, schema, level, at);
  checkTypeAndMeta(problems, schema, level, at);
}

function checkOwnType(problems: Problems, schema: JSONSchemaProps, level: Level, at: Path): void {
  const { type = "" } = schema;
  const place = at.child("type");
  const embedded = isEmbedded(schema);
  if (embedded && type !== "object") {
    const why = "must be object if x-kubernetes-embedded-resource is true";
    if (type === "") problems.required(place, why);
    else problems.invalid(place, type, why);
  } else if (type === "" && !schema["x-kubernetes-int-or-string"] && !preserves(schema)) {
    problems.required(place, emptyType[level]);
  }
  if (embedded && schema.additionalProperties !== undefined) {
    const why = "must not be used if x-kubernetes-embedded-resource is set";
    problems.forbidden(at.child("additionalProperties"), why);
  }
  if (level === "root" && type !== "" && type !== "object") {
    problems.invalid(place, type, "must be object at the root");
  }
  if (embedded && !preserves(schema) && !hasKeys(schema.properties)) {
    const why =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    problems.required(at.child("properties"), why);
  }
}

/** What schemas may say about the fields that all API objects have. */
function checkTypeAndMeta(
  problems: Problems,
  schema: JSONSchemaProps,
  level: Level,
  at: Path,
): void {
  const describesObject = level === "root" || isEmbedded(schema);
  for (const name of ["kind", "apiVersion"]) {
    const property = propertyOf(schema, name);
    if (!property || !describesObject || property.type === "string") continue;
    const place = at.child("properties").key(name).child("type");
    problems.invalid(place, property.type ?? "", "must be string");
  }
  const metadata = propertyOf(schema, "metadata");
  if (!metadata) return;
  const place = at.child("properties").key("metadata");
  if (describesObject && metadata.type !== "object") {
    problems.invalid(place.child("type"), metadata.type ?? "", "must be object");
  }
  if (level !== "root") return;
  const names = Object.keys(metadata.properties ?? {});
  const { type: _type, default: _default, properties: _properties, ...rest } = metadata;
  const { externalDocs: _docs, example: _example, ...said } = rest;
  const saysMore = Object.values(said).some((value) => value !== undefined);
  if (saysMore || names.some((name) => name !== "name" && name !== "generateName")) {
    problems.forbidden(
      place,
      "must not specify anything other than name and generateName, but metadata is implicitly specified",
    );
  }
}

function checkExtensions(problems: Problems, schema: JSONSchemaProps, at: Path): void {
  if (!schema["x-kubernetes-int-or-string"]) return;
  const why = "must be false if x-kubernetes-int-or-string is true";
  for (const name of [
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
  ] as const) {
    if (schema[name]) problems.invalid(at.child(name), true, why);
  }
}

const intOrString = [{ type: "integer" }, { type: "string" }];

function isIntOrString(anyOf: readonly JSONSchemaProps[] | undefined): boolean {
  return anyOf !== undefined && equalJson(anyOf, intOrString);
}

interface Skips {
  readonly skipAnyOf?: boolean;
  readonly skipFirstAllOf?: boolean;
}

function checkJunctors(
  problems: Problems,
  { anyOf = [], allOf = [], oneOf = [], not, pattern }: JSONSchemaProps,
  at: Path,
  { skipAnyOf, skipFirstAllOf }: Skips = {},
): void {
  for (const [i, part] of skipAnyOf ? [] : anyOf.entries()) {
    checkNested(problems, part, at.child("anyOf").index(i));
  }
  for (const [i, part] of allOf.entries()) {
    const skips = { skipAnyOf: skipFirstAllOf === true && i === 0 };
    checkNested(problems, part, at.child("allOf").index(i), skips);
  }
  for (const [i, part] of oneOf.entries()) checkNested(problems, part, at.child("oneOf").index(i));
  if (not) checkNested(problems, not, at.child("not"));
  if (!pattern) return;
  try {
    re2(pattern);
  } catch (error) {
    const why = `must be a valid regular expression, but isn't: ${(error as Error).message}`;
    problems.invalid(at.child("pattern"), pattern, why);
  }
}

/** What may not be said inside of a junctor, and why. */
const notNested: readonly (readonly [keyof JSONSchemaProps, string])[] = [
  ["type", "must be empty to be structural"],
  ["additionalProperties", "must be undefined to be structural"],
  ["default", "must be undefined to be structural"],
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
  ["nullable", "must be false to be structural"],
  ["x-kubernetes-preserve-unknown-fields", "must be false to be structural"],
  ["x-kubernetes-embedded-resource", "must be false to be structural"],
  ["x-kubernetes-int-or-string", "must be false to be structural"],
  ["x-kubernetes-list-map-keys", "must be empty to be structural"],
  ["x-kubernetes-list-type", "must be undefined to be structural"],
  ["x-kubernetes-map-type", "must be undefined to be structural"],
  ["x-kubernetes-validations", "must be empty to be structural"],
];

function checkNested(problems: Problems, schema: JSONSchemaProps, at: Path, skips?: Skips): void {
  checkJunctors(problems, schema, at, skips);
  const items = itemsOf(schema);
  if (items) checkNested(problems, items, at.child("items"));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkNested(problems, property, at.child("properties").key(name));
  }
  for (const [name, why] of notNested) {
    if (schema[name] !== undefined) problems.forbidden(at.child(name), why);
  }
  if (propertyOf(schema, "metadata")) {
    const place = at.child("properties").key("metadata");
    problems.forbidden(place, "must not be specified in a nested context");
  }
}

/** What junctors restrict must be specified outside of them. */
function checkCompleteness(
  problems: Problems,
  junction: JSONSchemaProps,
  schema: JSONSchemaProps,
  at: Path,
  junctionAt: Path,
): void {
  const nested: (readonly [JSONSchemaProps, Path])[] = [
    ...(junction.not ? [[junction.not, junctionAt.child("not")] as const] : []),
    ...(["allOf", "anyOf", "oneOf"] as const).flatMap((name) =>
      (junction[name] ?? []).map((each, i) => [each, junctionAt.child(name).index(i)] as const),
    ),
  ];
  for (const [each, place] of nested) checkSpecified(problems, each, schema, at, place);
}

function checkSpecified(
  problems: Problems,
  nested: JSONSchemaProps,
  schema: JSONSchemaProps | undefined,
  at: Path,
  nestedAt: Path,
): void {
  if (!schema) {
    problems.required(at, `because it is defined in ${nestedAt.toString()}`);
    return;
  }
  checkCompleteness(problems, nested, schema, at, nestedAt);
  const items = itemsOf(nested);
  if (items) {
    const place = nestedAt.child("items");
    checkSpecified(problems, items, itemsOf(schema), at.child("items"), place);
  }
  for (const [name, property] of Object.entries(nested.properties ?? {})) {
    const place = nestedAt.child("properties").key(name);
    const known = propertyOf(schema, name);
    checkSpecified(problems, property, known, at.child("properties").key(name), place);
  }
}
