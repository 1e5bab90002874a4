import { expect, test } from "vitest";
import { qualifiedName } from "#machinery/schema/schema.ts";
import { reachableTypes } from "#machinery/schema/walk.ts";
import { allResources } from "./all.ts";
import { docsOf } from "./docs.ts";
import { topLevelTypes } from "./kinds.ts";

const versions = new Set(allResources.map(({ apiVersion }) => apiVersion));
const types = reachableTypes([...versions].flatMap(topLevelTypes));

test("every type and every field has a text", () => {
  const missing = types.flatMap((type) => {
    const docs = docsOf(qualifiedName(type));
    return ["", ...Object.keys(type.fields)]
      .filter((field) => !docs[field])
      .map((field) => `${qualifiedName(type)}.${field}`);
  });
  expect(missing).toEqual([]);
});

test("texts are short", () => {
  const long = types.flatMap((type) =>
    Object.values(docsOf(qualifiedName(type))).filter((text) => text.length > 90),
  );
  expect(long).toEqual([]);
});
