import { type Infer, list, object, string } from "#machinery/schema/schema.ts";

export const policyRule = object("rbac.v1.PolicyRule", {
  verbs: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  apiGroups: list(string(), { tag: 2, listType: "atomic" }),
  resources: list(string(), { tag: 3, listType: "atomic" }),
  resourceNames: list(string(), { tag: 4, listType: "atomic" }),
  nonResourceURLs: list(string(), { tag: 5, listType: "atomic" }),
});
export interface PolicyRule extends Infer<typeof policyRule> {}
