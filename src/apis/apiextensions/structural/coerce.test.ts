import { expect, test } from "vitest";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { pruned, unknownPaths, withDefaults, withoutNulls } from "./coerce.ts";

const text: JSONSchemaProps = { type: "string" };
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}) => ({
  type: "object",
  properties,
  ...more,
});
const keeps: JSONSchemaProps = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

test.each<
  [what: string, schema: JSONSchemaProps, value: unknown, left: unknown, unknown: string[]]
>([
  ["known", object({ a: text }), { a: "1" }, { a: "1" }, []],
  ["unknown", object({ a: text }), { a: "1", b: 2 }, { a: "1" }, ["b"]],
  [
    "type and meta",
    object({}),
    { kind: "K", metadata: { x: 1 }, z: 1 },
    { kind: "K", metadata: { x: 1 } },
    ["z"],
  ],
  [
    "nested",
    object({ s: object({ a: text }) }),
    { s: { a: "1", b: 1 } },
    { s: { a: "1" } },
    ["s.b"],
  ],
  [
    "items",
    object({ l: { type: "array", items: object({ a: text }) } }),
    { l: [{ a: "1" }, { b: 1 }] },
    { l: [{ a: "1" }, {}] },
    ["l[1].b"],
  ],
  [
    "map values",
    object({ m: { type: "object", additionalProperties: object({ a: text }) } }),
    { m: { k: { b: 1 } } },
    { m: { k: {} } },
    ["m.k.b"],
  ],
  [
    "any map values",
    object({ m: { type: "object", additionalProperties: true } }),
    { m: { k: { b: 1 }, j: 1 } },
    { m: { k: {}, j: 1 } },
    ["m.k.b"],
  ],
  ["kept", object({ f: keeps }), { f: { x: { y: 1 } } }, { f: { x: { y: 1 } } }, []],
  [
    "kept around known",
    object({ f: { ...keeps, properties: { k: object({ z: text }) } } }),
    { f: { x: 1, k: { z: "1", w: 2 } } },
    { f: { x: 1, k: { z: "1" } } },
    ["f.k.w"],
  ],
  ["prototype", object({}), JSON.parse('{"__proto__":{"a":1}}'), {}, ["__proto__"]],
])("pruning: %s", (_, schema, value, left, unknown) => {
  expect(pruned(value, schema, true)).toEqual(left);
  expect(unknownPaths(value, schema)).toEqual(unknown);
});

const preset = (value: JSONSchemaProps["default"]): JSONSchemaProps => ({
  type: "string",
  default: value!,
});

test.each<[what: string, schema: JSONSchemaProps, value: unknown, left: unknown]>([
  ["absent", object({ a: preset("d") }), {}, { a: "d" }],
  ["present", object({ a: preset("d") }), { a: "x" }, { a: "x" }],
  ["null", object({ a: preset("d") }), { a: null }, { a: "d" }],
  ["nullable null", object({ a: { ...preset("d"), nullable: true } }), { a: null }, { a: null }],
  [
    "inside a default",
    object({ o: object({ a: preset("d") }, { default: {} }) }),
    {},
    { o: { a: "d" } },
  ],
  ["inside an absent object", object({ o: object({ a: preset("d") }) }), {}, {}],
  [
    "items",
    object({ l: { type: "array", items: object({ a: preset("d") }) } }),
    { l: [{}] },
    { l: [{ a: "d" }] },
  ],
  [
    "map values",
    object({ m: { type: "object", additionalProperties: object({ a: preset("d") }) } }),
    { m: { k: {} } },
    { m: { k: { a: "d" } } },
  ],
])("defaults: %s", (_, schema, value, left) => {
  expect(withDefaults(value, schema)).toEqual(left);
});

test.each<[what: string, schema: JSONSchemaProps, value: unknown, left: unknown]>([
  ["not nullable", object({ a: text }), { a: null }, {}],
  ["nullable", object({ a: { type: "string", nullable: true } }), { a: null }, { a: null }],
  ["with a default", object({ a: preset("d") }), { a: null }, { a: null }],
  ["unknown", object({}), { a: null }, { a: null }],
])("nulls: %s", (_, schema, value, left) => {
  expect(withoutNulls(value, schema)).toEqual(left);
});

test("what needs no change is not copied", () => {
  const schema = object({ a: preset("d"), l: { type: "array", items: text } });
  const value = { a: "1", l: ["x"] };
  expect(withoutNulls(pruned(withDefaults(value, schema), schema, true), schema)).toBe(value);
});

test("a default is a value of its own each time", () => {
  const schema = object({ o: object({}, { default: {} }) });
  const [one, other] = [withDefaults({}, schema), withDefaults({}, schema)] as { o: object }[];
  expect(one!.o).not.toBe(other!.o);
});
