import { expect, test } from "vitest";
import { describe as told } from "#machinery/field-error.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { validateValue } from "./values.ts";

const of = (a: JSONSchemaProps, more: JSONSchemaProps = {}): JSONSchemaProps => ({
  type: "object",
  properties: { spec: { type: "object", properties: { a }, ...more } },
});
const show = (value: unknown, schema: JSONSchemaProps, old?: unknown) =>
  validateValue(value, schema, old === undefined ? {} : { replaced: { old } }).map(
    (error) => `${error.field}: ${told(error)}`,
  );

test.each<[schema: JSONSchemaProps, value: unknown, error: string | undefined]>([
  [
    { type: "integer" },
    "x",
    'Invalid value: "string": spec.a in body must be of type integer: "string"',
  ],
  [
    { type: "integer" },
    1.5,
    'Invalid value: "number": spec.a in body must be of type integer: "number"',
  ],
  [{ type: "integer" }, 2, undefined],
  [{ type: "number" }, 2, undefined],
  [
    { type: "string" },
    null,
    'Invalid value: "null": spec.a in body must be of type string: "null"',
  ],
  [{ type: "string", nullable: true }, null, undefined],
  [
    { type: "object" },
    [],
    'Invalid value: "array": spec.a in body must be of type object: "array"',
  ],
  [
    { "x-kubernetes-int-or-string": true },
    true,
    'Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"',
  ],
  [{ "x-kubernetes-int-or-string": true }, "50%", undefined],
  [{ type: "string", maxLength: 2 }, "abc", "Too long: may not be more than 2 bytes"],
  [{ type: "string", maxLength: 2 }, "éé", undefined],
  [
    { type: "string", minLength: 2 },
    "a",
    'Invalid value: "a": spec.a in body should be at least 2 chars long',
  ],
  [
    { type: "string", pattern: "^[a-z]+$" },
    "A",
    "Invalid value: \"A\": spec.a in body should match '^[a-z]+$'",
  ],
  [{ type: "string", enum: ["A", "B"] }, "C", 'Unsupported value: "C": supported values: "A", "B"'],
  [
    { type: "integer", minimum: 1 },
    0,
    "Invalid value: 0: spec.a in body should be greater than or equal to 1",
  ],
  [
    { type: "integer", minimum: 1, exclusiveMinimum: true },
    1,
    "Invalid value: 1: spec.a in body should be greater than 1",
  ],
  [
    { type: "integer", maximum: 1 },
    2,
    "Invalid value: 2: spec.a in body should be less than or equal to 1",
  ],
  [{ type: "number", multipleOf: 0.1 }, 0.3, undefined],
  [
    { type: "integer", multipleOf: 2 },
    3,
    "Invalid value: 3: spec.a in body should be a multiple of 2",
  ],
  [
    { type: "array", items: { type: "string" }, maxItems: 1 },
    ["a", "b"],
    "Too many: 2: must have at most 1 item",
  ],
  [
    { type: "array", items: { type: "string" }, minItems: 1 },
    [],
    "Invalid value: 0: spec.a in body should have at least 1 items",
  ],
  [
    { type: "string", format: "date-time" },
    "nope",
    'Invalid value: "nope": spec.a in body must be of type date-time: "nope"',
  ],
  [{ type: "string", format: "my-own" }, "anything", undefined],
])("%j of %j", (schema, a, error) => {
  const expected = error === undefined ? [] : [`spec.a: ${error}`];
  expect(show({ spec: { a } }, of(schema))).toEqual(expected);
});

test("what belongs to no field is at <nil>", () => {
  const either = of({ type: "string" }, { oneOf: [{ required: ["a"] }, { required: ["b"] }] });
  expect(show({ spec: {} }, either)).toEqual([
    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
    "spec.a: Required value",
  ]);
  expect(show({ spec: { a: "1", b: "2" } }, either)).toEqual([
    '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ]);
  const none = of({ type: "string" }, { not: { required: ["a"] } });
  expect(show({ spec: { a: "1" } }, none)).toEqual([
    '<nil>: Invalid value: "": "spec" must not validate the schema (not)',
  ]);
});

test("unchanged values may stay invalid", () => {
  const schema = of(
    { type: "string", maxLength: 2 },
    { properties: { a: { type: "string", maxLength: 2 }, b: { type: "string" } } },
  );
  const old = { spec: { a: "long", b: "1" } };
  expect(show({ spec: { a: "long", b: "2" } }, schema, old)).toEqual([]);
  expect(show({ spec: { a: "longer", b: "1" } }, schema, old)).toHaveLength(1);
});

test("items of lists with keys are compared with their own old values", () => {
  const items: JSONSchemaProps = {
    type: "object",
    properties: { k: { type: "string" }, v: { type: "integer", maximum: 1 } },
  };
  const keyed = of({
    type: "array", items, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
  }); // prettier-ignore
  const old = { spec: { a: [{ k: "x", v: 5 }] } };
  const next = {
    spec: {
      a: [
        { k: "y", v: 0 },
        { k: "x", v: 5 },
      ],
    },
  };
  expect(show(next, keyed, old)).toEqual([]);
  expect(show(next, of({ type: "array", items }), old)).toHaveLength(1);
});
