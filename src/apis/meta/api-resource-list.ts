import { bool, type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";

export const apiResource = object("meta.v1.APIResource", {
  name: string({ tag: 1, always: true, required: true }),
  namespaced: bool({ tag: 2, always: true, required: true }),
  kind: string({ tag: 3, always: true, required: true }),
  verbs: list(string(), { tag: 4, always: true, required: true }),
  shortNames: list(string(), { tag: 5, listType: "atomic" }),
  singularName: string({ tag: 6, always: true, required: true }),
  categories: list(string(), { tag: 7, listType: "atomic" }),
  group: string({ tag: 8 }),
  version: string({ tag: 9 }),
  storageVersionHash: string({ tag: 10 }),
});
export interface APIResource extends Infer<typeof apiResource> {}

export const apiResourceList = kind("meta.v1.APIResourceList", {
  groupVersion: string({ tag: 1, always: true, required: true }),
  resources: list(struct<APIResource>(apiResource), {
    tag: 2,
    always: true,
    required: true,
    listType: "atomic",
  }),
});
export interface APIResourceList extends Infer<typeof apiResourceList> {}
