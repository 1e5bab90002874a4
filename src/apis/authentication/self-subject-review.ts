import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, object, struct } from "#machinery/schema/schema.ts";
import { userInfo, type UserInfo } from "./user-info.ts";

export const selfSubjectReviewStatus = object("authentication.v1.SelfSubjectReviewStatus", {
  userInfo: struct<UserInfo>(userInfo, { tag: 1 }),
});
export interface SelfSubjectReviewStatus extends Infer<typeof selfSubjectReviewStatus> {}

export const selfSubjectReview = kind("authentication.v1.SelfSubjectReview", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  status: struct<SelfSubjectReviewStatus>(selfSubjectReviewStatus, { tag: 2, optional: true }),
});
export interface SelfSubjectReview extends Infer<typeof selfSubjectReview> {}

export const selfSubjectReviews = defineResource<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  singular: "selfsubjectreview",
  namespaced: false,
  verbs: ["create"],
  schema: selfSubjectReview,
});
