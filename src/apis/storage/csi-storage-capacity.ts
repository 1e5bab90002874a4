import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, quantity, string, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const csiStorageCapacity = kind("storage.v1.CSIStorageCapacity", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  nodeTopology: struct<LabelSelector>(labelSelector, { tag: 2, pointer: true }),
  storageClassName: string({ tag: 3, always: true, required: true }),
  capacity: quantity({ tag: 4, pointer: true }),
  maximumVolumeSize: quantity({ tag: 5, pointer: true }),
});
export interface CSIStorageCapacity extends Infer<typeof csiStorageCapacity> {}

export const csiStorageCapacities = defineResource<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  plural: "csistoragecapacities",
  singular: "csistoragecapacity",
  namespaced: true,
  schema: csiStorageCapacity,
});
