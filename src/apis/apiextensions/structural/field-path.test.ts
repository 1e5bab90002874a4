import { expect, test } from "vitest";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { findFieldPath } from "./field-path.ts";

const text: JSONSchemaProps = { type: "string" };
const schema: JSONSchemaProps = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      properties: {
        "a.b": text,
        map: { type: "object", additionalProperties: text },
        list: { type: "array", items: text },
      },
    },
  },
};

test.each([
  [".spec", "spec"],
  [".spec['a.b']", "spec.a.b"],
  [".spec.map.x", "spec.map[x]"],
  ["['spec'].map['it\\'s']", "spec.map[it's]"],
])("%s", (path, named) => expect(findFieldPath(path, schema).text).toBe(named));

test.each([
  ["spec", "expected [ or . but got: spec"],
  [".", "unexpected end of JSON path"],
  [".spec.none", "does not refer to a valid field"],
  [".spec.list[0]", "expected single quoted string but got 0"],
  [".spec['a.b'", "unexpected end of JSON path"],
  [".spec['a\\qb']", "invalid string literal: invalid escape char \\q"],
])("%s leads nowhere", (path, why) => expect(() => findFieldPath(path, schema)).toThrow(why));

test("selectable fields have plain names", () => {
  const find = () => findFieldPath(".spec['a.b']", schema, { brackets: false });
  expect(find).toThrow("array notation is not allowed");
});
