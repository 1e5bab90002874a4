import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, object, struct } from "#machinery/schema/schema.ts";
import {
  nonResourceAttributes,
  type NonResourceAttributes,
  type ResourceAttributes,
  resourceAttributes,
} from "./resource-attributes.ts";
import {
  subjectAccessReviewStatus,
  type SubjectAccessReviewStatus,
} from "./subject-access-review.ts";

export const selfSubjectAccessReviewSpec = object("authorization.v1.SelfSubjectAccessReviewSpec", {
  resourceAttributes: struct<ResourceAttributes>(resourceAttributes, { tag: 1, pointer: true }),
  nonResourceAttributes: struct<NonResourceAttributes>(nonResourceAttributes, {
    tag: 2,
    pointer: true,
  }),
});
export interface SelfSubjectAccessReviewSpec extends Infer<typeof selfSubjectAccessReviewSpec> {}

export const selfSubjectAccessReview = kind("authorization.v1.SelfSubjectAccessReview", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<SelfSubjectAccessReviewSpec>(selfSubjectAccessReviewSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<SubjectAccessReviewStatus>(subjectAccessReviewStatus, { tag: 3, optional: true }),
});
export interface SelfSubjectAccessReview extends Infer<typeof selfSubjectAccessReview> {}

export const selfSubjectAccessReviews = defineResource<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  singular: "selfsubjectaccessreview",
  namespaced: false,
  verbs: ["create"],
  schema: selfSubjectAccessReview,
});
