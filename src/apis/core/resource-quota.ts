import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  kind,
  list,
  map,
  object,
  quantity,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const scopedResourceSelectorRequirement = object(
  "core.v1.ScopedResourceSelectorRequirement",
  {
    scopeName: string({
      tag: 1,
      always: true,
      required: true,
      enum: [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
      ],
    }),
    operator: string({
      tag: 2,
      always: true,
      required: true,
      enum: ["DoesNotExist", "Exists", "In", "NotIn"],
    }),
    values: list(string(), { tag: 3, listType: "atomic" }),
  },
);
export interface ScopedResourceSelectorRequirement extends Infer<
  typeof scopedResourceSelectorRequirement
> {}

export const scopeSelector = object(
  "core.v1.ScopeSelector",
  {
    matchExpressions: list(
      struct<ScopedResourceSelectorRequirement>(scopedResourceSelectorRequirement),
      { tag: 1, listType: "atomic" },
    ),
  },
  { mapType: "atomic" },
);
export interface ScopeSelector extends Infer<typeof scopeSelector> {}

export const resourceQuotaSpec = object("core.v1.ResourceQuotaSpec", {
  hard: map(quantity(), { tag: 1 }),
  scopes: list(
    string({
      enum: [
        "BestEffort",
        "CrossNamespacePodAffinity",
        "NotBestEffort",
        "NotTerminating",
        "PriorityClass",
        "Terminating",
        "VolumeAttributesClass",
      ],
    }),
    { tag: 2, listType: "atomic" },
  ),
  scopeSelector: struct<ScopeSelector>(scopeSelector, { tag: 3, pointer: true }),
});
export interface ResourceQuotaSpec extends Infer<typeof resourceQuotaSpec> {}

export const resourceQuotaStatus = object("core.v1.ResourceQuotaStatus", {
  hard: map(quantity(), { tag: 1 }),
  used: map(quantity(), { tag: 2 }),
});
export interface ResourceQuotaStatus extends Infer<typeof resourceQuotaStatus> {}

export const resourceQuota = kind("core.v1.ResourceQuota", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ResourceQuotaSpec>(resourceQuotaSpec, { tag: 2 }),
  status: struct<ResourceQuotaStatus>(resourceQuotaStatus, { tag: 3, optional: true }),
});
export interface ResourceQuota extends Infer<typeof resourceQuota> {}

export const resourceQuotas = defineResource<ResourceQuota>({
  group: "",
  version: "v1",
  kind: "ResourceQuota",
  plural: "resourcequotas",
  singular: "resourcequota",
  shortNames: ["quota"],
  namespaced: true,
  schema: resourceQuota,
  subresources: {
    status: {},
  },
});
