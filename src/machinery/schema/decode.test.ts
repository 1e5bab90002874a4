import { describe, expect, test } from "vitest";
import { decode } from "./decode.ts";
import { DecodeError } from "./decode-error.ts";
import {
  bool,
  bytes,
  int32,
  intOrString,
  json,
  list,
  map,
  microTime,
  object,
  quantity,
  rawExtension,
  string,
  struct,
  time,
} from "./schema.ts";
import { duplicateFields, unknownFields } from "./strict.ts";

const inner = object("test.v1.Inner", {
  text: string({ tag: 1 }),
  list: list(int32(), { tag: 2, always: true }),
});
const outer = object("test.v1.Outer", {
  text: string({ tag: 1 }),
  pointer: string({ tag: 2, pointer: true }),
  always: string({ tag: 3, always: true }),
  count: int32({ tag: 4 }),
  flag: bool({ tag: 5 }),
  flagPointer: bool({ tag: 6, pointer: true }),
  nested: struct(inner, { tag: 7 }),
  nestedPointer: struct(inner, { tag: 8, pointer: true }),
  items: list(struct(inner), { tag: 9 }),
  names: list(string(), { tag: 10, always: true }),
  labels: map(string(), { tag: 11 }),
  structs: map(struct(inner), { tag: 12 }),
  at: time({ tag: 13 }),
  atPointer: time({ tag: 14, pointer: true }),
  atZero: time({ tag: 15, omitZero: true }),
  micro: microTime({ tag: 16, pointer: true }),
  size: quantity({ tag: 17 }),
  sizes: map(quantity(), { tag: 18 }),
  port: intOrString({ tag: 19 }),
  portPointer: intOrString({ tag: 20, pointer: true }),
  data: bytes({ tag: 21 }),
  raw: rawExtension({ tag: 22 }),
  free: json({ tag: 23, pointer: true }),
});

/** What Go writes of a zero `Outer`. */
const zero = {
  always: "",
  nested: { list: null },
  names: null,
  at: null,
  size: "0",
  port: 0,
  raw: null,
};

describe("a round trip through Go", () => {
  const cases: readonly (readonly [input: object, more: object])[] = [
    [{}, {}],
    [{ text: "", count: 0, flag: false, items: [], labels: {}, data: "" }, {}],
    [
      { pointer: "", flagPointer: false, portPointer: 0 },
      { pointer: "", flagPointer: false, portPointer: 0 },
    ],
    [{ text: null, pointer: null, nested: null, items: null, size: null, free: null }, {}],
    [{ unknown: 1, nested: { other: 2, text: "x" } }, { nested: { text: "x", list: null } }],
    [{ nestedPointer: {} }, { nestedPointer: { list: null } }],
    [{ names: [] }, {}],
    [{ names: ["a", null, ""] }, { names: ["a", "", ""] }],
    [{ items: [{ list: [1] }, null] }, { items: [{ list: [1] }, { list: null }] }],
    [{ labels: { a: null, b: "" } }, { labels: { a: "", b: "" } }],
    [{ structs: { a: {} } }, { structs: { a: { list: null } } }],
    [{ at: "2024-01-02T05:04:05.9+02:00" }, { at: "2024-01-02T03:04:05Z" }],
    [{ at: "0001-01-01T00:00:00Z", atPointer: "0001-01-01T00:00:00Z" }, { atPointer: null }],
    [{ atZero: null }, {}],
    [{ atZero: "0001-01-01T00:00:00Z" }, {}],
    [{ micro: "2024-01-02T03:04:05.000006Z" }, { micro: "2024-01-02T03:04:05.000006Z" }],
    [
      { size: "1500m", sizes: { cpu: 2, memory: "1024Mi" } },
      { size: "1500m", sizes: { cpu: "2", memory: "1Gi" } },
    ],
    [
      { port: "http", portPointer: 8080 },
      { port: "http", portPointer: 8080 },
    ],
    [{ data: "YQ==" }, { data: "YQ==" }],
    [{ data: "YR==" }, { data: "YQ==" }],
    [
      { raw: { a: [null] }, free: [1] },
      { raw: { a: [null] }, free: [1] },
    ],
    [{ Text: "wrong case" }, {}],
  ];
  test.each(cases)("%j", (input, more) => {
    expect(decode(outer, input)).toEqual({ ...zero, ...more });
  });
});

