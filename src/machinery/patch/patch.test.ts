import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { int32, list, map, object, string, struct } from "../schema/schema.ts";
import type { JsonObject, JsonValue } from "../schema/schema.ts";
import { applyJsonPatch, jsonPatchOperationsMax } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

function codeOf(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
  return 200;
}

describe("JSON patch", () => {
  const target = { a: { b: 1 }, l: [1, 2, 3], "x/y": "s", "t~u": "t" };

  test.each<[string, JsonValue[], JsonValue]>([
    ["adds", [{ op: "add", path: "/a/c", value: 2 }], { ...target, a: { b: 1, c: 2 } }],
    ["inserts", [{ op: "add", path: "/l/1", value: 9 }], { ...target, l: [1, 9, 2, 3] }],
    ["appends", [{ op: "add", path: "/l/-", value: 9 }], { ...target, l: [1, 2, 3, 9] }],
    ["counts from the end", [{ op: "remove", path: "/l/-1" }], { ...target, l: [1, 2] }],
    ["replaces", [{ op: "replace", path: "/a/b", value: null }], { ...target, a: { b: null } }],
    ["knows ~1", [{ op: "replace", path: "/x~1y", value: "z" }], { ...target, "x/y": "z" }],
    ["knows ~0", [{ op: "replace", path: "/t~0u", value: "z" }], { ...target, "t~u": "z" }],
    ["moves", [{ op: "move", from: "/a/b", path: "/b" }], { ...target, a: {}, b: 1 }],
    ["copies", [{ op: "copy", from: "/a", path: "/c" }], { ...target, c: { b: 1 } }],
    ["tests", [{ op: "test", path: "/l", value: [1, 2, 3] }], target],
    ["replaces the root", [{ op: "replace", path: "", value: {} }], {}],
  ])("%s", (_, operations, expected) => {
    const before = structuredClone(target);
    expect(applyJsonPatch(target, operations)).toEqual(expected);
    expect(target).toEqual(before);
  });

  test.each<[string, unknown, number]>([
    ["is no list", {}, 400],
    ["has an operation that is no object", [1], 400],
    ["removes what is not there", [{ op: "remove", path: "/nope" }], 422],
    ["replaces what is not there", [{ op: "replace", path: "/a/nope", value: 1 }], 422],
    ["inserts behind the end", [{ op: "add", path: "/l/9", value: 1 }], 422],
    ["tests in vain", [{ op: "test", path: "/a/b", value: 2 }], 422],
    ["has an unknown operation", [{ op: "grow", path: "/a" }], 422],
    ["has no path", [{ op: "remove" }], 422],
    ["has a path without a slash", [{ op: "add", path: "a", value: 1 }], 422],
    ["is too long", Array.from({ length: jsonPatchOperationsMax + 1 }, () => ({})), 413],
  ])("fails when it %s", (_, operations, code) => {
    expect(codeOf(() => applyJsonPatch(target, operations))).toBe(code);
  });

  test("does not reach prototypes", () => {
    const patch = [{ op: "add", path: "/__proto__", value: { polluted: true } }];
    const patched = applyJsonPatch({}, patch) as JsonObject;
    expect(Object.hasOwn(patched, "__proto__")).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const deep = [{ op: "add", path: "/constructor/prototype/polluted", value: true }];
    expect(codeOf(() => applyJsonPatch({}, deep))).toBe(422);
  });

  test("cannot double a document without end", () => {
    const copies = Array.from({ length: 40 }, () => ({ op: "copy", from: "/a", path: "/a/-" }));
    expect(codeOf(() => applyJsonPatch({ a: ["x".repeat(1000)] }, copies))).toBe(422);
  });
});

describe("merge patch", () => {
  test.each<[JsonObject, JsonObject, JsonObject]>([
    [{ a: 1 }, { b: 2 }, { a: 1, b: 2 }],
    [{ a: 1 }, { a: null }, {}],
    [{ a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: 1 }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ])("%j with %j is %j", (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected);
  });

  test("must be an object", () => {
    expect(codeOf(() => applyMergePatch({}, []))).toBe(400);
  });
});

