import { type Infer, list, map, object, string, struct } from "#machinery/schema/schema.ts";

export const fieldSelectorRequirement = object("meta.v1.FieldSelectorRequirement", {
  key: string({ tag: 1, always: true, required: true }),
  operator: string({ tag: 2, always: true, required: true }),
  values: list(string(), { tag: 3, listType: "atomic" }),
});
export interface FieldSelectorRequirement extends Infer<typeof fieldSelectorRequirement> {}

export const labelSelectorRequirement = object("meta.v1.LabelSelectorRequirement", {
  key: string({ tag: 1, always: true, required: true }),
  operator: string({ tag: 2, always: true, required: true }),
  values: list(string(), { tag: 3, listType: "atomic" }),
});
export interface LabelSelectorRequirement extends Infer<typeof labelSelectorRequirement> {}

export const labelSelector = object(
  "meta.v1.LabelSelector",
  {
    matchLabels: map(string(), { tag: 1 }),
    matchExpressions: list(struct<LabelSelectorRequirement>(labelSelectorRequirement), {
      tag: 2,
      listType: "atomic",
    }),
  },
  { mapType: "atomic" },
);
export interface LabelSelector extends Infer<typeof labelSelector> {}
