import { type Infer, list, object, string, struct } from "#machinery/schema/schema.ts";

export const topologySelectorLabelRequirement = object("core.v1.TopologySelectorLabelRequirement", {
  key: string({ tag: 1, always: true, required: true }),
  values: list(string(), { tag: 2, always: true, required: true, listType: "atomic" }),
});
export interface TopologySelectorLabelRequirement extends Infer<
  typeof topologySelectorLabelRequirement
> {}

export const topologySelectorTerm = object(
  "core.v1.TopologySelectorTerm",
  {
    matchLabelExpressions: list(
      struct<TopologySelectorLabelRequirement>(topologySelectorLabelRequirement),
      { tag: 1, listType: "atomic" },
    ),
  },
  { mapType: "atomic" },
);
export interface TopologySelectorTerm extends Infer<typeof topologySelectorTerm> {}