const port = object("test.v1.Port", {
  port: int32({ tag: 1 }),
  name: string({ tag: 2 }),
});
const item = object("test.v1.Item", {
  name: string({ tag: 1 }),
  image: string({ tag: 2 }),
  ports: list(struct(port), { tag: 3, patchStrategy: "merge", patchMergeKey: "port" }),
});
const volume = object("test.v1.Volume", {
  name: string({ tag: 1 }),
  secret: map(string(), { tag: 2 }),
  empty: map(string(), { tag: 3 }),
});
const root = object("test.v1.Root", {
  items: list(struct(item), { tag: 1, patchStrategy: "merge", patchMergeKey: "name" }),
  finalizers: list(string(), { tag: 2, patchStrategy: "merge" }),
  volumes: list(struct(volume), {
    tag: 3,
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
  }),
  labels: map(string(), { tag: 4 }),
  plain: list(string(), { tag: 5 }),
});

describe("strategic merge patch", () => {
  const a = { name: "a", image: "1" };
  const b = { name: "b", image: "1" };

  test.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "merges items by key",
      { items: [a, b] },
      { items: [{ name: "b", image: "2" }] },
      { items: [a, { name: "b", image: "2" }] },
    ],
    ["puts new items first", { items: [a] }, { items: [b] }, { items: [b, a] }],
    [
      "deletes items",
      { items: [a, b] },
      { items: [{ $patch: "delete", name: "a" }] },
      { items: [b] },
    ],
    ["replaces a list", { items: [a, b] }, { items: [{ $patch: "replace" }, b] }, { items: [b] }],
    [
      "orders items",
      { items: [a, b] },
      { "$setElementOrder/items": [{ name: "b" }, { name: "a" }], items: [b] },
      { items: [b, a] },
    ],
    [
      "merges lists of texts",
      { finalizers: ["x", "y"] },
      { finalizers: ["z"], "$deleteFromPrimitiveList/finalizers": ["x"] },
      { finalizers: ["z", "y"] },
    ],
    [
      "keeps only what is listed",
      { volumes: [{ name: "v", secret: { a: "b" } }] },
      { volumes: [{ name: "v", $retainKeys: ["name", "empty"], empty: {} }] },
      { volumes: [{ name: "v", empty: {} }] },
    ],
    [
      "merges lists within items",
      { items: [{ name: "a", ports: [{ port: 1, name: "x" }] }] },
      { items: [{ name: "a", ports: [{ port: 1, name: "y" }, { port: 2 }] }] },
      { items: [{ name: "a", ports: [{ port: 1, name: "y" }, { port: 2 }] }] },
    ],
    ["replaces plain lists", { plain: ["a"] }, { plain: ["b"] }, { plain: ["b"] }],
    [
      "replaces maps when told",
      { labels: { a: "1" } },
      { labels: { $patch: "replace", b: "2" } },
      { labels: { b: "2" } },
    ],
    [
      "removes by null",
      { labels: { a: "1", b: "2" } },
      { labels: { a: null } },
      { labels: { b: "2" } },
    ],
  ])("%s", (_, target, patch, expected) => {
    const before = structuredClone(target);
    expect(applyStrategicMergePatch(root, target, patch)).toEqual(expected);
    expect(target).toEqual(before);
  });

  test.each<[string, JsonObject, number]>([
    ["an unknown directive", { $patch: "grow" }, 500],
    ["an item without its key", { items: [{ image: "1" }] }, 500],
    ["a bad retainKeys", { volumes: [{ name: "v", $retainKeys: "name" }] }, 400],
  ])("fails for %s", (_, patch, code) => {
    const target = { items: [a], volumes: [{ name: "v" }] };
    expect(codeOf(() => applyStrategicMergePatch(root, target, patch))).toBe(code);
  });
});
