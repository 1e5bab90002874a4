import { expect, test } from "vitest";
import { compareVersions } from "./kube-versions.ts";

test("stable before beta before alpha, newest first, others last", () => {
  const sorted = [
    "v1",
    "v10",
    "v2",
    "v11beta2",
    "v10beta3",
    "v3beta1",
    "v12alpha1",
    "v11alpha2",
    "foo1",
    "foo10",
  ];
  const mixed = sorted.toSorted((a, b) => (a < b ? -1 : 1));
  expect(mixed.toSorted(compareVersions)).toEqual([
    "v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10",
  ]); // prettier-ignore
});
