import { expect, test } from "vitest";
import { describe as told, path } from "#machinery/field-error.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { structuralErrors, unreadableSchema } from "./invariants.ts";

const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}) => ({
  type: "object",
  properties,
  ...more,
});
const onlyRestricts = "must be empty to be structural";

test.each<[what: string, schema: JSONSchemaProps, errors: string[]]>([
  ["a whole schema", object({ a: { type: "array", items: { type: "string" } } }), []],
  ["no type at the root", {}, ["type: Required value: must not be empty at the root"]],
  [
    "a root that is no object",
    { type: "string" },
    ['type: Invalid value: "string": must be object at the root'],
  ],
  [
    "a map at the root",
    { type: "object", additionalProperties: { type: "string" } },
    ["additionalProperties: Forbidden: must not be used at the root"],
  ],
  [
    "a field without type",
    object({ a: {} }),
    ["properties[a].type: Required value: must not be empty for specified object fields"],
  ],
  [
    "items without type",
    object({ a: { type: "array", items: {} } }),
    ["properties[a].items.type: Required value: must not be empty for specified array items"],
  ],
  [
    "a list of nothing said",
    object({ a: { type: "array" } }),
    ["properties[a].items: Required value: must be specified"],
  ],
  ["anything", object({ a: { "x-kubernetes-preserve-unknown-fields": true } }), []],
  [
    "an integer or string, spelled out",
    object({
      a: { "x-kubernetes-int-or-string": true, anyOf: [{ type: "integer" }, { type: "string" }] },
      b: {
        "x-kubernetes-int-or-string": true,
        allOf: [{ anyOf: [{ type: "integer" }, { type: "string" }] }, { minimum: 1 }],
      },
    }),
    [],
  ],
  [
    "types in junctors",
    object({ a: { type: "string", anyOf: [{ type: "string", description: "x" }] } }),
    [
      "properties[a].anyOf[0].description: Forbidden: " + onlyRestricts,
      "properties[a].anyOf[0].type: Forbidden: " + onlyRestricts,
    ],
  ],
  [
    "junctors about unknown fields",
    object({ a: { type: "string" } }, { not: { properties: { b: { minLength: 1 } } } }),
    ["properties[b]: Required value: because it is defined in not.properties[b]"],
  ],
  [
    "embedded objects without fields",
    object({ a: { type: "object", "x-kubernetes-embedded-resource": true } }),
    [
      "properties[a].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    ],
  ],
  [
    "more about metadata than names",
    object({ metadata: object({ labels: { type: "object" }, name: { type: "string" } }) }),
    [
      "properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified",
    ],
  ],
  [
    "names of objects",
    object({ metadata: object({ name: { type: "string", maxLength: 9 } }) }),
    [],
  ],
])("%s", (_what, schema, errors) => {
  const found = structuralErrors(schema, path());
  expect(found.map((error) => `${error.field}: ${told(error)}`)).toEqual(errors);
});

test.each<[schema: JSONSchemaProps, why: string]>([
  [{ $ref: "#/x" }, "OpenAPIV3Schema '$ref' is not supported"],
  [
    { properties: { a: { definitions: { x: {} } } } },
    "OpenAPIV3Schema 'definitions' is not supported",
  ],
  [{ items: [{}, {}] }, "OpenAPIV3Schema 'items' must be a schema, but is an array"],
])("%j cannot be structural", (schema, why) => expect(unreadableSchema(schema)).toBe(why));
