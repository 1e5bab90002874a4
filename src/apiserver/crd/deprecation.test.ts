import { expect, test } from "vitest";
import type { CustomResourceDefinitionVersion as Version } from "#apis/apiextensions/custom-resource-definition.ts";
import { deprecationWarning } from "./deprecation.ts";

const version = (name: string, more: Partial<Version> = {}): Version => ({
  name,
  served: true,
  storage: false,
  ...more,
});
const old = version("v1beta1", { deprecated: true });

test.each<[what: string, versions: Version[], warning: string | undefined]>([
  ["nothing better", [old], "example.com/v1beta1 Widget is deprecated"],
  [
    "the best of what is better",
    [old, version("v1beta2"), version("v1")],
    "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget",
  ],
  [
    "only what is served",
    [old, version("v1", { served: false }), version("v1alpha1")],
    "example.com/v1beta1 Widget is deprecated",
  ],
  ["words of its own", [{ ...old, deprecationWarning: "gone soon" }], "gone soon"],
  ["a version that is not deprecated", [version("v1")], undefined],
])("%s", (_what, versions, warning) => {
  const spec = { group: "example.com", names: { plural: "widgets", kind: "Widget" }, versions };
  const crd = { spec } as unknown as Parameters<typeof deprecationWarning>[0];
  expect(deprecationWarning(crd, versions[0]!)).toBe(warning);
});
