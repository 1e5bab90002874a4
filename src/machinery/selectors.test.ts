import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { matchEveryField, parseFieldSelector } from "./selectors-fields.ts";
import { parseLabelSelector } from "./selectors-parse.ts";
import {
  compileLabelSelector,
  labelQuery,
  labelSetQuery,
  matchEverything,
  matchNothing,
} from "./selectors.ts";

describe("label selectors as texts", () => {
  test.each<[string, Record<string, string>, boolean]>([
    ["", { a: "1" }, true],
    ["a=1", { a: "1" }, true],
    ["a==1,b!=2", { a: "1" }, true],
    ["b!=2", { b: "2" }, false],
    ["a in (1, 2)", { a: "2" }, true],
    ["a in (1,2)", {}, false],
    ["a notin (1,2)", {}, true],
    ["a notin (1,2)", { a: "1" }, false],
    ["a", { a: "" }, true],
    ["!a", {}, true],
    ["!a", { a: "1" }, false],
    ["a>5", { a: "6" }, true],
    ["a>5", { a: "x" }, false],
    ["a<5", { a: "4" }, true],
    ["a=", { a: "" }, true],
    ["example.com/a=1", { "example.com/a": "1" }, true],
  ])("%j on %j is %j", (text, labels, expected) => {
    expect(parseLabelSelector(text).matches(labels)).toBe(expected);
  });

  test.each(["a=b=c", "a in b", "a in (", "=a", "a b", "a,,b", "bad key=1", "a=bad value!", "a>x"])(
    "%j is refused",
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow();
    },
  );

  test.each([
    ["b=2,a=1", "a=1,b=2"],
    ["a in (2,1)", "a in (1,2)"],
    ["a notin(2,1),!b,c", "a notin (1,2),!b,c"],
  ])("%j is written as %j", (text, canonical) => {
    expect(String(parseLabelSelector(text))).toBe(canonical);
  });
});

describe("label selectors as objects", () => {
  const matchExpressions = [{ key: "b", operator: "In", values: ["1", "2"] }];

  test("all requirements have to be met", () => {
    const query = labelQuery({ matchLabels: { a: "1" }, matchExpressions });
    expect(query.matches({ a: "1", b: "2" })).toBe(true);
    expect(query.matches({ a: "1" })).toBe(false);
    expect(String(query)).toBe("a=1,b in (1,2)");
    const compiled = compileLabelSelector({ matchLabels: { a: "1" }, matchExpressions });
    expect(compiled({ a: "1", b: "1" })).toBe(true);
    expect(compiled(undefined)).toBe(false);
  });

  test("none matches nothing, an empty one everything", () => {
    expect(labelQuery(undefined)).toBe(matchNothing);
    expect(labelQuery({}).matches({ a: "1" })).toBe(true);
    expect(labelSetQuery(undefined).matches({})).toBe(matchEverything.matches({}));
  });

  test("an unknown operator is refused", () => {
    expect(() => labelQuery({ matchExpressions: [{ key: "a", operator: "Near" }] })).toThrow();
  });
});

describe("field selectors", () => {
  const fields = { "metadata.name": "a", "status.phase": "Running" };

  test.each([
    ["metadata.name=a", true],
    ["metadata.name==a,status.phase!=Failed", true],
    ["metadata.name!=a", false],
    ["metadata.name=b", false],
  ])("%j is %j", (text, expected) => {
    const query = parseFieldSelector(text);
    expect(query.matches((field) => fields[field as keyof typeof fields])).toBe(expected);
  });

  test("values can be escaped", () => {
    const [requirement] = parseFieldSelector(String.raw`a=b\,c\=d`).requirements;
    expect(requirement?.value).toBe("b,c=d");
  });

  test("nothing selects everything", () => {
    expect(parseFieldSelector("").requirements).toEqual(matchEveryField.requirements);
    expect(() => parseFieldSelector("metadata.name")).toThrow(ApiError);
  });
});
