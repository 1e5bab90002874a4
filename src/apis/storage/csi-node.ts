import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, int32, kind, list, object, string, struct } from "#machinery/schema/schema.ts";

export const volumeNodeResources = object("storage.v1.VolumeNodeResources", {
  count: int32({ tag: 1, pointer: true }),
});
export interface VolumeNodeResources extends Infer<typeof volumeNodeResources> {}

export const csiNodeDriver = object("storage.v1.CSINodeDriver", {
  name: string({ tag: 1, always: true, required: true }),
  nodeID: string({ tag: 2, always: true, required: true }),
  topologyKeys: list(string(), { tag: 3, always: true, listType: "atomic" }),
  allocatable: struct<VolumeNodeResources>(volumeNodeResources, { tag: 4, pointer: true }),
});
export interface CSINodeDriver extends Infer<typeof csiNodeDriver> {}

export const csiNodeSpec = object("storage.v1.CSINodeSpec", {
  drivers: list(struct<CSINodeDriver>(csiNodeDriver), {
    tag: 1,
    always: true,
    required: true,
    nullable: true,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
});
export interface CSINodeSpec extends Infer<typeof csiNodeSpec> {}

export const csiNode = kind("storage.v1.CSINode", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<CSINodeSpec>(csiNodeSpec, { tag: 2, always: true, required: true }),
});
export interface CSINode extends Infer<typeof csiNode> {}

export const csiNodes = defineResource<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  plural: "csinodes",
  singular: "csinode",
  namespaced: false,
  schema: csiNode,
});
