import { type Infer, list, object, string, struct } from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const matchCondition = object("admissionregistration.v1.MatchCondition", {
  name: string({ tag: 1, always: true, required: true }),
  expression: string({ tag: 2, always: true, required: true }),
});
export interface MatchCondition extends Infer<typeof matchCondition> {}

export const namedRuleWithOperations = object(
  "admissionregistration.v1.NamedRuleWithOperations",
  {
    resourceNames: list(string(), { tag: 1, listType: "atomic" }),
    operations: list(string({ enum: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"] }), {
      tag: [2, 1],
      listType: "atomic",
    }),
    apiGroups: list(string(), { tag: [2, 2, 1], listType: "atomic" }),
    apiVersions: list(string(), { tag: [2, 2, 2], listType: "atomic" }),
    resources: list(string(), { tag: [2, 2, 3], listType: "atomic" }),
    scope: string({ tag: [2, 2, 4], pointer: true, enum: ["*", "Cluster", "Namespaced"] }),
  },
  { mapType: "atomic" },
);
export interface NamedRuleWithOperations extends Infer<typeof namedRuleWithOperations> {}

export const matchResources = object(
  "admissionregistration.v1.MatchResources",
  {
    namespaceSelector: struct<LabelSelector>(labelSelector, { tag: 1, pointer: true }),
    objectSelector: struct<LabelSelector>(labelSelector, { tag: 2, pointer: true }),
    resourceRules: list(struct<NamedRuleWithOperations>(namedRuleWithOperations), {
      tag: 3,
      listType: "atomic",
    }),
    excludeResourceRules: list(struct<NamedRuleWithOperations>(namedRuleWithOperations), {
      tag: 4,
      listType: "atomic",
    }),
    matchPolicy: string({ tag: 7, pointer: true, enum: ["Equivalent", "Exact"] }),
  },
  { mapType: "atomic" },
);
export interface MatchResources extends Infer<typeof matchResources> {}

export const ruleWithOperations = object("admissionregistration.v1.RuleWithOperations", {
  operations: list(string({ enum: ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"] }), {
    tag: 1,
    listType: "atomic",
  }),
  apiGroups: list(string(), { tag: [2, 1], listType: "atomic" }),
  apiVersions: list(string(), { tag: [2, 2], listType: "atomic" }),
  resources: list(string(), { tag: [2, 3], listType: "atomic" }),
  scope: string({ tag: [2, 4], pointer: true, enum: ["*", "Cluster", "Namespaced"] }),
});
export interface RuleWithOperations extends Infer<typeof ruleWithOperations> {}
