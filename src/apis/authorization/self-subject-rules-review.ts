import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";

export const selfSubjectRulesReviewSpec = object("authorization.v1.SelfSubjectRulesReviewSpec", {
  namespace: string({ tag: 1 }),
});
export interface SelfSubjectRulesReviewSpec extends Infer<typeof selfSubjectRulesReviewSpec> {}

export const nonResourceRule = object("authorization.v1.NonResourceRule", {
  verbs: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  nonResourceURLs: list(string(), { tag: 2, listType: "atomic" }),
});
export interface NonResourceRule extends Infer<typeof nonResourceRule> {}

export const resourceRule = object("authorization.v1.ResourceRule", {
  verbs: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  apiGroups: list(string(), { tag: 2, listType: "atomic" }),
  resources: list(string(), { tag: 3, listType: "atomic" }),
  resourceNames: list(string(), { tag: 4, listType: "atomic" }),
});
export interface ResourceRule extends Infer<typeof resourceRule> {}

export const subjectRulesReviewStatus = object("authorization.v1.SubjectRulesReviewStatus", {
  resourceRules: list(struct<ResourceRule>(resourceRule), {
    tag: 1,
    always: true,
    required: true,
    listType: "atomic",
  }),
  nonResourceRules: list(struct<NonResourceRule>(nonResourceRule), {
    tag: 2,
    always: true,
    required: true,
    listType: "atomic",
  }),
  incomplete: bool({ tag: 3, always: true, required: true }),
  evaluationError: string({ tag: 4 }),
});
export interface SubjectRulesReviewStatus extends Infer<typeof subjectRulesReviewStatus> {}

export const selfSubjectRulesReview = kind("authorization.v1.SelfSubjectRulesReview", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<SelfSubjectRulesReviewSpec>(selfSubjectRulesReviewSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<SubjectRulesReviewStatus>(subjectRulesReviewStatus, { tag: 3, optional: true }),
});
export interface SelfSubjectRulesReview extends Infer<typeof selfSubjectRulesReview> {}

export const selfSubjectRulesReviews = defineResource<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  singular: "selfsubjectrulesreview",
  namespaced: false,
  verbs: ["create"],
  schema: selfSubjectRulesReview,
});
