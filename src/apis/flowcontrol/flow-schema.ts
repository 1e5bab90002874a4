import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int32,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";

export const flowDistinguisherMethod = object("flowcontrol.v1.FlowDistinguisherMethod", {
  type: string({ tag: 1, always: true, required: true }),
});
export interface FlowDistinguisherMethod extends Infer<typeof flowDistinguisherMethod> {}

export const priorityLevelConfigurationReference = object(
  "flowcontrol.v1.PriorityLevelConfigurationReference",
  {
    name: string({ tag: 1, always: true, required: true }),
  },
);
export interface PriorityLevelConfigurationReference extends Infer<
  typeof priorityLevelConfigurationReference
> {}

export const nonResourcePolicyRule = object("flowcontrol.v1.NonResourcePolicyRule", {
  verbs: list(string(), { tag: 1, always: true, required: true, listType: "set" }),
  nonResourceURLs: list(string(), { tag: 6, always: true, required: true, listType: "set" }),
});
export interface NonResourcePolicyRule extends Infer<typeof nonResourcePolicyRule> {}

export const resourcePolicyRule = object("flowcontrol.v1.ResourcePolicyRule", {
  verbs: list(string(), { tag: 1, always: true, required: true, listType: "set" }),
  apiGroups: list(string(), { tag: 2, always: true, required: true, listType: "set" }),
  resources: list(string(), { tag: 3, always: true, required: true, listType: "set" }),
  clusterScope: bool({ tag: 4 }),
  namespaces: list(string(), { tag: 5, always: true, listType: "set" }),
});
export interface ResourcePolicyRule extends Infer<typeof resourcePolicyRule> {}

export const groupSubject = object("flowcontrol.v1.GroupSubject", {
  name: string({ tag: 1, always: true, required: true }),
});
export interface GroupSubject extends Infer<typeof groupSubject> {}

export const serviceAccountSubject = object("flowcontrol.v1.ServiceAccountSubject", {
  namespace: string({ tag: 1, always: true, required: true }),
  name: string({ tag: 2, always: true, required: true }),
});
export interface ServiceAccountSubject extends Infer<typeof serviceAccountSubject> {}

export const userSubject = object("flowcontrol.v1.UserSubject", {
  name: string({ tag: 1, always: true, required: true }),
});
export interface UserSubject extends Infer<typeof userSubject> {}

export const subject = object(
  "flowcontrol.v1.Subject",
  {
    kind: string({ tag: 1, always: true, required: true }),
    user: struct<UserSubject>(userSubject, { tag: 2, pointer: true }),
    group: struct<GroupSubject>(groupSubject, { tag: 3, pointer: true }),
    serviceAccount: struct<ServiceAccountSubject>(serviceAccountSubject, { tag: 4, pointer: true }),
  },
  {
    unions: [
      {
        discriminator: "kind",
        fields: { group: "Group", serviceAccount: "ServiceAccount", user: "User" },
      },
    ],
  },
);
export interface Subject extends Infer<typeof subject> {}

export const policyRulesWithSubjects = object("flowcontrol.v1.PolicyRulesWithSubjects", {
  subjects: list(struct<Subject>(subject), {
    tag: 1,
    always: true,
    required: true,
    listType: "atomic",
  }),
  resourceRules: list(struct<ResourcePolicyRule>(resourcePolicyRule), {
    tag: 2,
    listType: "atomic",
  }),
  nonResourceRules: list(struct<NonResourcePolicyRule>(nonResourcePolicyRule), {
    tag: 3,
    listType: "atomic",
  }),
});
export interface PolicyRulesWithSubjects extends Infer<typeof policyRulesWithSubjects> {}

export const flowSchemaSpec = object("flowcontrol.v1.FlowSchemaSpec", {
  priorityLevelConfiguration: struct<PriorityLevelConfigurationReference>(
    priorityLevelConfigurationReference,
    { tag: 1, always: true, required: true },
  ),
  matchingPrecedence: int32({ tag: 2, always: true }),
  distinguisherMethod: struct<FlowDistinguisherMethod>(flowDistinguisherMethod, {
    tag: 3,
    pointer: true,
  }),
  rules: list(struct<PolicyRulesWithSubjects>(policyRulesWithSubjects), {
    tag: 4,
    listType: "atomic",
  }),
});
export interface FlowSchemaSpec extends Infer<typeof flowSchemaSpec> {}

export const flowSchemaCondition = object("flowcontrol.v1.FlowSchemaCondition", {
  type: string({ tag: 1 }),
  status: string({ tag: 2 }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});
export interface FlowSchemaCondition extends Infer<typeof flowSchemaCondition> {}

export const flowSchemaStatus = object("flowcontrol.v1.FlowSchemaStatus", {
  conditions: list(struct<FlowSchemaCondition>(flowSchemaCondition), {
    tag: 1,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface FlowSchemaStatus extends Infer<typeof flowSchemaStatus> {}

export const flowSchema = kind("flowcontrol.v1.FlowSchema", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<FlowSchemaSpec>(flowSchemaSpec, { tag: 2 }),
  status: struct<FlowSchemaStatus>(flowSchemaStatus, { tag: 3, optional: true }),
});
export interface FlowSchema extends Infer<typeof flowSchema> {}

export const flowSchemas = defineResource<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  plural: "flowschemas",
  singular: "flowschema",
  namespaced: false,
  schema: flowSchema,
  subresources: {
    status: {},
  },
});
