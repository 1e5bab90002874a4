import { describe, expect, test } from "vitest";
import { sameMeaning } from "./equal.ts";
import { shortHash } from "./hash.ts";
import { labelMatcher, mapMatcher } from "./selector.ts";
import { slowStart } from "./slow-start.ts";

test.each([
  [{ a: 0 }, {}, true],
  [{ a: { b: [] } }, undefined, true],
  [{ a: 1 }, { a: 1, b: "" }, true],
  [{ a: 1 }, { a: 2 }, false],
  [[1, 2], [2, 1], false],
  [{ a: false }, { a: null }, true],
  [{}, { b: { c: 1 } }, false],
])("%j and %j mean the same: %s", (a, b, same) => {
  expect(sameMeaning(a, b)).toBe(same);
  expect(sameMeaning(b, a)).toBe(same);
});

describe("selectors", () => {
  const labels = { app: "web", tier: "front" };
  test.each([
    [undefined, false],
    [{}, true],
    [{ matchLabels: { app: "web" } }, true],
    [{ matchLabels: { app: "db" } }, false],
    [{ matchExpressions: [{ key: "app", operator: "In", values: ["web", "db"] }] }, true],
    [{ matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true],
    [{ matchExpressions: [{ key: "tier", operator: "Exists" }] }, true],
    [{ matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] }, false],
  ])("%j: %s", (selector, matches) => {
    expect(labelMatcher(selector)(labels)).toBe(matches);
  });
  test("an empty map selects nothing", () => {
    expect(mapMatcher({})(labels)).toBe(false);
    expect(mapMatcher({ app: "web" })(labels)).toBe(true);
  });
});

test("equal content has equal hashes, whatever the order of keys", () => {
  expect(shortHash({ a: 1, b: { c: 2 } })).toBe(shortHash({ b: { c: 2 }, a: 1 }));
  expect(shortHash({ a: 1 })).not.toBe(shortHash({ a: 2 }));
  expect(shortHash({ a: 1 }, 1)).not.toBe(shortHash({ a: 1 }));
});

test("a slow start stops after the batch that fails", async () => {
  const started: number[] = [];
  const run = slowStart(10, (index) => {
    started.push(index);
    return index === 2 ? Promise.reject(new Error("quota")) : Promise.resolve();
  });
  await expect(run).rejects.toThrow("quota");
  expect(started).toEqual([0, 1, 2]);
});
