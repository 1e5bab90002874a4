import { expect, test } from "vitest";
import { jsonPath } from "./json-path.ts";

const object = {
  spec: { s: "x", l: ["p", "q", "r"], "a.b": 1, m: { k: "v" } },
  status: {
    c: [
      { type: "Ready", status: "True" },
      { type: "Old", status: "False", n: 3 },
    ],
  },
};

test.each<[path: string, found: unknown[]]>([
  [".spec.s", ["x"]],
  [".spec.nope.deeper", []],
  [".spec.l[0]", ["p"]],
  [".spec.l[-1]", ["r"]],
  [".spec.l[0:2]", ["p", "q"]],
  [".spec.l[*]", ["p", "q", "r"]],
  [".spec.l", [["p", "q", "r"]]],
  [".spec['a.b']", [1]],
  [".spec.a\\.b", [1]],
  [".spec.m.*", ["v"]],
  ['.status.c[?(@.type=="Ready")].status', ["True"]],
  [".status.c[?(@.type=='Old')].status", ["False"]],
  [".status.c[?(@.n>2)].type", ["Old"]],
  [".status.c[?(@.n)].type", ["Old"]],
  ["..k", ["v"]],
])("%s", (path, found) => {
  expect(jsonPath(path)(object)).toEqual(found);
});

test.each([".a[", ".a[?(]", ".a[x]"])("%s is no path", (path) => {
  expect(() => jsonPath(path)).toThrow();
});
