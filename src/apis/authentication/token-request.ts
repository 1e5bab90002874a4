import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import {
  type Infer,
  int64,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";

export const boundObjectReference = object("authentication.v1.BoundObjectReference", {
  kind: string({ tag: 1 }),
  apiVersion: string({ tag: 2 }),
  name: string({ tag: 3 }),
  uid: string({ tag: 4 }),
});
export interface BoundObjectReference extends Infer<typeof boundObjectReference> {}

export const tokenRequestSpec = object("authentication.v1.TokenRequestSpec", {
  audiences: list(string(), { tag: 1, always: true, listType: "atomic" }),
  boundObjectRef: struct<BoundObjectReference>(boundObjectReference, {
    tag: 3,
    always: true,
    pointer: true,
  }),
  expirationSeconds: int64({ tag: 4, always: true, pointer: true }),
});
export interface TokenRequestSpec extends Infer<typeof tokenRequestSpec> {}

export const tokenRequestStatus = object("authentication.v1.TokenRequestStatus", {
  token: string({ tag: 1, always: true }),
  expirationTimestamp: time({ tag: 2, always: true }),
});
export interface TokenRequestStatus extends Infer<typeof tokenRequestStatus> {}

export const tokenRequest = kind("authentication.v1.TokenRequest", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<TokenRequestSpec>(tokenRequestSpec, { tag: 2, always: true }),
  status: struct<TokenRequestStatus>(tokenRequestStatus, { tag: 3, optional: true }),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}
