import { expect, test } from "vitest";
import { describe as told } from "#machinery/field-error.ts";
import type { JSONSchemaProps, ValidationRule } from "../json-schema-props.ts";
import { ruleErrors } from "./rules.ts";

const integer = (...rules: ValidationRule[]): JSONSchemaProps => ({
  type: "integer",
  ...(rules.length > 0 ? { "x-kubernetes-validations": rules } : {}),
});
const spec = (properties: Record<string, JSONSchemaProps>, ...rules: ValidationRule[]) => ({
  type: "object",
  properties: { spec: { type: "object", properties, "x-kubernetes-validations": rules } },
});
const show = (value: object, schema: JSONSchemaProps, old?: object) =>
  ruleErrors({ spec: value }, schema, old ? { replaced: { old: { spec: old } } } : {}).map(
    (error) => `${error.field}: ${told(error)}`,
  );

test.each<[rule: ValidationRule, error: string]>([
  [{ rule: "self.a < 5" }, "spec: Invalid value: failed rule: self.a < 5"],
  [{ rule: "self.a < 5", message: " too big " }, "spec: Invalid value: too big"],
  [
    { rule: "self.a < 5", messageExpression: "'a is ' + string(self.a)" },
    "spec: Invalid value: a is 7",
  ],
  [{ rule: "self.a < 5", messageExpression: "''", message: "big" }, "spec: Invalid value: big"],
  [{ rule: "self.a < 5", fieldPath: ".a", message: "big" }, "spec.a: Invalid value: big"],
  [{ rule: "self.a < 5", reason: "FieldValueForbidden", message: "big" }, "spec: Forbidden: big"],
  [
    { rule: "1 / (self.a - 7) > 0" },
    'spec: Invalid value: "object": division by zero evaluating rule: 1 / (self.a - 7) > 0',
  ],
])("%j", (rule, error) => {
  expect(show({ a: 7 }, spec({ a: integer() }, rule))).toEqual([error]);
  expect(show({ a: 1 }, spec({ a: integer() }, { ...rule, rule: "self.a < 5" }))).toEqual([]);
});

test("transition rules wait for something to change from", () => {
  const schema = spec({ a: integer({ rule: "self >= oldSelf", message: "grows" }) });
  expect(show({ a: 1 }, schema)).toEqual([]);
  expect(show({ a: 2 }, schema, { a: 1 })).toEqual([]);
  expect(show({ a: 1 }, schema, { a: 2 })).toEqual(["spec.a: Invalid value: 1: grows"]);
  expect(show({ a: 1 }, schema, {})).toEqual([]);
});

test("an optional old value lets them be asked at once", () => {
  const rule = { rule: "oldSelf.hasValue() || self == 1", optionalOldSelf: true, message: "first" };
  const schema = spec({ a: integer(rule) });
  expect(show({ a: 1 }, schema)).toEqual([]);
  expect(show({ a: 2 }, schema)).toEqual(["spec.a: Invalid value: 2: first"]);
  expect(show({ a: 2 }, schema, { a: 1 })).toEqual([]);
});

test("unchanged values may break rules that came later", () => {
  const schema = spec({ a: integer({ rule: "self < 5" }), b: integer() });
  expect(show({ a: 7, b: 2 }, schema, { a: 7, b: 1 })).toEqual([]);
  expect(show({ a: 8, b: 1 }, schema, { a: 7, b: 1 })).toHaveLength(1);
});

test("a rule too expensive for its data ends the evaluation", () => {
  const list: JSONSchemaProps = {
    type: "array",
    items: { type: "integer" },
    "x-kubernetes-validations": [{ rule: "self.all(x, self.all(y, self.all(z, x + y + z >= 0)))" }],
  };
  const [error] = show({ l: Array.from({ length: 200 }, () => 1) }, spec({ l: list }));
  expect(error).toMatch(/call cost exceeds limit for rule/);
});
