import { type Infer, list, object, string, struct } from "#machinery/schema/schema.ts";
import {
  fieldSelectorRequirement,
  type FieldSelectorRequirement,
  labelSelectorRequirement,
  type LabelSelectorRequirement,
} from "../meta/label-selector.ts";

export const fieldSelectorAttributes = object("authorization.v1.FieldSelectorAttributes", {
  rawSelector: string({ tag: 1 }),
  requirements: list(struct<FieldSelectorRequirement>(fieldSelectorRequirement), {
    tag: 2,
    listType: "atomic",
  }),
});
export interface FieldSelectorAttributes extends Infer<typeof fieldSelectorAttributes> {}

export const labelSelectorAttributes = object("authorization.v1.LabelSelectorAttributes", {
  rawSelector: string({ tag: 1 }),
  requirements: list(struct<LabelSelectorRequirement>(labelSelectorRequirement), {
    tag: 2,
    listType: "atomic",
  }),
});
export interface LabelSelectorAttributes extends Infer<typeof labelSelectorAttributes> {}

export const nonResourceAttributes = object("authorization.v1.NonResourceAttributes", {
  path: string({ tag: 1 }),
  verb: string({ tag: 2 }),
});
export interface NonResourceAttributes extends Infer<typeof nonResourceAttributes> {}

export const resourceAttributes = object("authorization.v1.ResourceAttributes", {
  namespace: string({ tag: 1 }),
  verb: string({ tag: 2 }),
  group: string({ tag: 3 }),
  version: string({ tag: 4 }),
  resource: string({ tag: 5 }),
  subresource: string({ tag: 6 }),
  name: string({ tag: 7 }),
  fieldSelector: struct<FieldSelectorAttributes>(fieldSelectorAttributes, {
    tag: 8,
    pointer: true,
  }),
  labelSelector: struct<LabelSelectorAttributes>(labelSelectorAttributes, {
    tag: 9,
    pointer: true,
  }),
});
export interface ResourceAttributes extends Infer<typeof resourceAttributes> {}
