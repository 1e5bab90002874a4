import { expect, test } from "vitest";
import type { CustomResourceDefinitionNames } from "#apis/apiextensions/custom-resource-definition.ts";
import { acceptNames } from "./names.ts";

type Names = CustomResourceDefinitionNames;

const wanted: Names = {
  plural: "widgets",
  singular: "widget",
  kind: "Widget",
  listKind: "WidgetList",
  shortNames: ["wi", "wd"],
};
type Definition = Parameters<typeof acceptNames>[0];
const definition = (names: Names, had?: Partial<Names>) =>
  ({
    spec: { names },
    status: { acceptedNames: { plural: "", kind: "", ...had } },
  }) as unknown as Definition;
const accept = (had: Partial<Names>, ...others: Names[]) =>
  acceptNames(
    definition(wanted, had),
    others.map((names) => definition(names, names)) as unknown as Parameters<typeof acceptNames>[1],
  );
const other: Names = { plural: "gadgets", singular: "gadget", kind: "Gadget" };

test("free names are accepted", () => {
  const { names, condition } = accept({}, other);
  expect(names).toEqual(wanted);
  expect(condition).toMatchObject({ status: "True", reason: "NoConflicts" });
});

test.each<[theirs: Partial<Names>, reason: string, message: string, missing: Partial<Names>]>([
  [{ plural: "widgets" }, "PluralConflict", '"widgets" is already in use', { plural: "" }],
  [{ plural: "widget" }, "SingularConflict", '"widget" is already in use', {}],
  [{ shortNames: ["wi"] }, "ShortNamesConflict", '"wi" is already in use', {}],
  [
    { shortNames: ["wd", "wi"] },
    "ShortNamesConflict",
    '["wi" is already in use, "wd" is already in use]',
    {},
  ],
  [{ kind: "WidgetList" }, "ListKindConflict", '"WidgetList" is already in use', {}],
  [{ listKind: "Widget" }, "KindConflict", '"Widget" is already in use', { kind: "" }],
])("%j is taken", (theirs, reason, message, missing) => {
  const { names, condition } = accept({}, { ...other, ...theirs });
  expect(condition).toMatchObject({ status: "False", reason, message });
  expect(names).toMatchObject(missing);
});

test("names that were given stay, whoever else wants them", () => {
  expect(accept(wanted, { ...other, plural: "widgets" }).condition.status).toBe("True");
});
