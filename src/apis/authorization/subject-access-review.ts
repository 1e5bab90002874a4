import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  kind,
  list,
  map,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import {
  nonResourceAttributes,
  type NonResourceAttributes,
  type ResourceAttributes,
  resourceAttributes,
} from "./resource-attributes.ts";

export const subjectAccessReviewSpec = object("authorization.v1.SubjectAccessReviewSpec", {
  resourceAttributes: struct<ResourceAttributes>(resourceAttributes, { tag: 1, pointer: true }),
  nonResourceAttributes: struct<NonResourceAttributes>(nonResourceAttributes, {
    tag: 2,
    pointer: true,
  }),
  user: string({ tag: 3 }),
  groups: list(string(), { tag: 4, listType: "atomic" }),
  extra: map(list(string()), { tag: 5 }),
  uid: string({ tag: 6 }),
});
export interface SubjectAccessReviewSpec extends Infer<typeof subjectAccessReviewSpec> {}

export const subjectAccessReviewStatus = object("authorization.v1.SubjectAccessReviewStatus", {
  allowed: bool({ tag: 1, always: true, required: true }),
  reason: string({ tag: 2 }),
  evaluationError: string({ tag: 3 }),
  denied: bool({ tag: 4 }),
});
export interface SubjectAccessReviewStatus extends Infer<typeof subjectAccessReviewStatus> {}

export const subjectAccessReview = kind("authorization.v1.SubjectAccessReview", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<SubjectAccessReviewSpec>(subjectAccessReviewSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<SubjectAccessReviewStatus>(subjectAccessReviewStatus, { tag: 3, optional: true }),
});
export interface SubjectAccessReview extends Infer<typeof subjectAccessReview> {}

export const subjectAccessReviews = defineResource<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  singular: "subjectaccessreview",
  namespaced: false,
  verbs: ["create"],
  schema: subjectAccessReview,
});
