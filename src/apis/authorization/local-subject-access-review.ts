import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, struct } from "#machinery/schema/schema.ts";
import {
  type SubjectAccessReviewSpec,
  subjectAccessReviewSpec,
  subjectAccessReviewStatus,
  type SubjectAccessReviewStatus,
} from "./subject-access-review.ts";

export const localSubjectAccessReview = kind("authorization.v1.LocalSubjectAccessReview", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<SubjectAccessReviewSpec>(subjectAccessReviewSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<SubjectAccessReviewStatus>(subjectAccessReviewStatus, { tag: 3, optional: true }),
});
export interface LocalSubjectAccessReview extends Infer<typeof localSubjectAccessReview> {}

export const localSubjectAccessReviews = defineResource<LocalSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  singular: "localsubjectaccessreview",
  namespaced: true,
  verbs: ["create"],
  schema: localSubjectAccessReview,
});
