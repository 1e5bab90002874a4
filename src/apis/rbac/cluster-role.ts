import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";
import { policyRule, type PolicyRule } from "./policy-rule.ts";

export const aggregationRule = object("rbac.v1.AggregationRule", {
  clusterRoleSelectors: list(struct<LabelSelector>(labelSelector), { tag: 1, listType: "atomic" }),
});
export interface AggregationRule extends Infer<typeof aggregationRule> {}

export const clusterRole = kind("rbac.v1.ClusterRole", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  rules: list(struct<PolicyRule>(policyRule), { tag: 2, always: true, listType: "atomic" }),
  aggregationRule: struct<AggregationRule>(aggregationRule, { tag: 3, pointer: true }),
});
export interface ClusterRole extends Infer<typeof clusterRole> {}

export const clusterRoles = defineResource<ClusterRole>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "ClusterRole",
  plural: "clusterroles",
  singular: "clusterrole",
  namespaced: false,
  schema: clusterRole,
});
