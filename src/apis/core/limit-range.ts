import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  kind,
  list,
  map,
  object,
  quantity,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const limitRangeItem = object("core.v1.LimitRangeItem", {
  type: string({ tag: 1, always: true, required: true }),
  max: map(quantity(), { tag: 2 }),
  min: map(quantity(), { tag: 3 }),
  default: map(quantity(), { tag: 4 }),
  defaultRequest: map(quantity(), { tag: 5 }),
  maxLimitRequestRatio: map(quantity(), { tag: 6 }),
});
export interface LimitRangeItem extends Infer<typeof limitRangeItem> {}

export const limitRangeSpec = object("core.v1.LimitRangeSpec", {
  limits: list(struct<LimitRangeItem>(limitRangeItem), {
    tag: 1,
    always: true,
    required: true,
    nullable: true,
    listType: "atomic",
  }),
});
export interface LimitRangeSpec extends Infer<typeof limitRangeSpec> {}

export const limitRange = kind("core.v1.LimitRange", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<LimitRangeSpec>(limitRangeSpec, { tag: 2 }),
});
export interface LimitRange extends Infer<typeof limitRange> {}

export const limitRanges = defineResource<LimitRange>({
  group: "",
  version: "v1",
  kind: "LimitRange",
  plural: "limitranges",
  singular: "limitrange",
  shortNames: ["limits"],
  namespaced: true,
  schema: limitRange,
});
