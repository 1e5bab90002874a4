import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, struct } from "#machinery/schema/schema.ts";
import { policyRule, type PolicyRule } from "./policy-rule.ts";

export const role = kind("rbac.v1.Role", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  rules: list(struct<PolicyRule>(policyRule), { tag: 2, always: true, listType: "atomic" }),
});
export interface Role extends Infer<typeof role> {}

export const roles = defineResource<Role>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "Role",
  plural: "roles",
  singular: "role",
  namespaced: true,
  schema: role,
});
