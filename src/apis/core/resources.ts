import {
  type Infer,
  list,
  map,
  object,
  quantity,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const resourceClaim = object("core.v1.ResourceClaim", {
  name: string({ tag: 1, always: true, required: true }),
  request: string({ tag: 2 }),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

export const resourceRequirements = object("core.v1.ResourceRequirements", {
  limits: map(quantity(), { tag: 1 }),
  requests: map(quantity(), { tag: 2 }),
  claims: list(struct<ResourceClaim>(resourceClaim), {
    tag: 3,
    listType: "map",
    listMapKeys: ["name"],
  }),
});
export interface ResourceRequirements extends Infer<typeof resourceRequirements> {}

export const volumeResourceRequirements = object("core.v1.VolumeResourceRequirements", {
  limits: map(quantity(), { tag: 1 }),
  requests: map(quantity(), { tag: 2 }),
});
export interface VolumeResourceRequirements extends Infer<typeof volumeResourceRequirements> {}