describe("a value of a wrong type is refused in upstream's words", () => {
  const field = "json: cannot unmarshal %s into Go struct field";
  const cases: readonly (readonly [input: unknown, message: string])[] = [
    [[], "json: cannot unmarshal array into Go value of type v1.Outer"],
    [{ text: 1 }, `${field.replace("%s", "number")} Outer.text of type string`],
    [{ count: "1" }, `${field.replace("%s", "string")} Outer.count of type int32`],
    [{ count: 1.5 }, `${field.replace("%s", "number 1.5")} Outer.count of type int32`],
    [{ count: 3e9 }, `${field.replace("%s", "number 3000000000")} Outer.count of type int32`],
    [{ flag: "true" }, `${field.replace("%s", "string")} Outer.flag of type bool`],
    [{ nested: "x" }, `${field.replace("%s", "string")} Outer.nested of type v1.Inner`],
    [{ items: {} }, `${field.replace("%s", "object")} Outer.items of type []v1.Inner`],
    [{ items: [{ text: 1 }] }, `${field.replace("%s", "number")} Inner.items.text of type string`],
    [{ labels: { a: 1 } }, `${field.replace("%s", "number")} Outer.labels of type string`],
    [{ at: 5 }, "json: cannot unmarshal number into Go value of type string"],
    [{ port: true }, "json: cannot unmarshal bool into Go value of type int32"],
    [{ data: "not base64!" }, "illegal base64 data at input byte 3"],
    [
      { at: "yesterday" },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
    [
      { size: "1x" },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMG]*[-+]?[0-9]*)$'",
    ],
  ];
  test.each(cases)("%j", (input, message) => {
    expect(() => decode(outer, input)).toThrow(new DecodeError(message));
  });
});

test("MicroTime needs exactly six digits of a fraction", () => {
  for (const bad of ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.123Z"]) {
    expect(() => decode(outer, { micro: bad })).toThrow(DecodeError);
  }
});

test("a __proto__ key is data", () => {
  const input: unknown = JSON.parse(
    '{"labels":{"__proto__":"x"},"raw":{"__proto__":{"a":1}},"__proto__":{}}',
  );
  const out = decode(outer, input);
  expect(JSON.stringify(out.labels)).toBe('{"__proto__":"x"}');
  expect(JSON.stringify(out.raw)).toBe('{"__proto__":{"a":1}}');
  expect(Object.getPrototypeOf(out.labels)).toBe(Object.prototype);
});

test("nesting is bounded", () => {
  const deep: unknown = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`);
  expect(() => decode(outer, { free: deep })).toThrow("exceeded max depth");
});

test("the result shares nothing with the input", () => {
  const input = { labels: { a: "b" }, raw: { x: {} }, items: [{ list: [1] }] };
  const out = decode(outer, input);
  expect(out.labels).not.toBe(input.labels);
  expect(out.raw?.["x"]).not.toBe(input.raw.x);
  expect(out.items?.[0]?.list).not.toBe(input.items[0]?.list);
});

test("unknown fields are named with their place", () => {
  const value = {
    nope: 1,
    nested: { nope: 1 },
    items: [{}, { nope: 1 }],
    structs: { a: { nope: 1 } },
    labels: { fine: "x" },
    raw: { fine: 1 },
  };
  expect(unknownFields(outer, value)).toEqual([
    'unknown field "nope"',
    'unknown field "nested.nope"',
    'unknown field "items[1].nope"',
    'unknown field "structs.a.nope"',
  ]);
});

test("keys that come twice are named with their place", () => {
  const text = String.raw`{"a":{"b":1,"\u0062":2,"c\"":"}{\"b\":","d":[1,{"e":1,"e":2}]},"f":[],"a":1}`;
  expect(duplicateFields(text)).toEqual([
    'duplicate field "a.b"',
    'duplicate field "a.d[1].e"',
    'duplicate field "a"',
  ]);
});
