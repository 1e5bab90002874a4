import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { bool, type Infer, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { userInfo, type UserInfo } from "./user-info.ts";

export const tokenReviewSpec = object("authentication.v1.TokenReviewSpec", {
  token: string({ tag: 1, required: true }),
  audiences: list(string(), { tag: 2, listType: "atomic" }),
});
export interface TokenReviewSpec extends Infer<typeof tokenReviewSpec> {}

export const tokenReviewStatus = object("authentication.v1.TokenReviewStatus", {
  authenticated: bool({ tag: 1 }),
  user: struct<UserInfo>(userInfo, { tag: 2 }),
  error: string({ tag: 3 }),
  audiences: list(string(), { tag: 4, listType: "atomic" }),
});
export interface TokenReviewStatus extends Infer<typeof tokenReviewStatus> {}

export const tokenReview = kind("authentication.v1.TokenReview", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<TokenReviewSpec>(tokenReviewSpec, { tag: 2, always: true, required: true }),
  status: struct<TokenReviewStatus>(tokenReviewStatus, { tag: 3, optional: true }),
});
export interface TokenReview extends Infer<typeof tokenReview> {}

export const tokenReviews = defineResource<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  singular: "tokenreview",
  namespaced: false,
  verbs: ["create"],
  schema: tokenReview,
});
