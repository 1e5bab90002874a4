import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import {
  type MatchCondition,
  matchCondition,
  matchResources,
  type MatchResources,
} from "./matching.ts";
import { type ParamKind, paramKind, variable, type Variable } from "./policy-parameters.ts";

export const applyConfiguration = object("admissionregistration.v1.ApplyConfiguration", {
  expression: string({ tag: 1 }),
});
export interface ApplyConfiguration extends Infer<typeof applyConfiguration> {}

export const jsonPatch = object("admissionregistration.v1.JSONPatch", {
  expression: string({ tag: 1 }),
});
export interface JSONPatch extends Infer<typeof jsonPatch> {}

export const mutation = object("admissionregistration.v1.Mutation", {
  patchType: string({
    tag: 2,
    always: true,
    required: true,
    enum: ["ApplyConfiguration", "JSONPatch"],
  }),
  applyConfiguration: struct<ApplyConfiguration>(applyConfiguration, { tag: 3, pointer: true }),
  jsonPatch: struct<JSONPatch>(jsonPatch, { tag: 4, pointer: true }),
});
export interface Mutation extends Infer<typeof mutation> {}

export const mutatingAdmissionPolicySpec = object(
  "admissionregistration.v1.MutatingAdmissionPolicySpec",
  {
    paramKind: struct<ParamKind>(paramKind, { tag: 1, pointer: true }),
    matchConstraints: struct<MatchResources>(matchResources, { tag: 2, pointer: true }),
    variables: list(struct<Variable>(variable), { tag: 3, listType: "atomic" }),
    mutations: list(struct<Mutation>(mutation), { tag: 4, listType: "atomic" }),
    failurePolicy: string({ tag: 5, pointer: true, enum: ["Fail", "Ignore"] }),
    matchConditions: list(struct<MatchCondition>(matchCondition), {
      tag: 6,
      listType: "map",
      listMapKeys: ["name"],
      patchStrategy: "merge",
      patchMergeKey: "name",
    }),
    reinvocationPolicy: string({ tag: 7, enum: ["IfNeeded", "Never"] }),
  },
);
export interface MutatingAdmissionPolicySpec extends Infer<typeof mutatingAdmissionPolicySpec> {}

export const mutatingAdmissionPolicy = kind("admissionregistration.v1.MutatingAdmissionPolicy", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<MutatingAdmissionPolicySpec>(mutatingAdmissionPolicySpec, { tag: 2 }),
});
export interface MutatingAdmissionPolicy extends Infer<typeof mutatingAdmissionPolicy> {}

export const mutatingAdmissionPolicies = defineResource<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  plural: "mutatingadmissionpolicies",
  singular: "mutatingadmissionpolicy",
  categories: ["api-extensions"],
  namespaced: false,
  schema: mutatingAdmissionPolicy,
});
