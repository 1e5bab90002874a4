import {
  bool,
  fieldsV1,
  int64,
  type Infer,
  list,
  map,
  object,
  type ObjectSchema,
  string,
  struct,
  time,
} from "./schema/schema.ts";

/** The metadata types that every API object carries (meta/v1). */

export const managedFieldsEntry = object("meta.v1.ManagedFieldsEntry", {
  manager: string({ tag: 1 }),
  operation: string({ tag: 2 }),
  apiVersion: string({ tag: 3 }),
  time: time({ tag: 4, pointer: true }),
  fieldsType: string({ tag: 6 }),
  fieldsV1: fieldsV1({ tag: 7, pointer: true }),
  subresource: string({ tag: 8 }),
});
/** Which fields one manager owns, as server-side apply keeps them. */
export interface ManagedFieldsEntry extends Infer<typeof managedFieldsEntry> {}

export const ownerReference = object(
  "meta.v1.OwnerReference",
  {
    kind: string({ tag: 1, always: true, required: true }),
    name: string({ tag: 3, always: true, required: true }),
    uid: string({ tag: 4, always: true, required: true }),
    apiVersion: string({ tag: 5, always: true, required: true }),
    controller: bool({ tag: 6, pointer: true }),
    blockOwnerDeletion: bool({ tag: 7, pointer: true }),
  },
  { mapType: "atomic" },
);
/** An object in the same namespace (or of the cluster) on which this one depends. */
export interface OwnerReference extends Infer<typeof ownerReference> {}

const objectMetaFields = object("meta.v1.ObjectMeta", {
  name: string({ tag: 1 }),
  generateName: string({ tag: 2 }),
  namespace: string({ tag: 3 }),
  selfLink: string({ tag: 4 }),
  uid: string({ tag: 5 }),
  resourceVersion: string({ tag: 6 }),
  generation: int64({ tag: 7 }),
  creationTimestamp: time({ tag: 8, omitZero: true }),
  deletionTimestamp: time({ tag: 9, pointer: true }),
  deletionGracePeriodSeconds: int64({ tag: 10, pointer: true }),
  labels: map(string(), { tag: 11 }),
  annotations: map(string(), { tag: 12 }),
  ownerReferences: list(struct<OwnerReference>(ownerReference), {
    tag: 13,
    listType: "map",
    listMapKeys: ["uid"],
    patchStrategy: "merge",
    patchMergeKey: "uid",
  }),
  finalizers: list(string(), { tag: 14, listType: "set", patchStrategy: "merge" }),
  managedFields: list(struct<ManagedFieldsEntry>(managedFieldsEntry), {
    tag: 17,
    listType: "atomic",
  }),
});
/** The metadata of an object that exists; see `TemplateMeta` for that of one to be made. */
export interface ObjectMeta extends Infer<typeof objectMetaFields> {
  name: string;
}
export const objectMeta = objectMetaFields as ObjectSchema<ObjectMeta>;

/** The metadata inside a template: the same fields, and none of them needed. */
export interface TemplateMeta extends Partial<ObjectMeta> {}

export const shardInfo = object("meta.v1.ShardInfo", {
  selector: string({ tag: 1, always: true, required: true }),
});
export interface ShardInfo extends Infer<typeof shardInfo> {}

export const listMeta = object("meta.v1.ListMeta", {
  selfLink: string({ tag: 1 }),
  resourceVersion: string({ tag: 2 }),
  continue: string({ tag: 3 }),
  remainingItemCount: int64({ tag: 4, pointer: true }),
  shardInfo: struct<ShardInfo>(shardInfo, { tag: 5, pointer: true }),
});
/** The metadata of a list: its revision and where its next page starts. */
export interface ListMeta extends Infer<typeof listMeta> {}
