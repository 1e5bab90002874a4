import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, string, struct, time } from "#machinery/schema/schema.ts";

export const namespaceSpec = object("core.v1.NamespaceSpec", {
  finalizers: list(string(), { tag: 1, listType: "atomic" }),
});
export interface NamespaceSpec extends Infer<typeof namespaceSpec> {}

export const namespaceCondition = object("core.v1.NamespaceCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});
export interface NamespaceCondition extends Infer<typeof namespaceCondition> {}

export const namespaceStatus = object("core.v1.NamespaceStatus", {
  phase: string({ tag: 1, enum: ["Active", "Terminating"] }),
  conditions: list(struct<NamespaceCondition>(namespaceCondition), {
    tag: 2,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface NamespaceStatus extends Infer<typeof namespaceStatus> {}

export const namespace = kind("core.v1.Namespace", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<NamespaceSpec>(namespaceSpec, { tag: 2 }),
  status: struct<NamespaceStatus>(namespaceStatus, { tag: 3, optional: true }),
});
export interface Namespace extends Infer<typeof namespace> {}

export const namespaces = defineResource<Namespace>({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  singular: "namespace",
  shortNames: ["ns"],
  namespaced: false,
  verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
  schema: namespace,
  subresources: {
    finalize: { verbs: ["update"] },
    status: {},
  },
});
