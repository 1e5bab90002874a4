import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, bytes, type Infer, kind, map, string, struct } from "#machinery/schema/schema.ts";

export const configMap = kind("core.v1.ConfigMap", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  data: map(string(), { tag: 2 }),
  binaryData: map(bytes(), { tag: 3 }),
  immutable: bool({ tag: 4, pointer: true }),
});
export interface ConfigMap extends Infer<typeof configMap> {}

export const configMaps = defineResource<ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  singular: "configmap",
  shortNames: ["cm"],
  namespaced: true,
  schema: configMap,
});
