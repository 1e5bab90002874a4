import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, struct } from "#machinery/schema/schema.ts";
import { podTemplateSpec, type PodTemplateSpec } from "./pod-spec.ts";

export const podTemplate = kind("core.v1.PodTemplate", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 2 }),
});
export interface PodTemplate extends Infer<typeof podTemplate> {}

export const podTemplates = defineResource<PodTemplate>({
  group: "",
  version: "v1",
  kind: "PodTemplate",
  plural: "podtemplates",
  singular: "podtemplate",
  namespaced: true,
  schema: podTemplate,
});
