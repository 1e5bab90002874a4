import { type ObjectMeta, objectMeta, type TemplateMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, object, struct } from "#machinery/schema/schema.ts";
import { type ResourceClaimSpec, resourceClaimSpec } from "./resource-claim.ts";

export const resourceClaimTemplateSpec = object("resource.v1.ResourceClaimTemplateSpec", {
  metadata: struct<TemplateMeta>(objectMeta, { tag: 1 }),
  spec: struct<ResourceClaimSpec>(resourceClaimSpec, { tag: 2, always: true, required: true }),
});
export interface ResourceClaimTemplateSpec extends Infer<typeof resourceClaimTemplateSpec> {}

export const resourceClaimTemplate = kind("resource.v1.ResourceClaimTemplate", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ResourceClaimTemplateSpec>(resourceClaimTemplateSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
});
export interface ResourceClaimTemplate extends Infer<typeof resourceClaimTemplate> {}

export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaimTemplate",
  plural: "resourceclaimtemplates",
  singular: "resourceclaimtemplate",
  namespaced: true,
  schema: resourceClaimTemplate,
});
