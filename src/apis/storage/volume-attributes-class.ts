import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, map, string, struct } from "#machinery/schema/schema.ts";

export const volumeAttributesClass = kind("storage.v1.VolumeAttributesClass", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  driverName: string({ tag: 2, always: true, required: true }),
  parameters: map(string(), { tag: 3 }),
});
export interface VolumeAttributesClass extends Infer<typeof volumeAttributesClass> {}

export const volumeAttributesClasses = defineResource<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  plural: "volumeattributesclasses",
  singular: "volumeattributesclass",
  shortNames: ["vac"],
  namespaced: false,
  schema: volumeAttributesClass,
});
