import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, int64, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { type Condition, condition } from "../meta/condition.ts";
import {
  type MatchCondition,
  matchCondition,
  matchResources,
  type MatchResources,
} from "./matching.ts";
import { type ParamKind, paramKind, variable, type Variable } from "./policy-parameters.ts";

export const auditAnnotation = object("admissionregistration.v1.AuditAnnotation", {
  key: string({ tag: 1, always: true, required: true }),
  valueExpression: string({ tag: 2, always: true, required: true }),
});
export interface AuditAnnotation extends Infer<typeof auditAnnotation> {}

export const validation = object("admissionregistration.v1.Validation", {
  expression: string({ tag: 1, always: true, required: true }),
  message: string({ tag: 2 }),
  reason: string({ tag: 3, pointer: true }),
  messageExpression: string({ tag: 4 }),
});
export interface Validation extends Infer<typeof validation> {}

export const validatingAdmissionPolicySpec = object(
  "admissionregistration.v1.ValidatingAdmissionPolicySpec",
  {
    paramKind: struct<ParamKind>(paramKind, { tag: 1, pointer: true }),
    matchConstraints: struct<MatchResources>(matchResources, { tag: 2, pointer: true }),
    validations: list(struct<Validation>(validation), { tag: 3, listType: "atomic" }),
    failurePolicy: string({ tag: 4, pointer: true, enum: ["Fail", "Ignore"] }),
    auditAnnotations: list(struct<AuditAnnotation>(auditAnnotation), {
      tag: 5,
      listType: "atomic",
    }),
    matchConditions: list(struct<MatchCondition>(matchCondition), {
      tag: 6,
      listType: "map",
      listMapKeys: ["name"],
      patchStrategy: "merge",
      patchMergeKey: "name",
    }),
    variables: list(struct<Variable>(variable), {
      tag: 7,
      listType: "map",
      listMapKeys: ["name"],
      patchStrategy: "merge",
      patchMergeKey: "name",
    }),
  },
);
export interface ValidatingAdmissionPolicySpec extends Infer<
  typeof validatingAdmissionPolicySpec
> {}

export const expressionWarning = object("admissionregistration.v1.ExpressionWarning", {
  fieldRef: string({ tag: 2, always: true, required: true }),
  warning: string({ tag: 3, always: true, required: true }),
});
export interface ExpressionWarning extends Infer<typeof expressionWarning> {}

export const typeChecking = object("admissionregistration.v1.TypeChecking", {
  expressionWarnings: list(struct<ExpressionWarning>(expressionWarning), {
    tag: 1,
    listType: "atomic",
  }),
});
export interface TypeChecking extends Infer<typeof typeChecking> {}

export const validatingAdmissionPolicyStatus = object(
  "admissionregistration.v1.ValidatingAdmissionPolicyStatus",
  {
    observedGeneration: int64({ tag: 1 }),
    typeChecking: struct<TypeChecking>(typeChecking, { tag: 2, pointer: true }),
    conditions: list(struct<Condition>(condition), {
      tag: 3,
      listType: "map",
      listMapKeys: ["type"],
    }),
  },
);
export interface ValidatingAdmissionPolicyStatus extends Infer<
  typeof validatingAdmissionPolicyStatus
> {}

export const validatingAdmissionPolicy = kind(
  "admissionregistration.v1.ValidatingAdmissionPolicy",
  {
    metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
    spec: struct<ValidatingAdmissionPolicySpec>(validatingAdmissionPolicySpec, { tag: 2 }),
    status: struct<ValidatingAdmissionPolicyStatus>(validatingAdmissionPolicyStatus, {
      tag: 3,
      optional: true,
    }),
  },
);
export interface ValidatingAdmissionPolicy extends Infer<typeof validatingAdmissionPolicy> {}

export const validatingAdmissionPolicies = defineResource<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  plural: "validatingadmissionpolicies",
  singular: "validatingadmissionpolicy",
  categories: ["api-extensions"],
  namespaced: false,
  schema: validatingAdmissionPolicy,
  subresources: {
    status: {},
  },
});
