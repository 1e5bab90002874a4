import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, type Infer, kind, list, map, string, struct } from "#machinery/schema/schema.ts";
import { type TopologySelectorTerm, topologySelectorTerm } from "../core/topology-selector.ts";

export const storageClass = kind("storage.v1.StorageClass", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  provisioner: string({ tag: 2, always: true, required: true }),
  parameters: map(string(), { tag: 3 }),
  reclaimPolicy: string({ tag: 4, pointer: true, enum: ["Delete", "Recycle", "Retain"] }),
  mountOptions: list(string(), { tag: 5, listType: "atomic" }),
  allowVolumeExpansion: bool({ tag: 6, pointer: true }),
  volumeBindingMode: string({ tag: 7, pointer: true, enum: ["Immediate", "WaitForFirstConsumer"] }),
  allowedTopologies: list(struct<TopologySelectorTerm>(topologySelectorTerm), {
    tag: 8,
    listType: "atomic",
  }),
});
export interface StorageClass extends Infer<typeof storageClass> {}

export const storageClasses = defineResource<StorageClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "StorageClass",
  plural: "storageclasses",
  singular: "storageclass",
  shortNames: ["sc"],
  namespaced: false,
  schema: storageClass,
});
