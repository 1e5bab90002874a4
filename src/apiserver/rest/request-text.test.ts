import { expect, test } from "vitest";
import { asYamlError, readText } from "./request-text.ts";

const yaml = (text: string) => readText(Buffer.from(text), "yaml");
const json = (text: string) => readText(Buffer.from(text), "json");

test.each<[text: string, value: unknown]>([
  ["a: 0644\nb: 2001-01-01\nc: yes", { a: 420, b: "2001-01-01", c: true }],
  ["a: 1\na: 2", { a: 2 }],
  ['{"a": 1, "b": [1e3]}', { a: 1, b: [1000] }],
  ["{a: 1}", { a: 1 }],
  ["", null],
])("YAML: %j", (text, value) => expect(yaml(text).value).toEqual(value));

test.each<[text: string, complaints: string[]]>([
  ["a: 1\nb: 2", []],
  ["a: 1\nb: 2\na: 3", ['line 3: key "a" already set in map']],
  ["a: 1\na:\n- x", ['line 3: key "a" already set in map']],
  [
    "l:\n- {x: 1, x: 2}\nm:\n  k: 1\n  k: 2\nl: 1",
    [
      'line 2: key "x" already set in map',
      'line 5: key "k" already set in map',
      'line 6: key "l" already set in map',
    ],
  ],
  ['{"a": 1,\n "a": 2}', ['line 2: key "a" already set in map']],
])("keys that come twice in YAML: %j", (text, complaints) => {
  expect(yaml(text).duplicates()).toEqual(complaints);
});

test("keys that come twice in JSON are named by their place", () => {
  const text = json('{"a": {"b": 1, "b": 2}}');
  expect(text.value).toEqual({ a: { b: 2 } });
  expect(text.duplicates()).toEqual(['duplicate field "a.b"']);
});

test("one error tells of all", () => {
  expect(asYamlError(["line 1: x", "line 2: y"])).toBe(
    "yaml: unmarshal errors:\n  line 1: x\n  line 2: y",
  );
});

test.each(["{", "a: [", "\ta: 1"])("neither JSON nor YAML: %j", (text) => {
  expect(() => yaml(text)).toThrow(/^couldn't get version\/kind; json parse error: /);
  expect(() => json(text)).toThrow(/^couldn't get version\/kind; json parse error: /);
});
