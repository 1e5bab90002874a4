import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int64,
  kind,
  list,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const tokenRequest = object("storage.v1.TokenRequest", {
  audience: string({ tag: 1, always: true, required: true }),
  expirationSeconds: int64({ tag: 2, pointer: true }),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}

export const csiDriverSpec = object("storage.v1.CSIDriverSpec", {
  attachRequired: bool({ tag: 1, pointer: true }),
  podInfoOnMount: bool({ tag: 2, pointer: true }),
  volumeLifecycleModes: list(string(), { tag: 3, listType: "set" }),
  storageCapacity: bool({ tag: 4, pointer: true }),
  fsGroupPolicy: string({ tag: 5, pointer: true }),
  tokenRequests: list(struct<TokenRequest>(tokenRequest), { tag: 6, listType: "atomic" }),
  requiresRepublish: bool({ tag: 7, pointer: true }),
  seLinuxMount: bool({ tag: 8, pointer: true }),
  nodeAllocatableUpdatePeriodSeconds: int64({ tag: 9, pointer: true }),
  serviceAccountTokenInSecrets: bool({ tag: 10, pointer: true }),
  preventPodSchedulingIfMissing: bool({ tag: 11, pointer: true }),
});
export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}

export const csiDriver = kind("storage.v1.CSIDriver", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<CSIDriverSpec>(csiDriverSpec, { tag: 2, always: true, required: true }),
});
export interface CSIDriver extends Infer<typeof csiDriver> {}

export const csiDrivers = defineResource<CSIDriver>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIDriver",
  plural: "csidrivers",
  singular: "csidriver",
  namespaced: false,
  schema: csiDriver,
});
