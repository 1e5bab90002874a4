import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  kind,
  list,
  object,
  rawExtension,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { type Condition, condition } from "../meta/condition.ts";
import { type AllocationResult, allocationResult } from "./allocation.ts";
import { deviceClaim, type DeviceClaim } from "./device-claim.ts";

export const resourceClaimSpec = object("resource.v1.ResourceClaimSpec", {
  devices: struct<DeviceClaim>(deviceClaim, { tag: 1, always: true }),
});
export interface ResourceClaimSpec extends Infer<typeof resourceClaimSpec> {}

export const networkDeviceData = object("resource.v1.NetworkDeviceData", {
  interfaceName: string({ tag: 1 }),
  ips: list(string(), { tag: 2, listType: "atomic" }),
  hardwareAddress: string({ tag: 3 }),
});
export interface NetworkDeviceData extends Infer<typeof networkDeviceData> {}

export const allocatedDeviceStatus = object("resource.v1.AllocatedDeviceStatus", {
  driver: string({ tag: 1, always: true, required: true }),
  pool: string({ tag: 2, always: true, required: true }),
  device: string({ tag: 3, always: true, required: true }),
  conditions: list(struct<Condition>(condition), {
    tag: 4,
    always: true,
    listType: "map",
    listMapKeys: ["type"],
  }),
  data: rawExtension({ tag: 5, pointer: true }),
  networkData: struct<NetworkDeviceData>(networkDeviceData, { tag: 6, pointer: true }),
  shareID: string({ tag: 7, pointer: true }),
});
export interface AllocatedDeviceStatus extends Infer<typeof allocatedDeviceStatus> {}

export const resourceClaimConsumerReference = object("resource.v1.ResourceClaimConsumerReference", {
  apiGroup: string({ tag: 1 }),
  resource: string({ tag: 3, always: true, required: true }),
  name: string({ tag: 4, always: true, required: true }),
  uid: string({ tag: 5, always: true, required: true }),
});
export interface ResourceClaimConsumerReference extends Infer<
  typeof resourceClaimConsumerReference
> {}

export const resourceClaimStatus = object("resource.v1.ResourceClaimStatus", {
  allocation: struct<AllocationResult>(allocationResult, { tag: 1, pointer: true }),
  reservedFor: list(struct<ResourceClaimConsumerReference>(resourceClaimConsumerReference), {
    tag: 2,
    listType: "map",
    listMapKeys: ["uid"],
    patchStrategy: "merge",
    patchMergeKey: "uid",
  }),
  devices: list(struct<AllocatedDeviceStatus>(allocatedDeviceStatus), {
    tag: 4,
    listType: "map",
    listMapKeys: ["driver", "device", "pool", "shareID"],
  }),
});
export interface ResourceClaimStatus extends Infer<typeof resourceClaimStatus> {}

export const resourceClaim = kind("resource.v1.ResourceClaim", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ResourceClaimSpec>(resourceClaimSpec, { tag: 2, always: true, required: true }),
  status: struct<ResourceClaimStatus>(resourceClaimStatus, { tag: 3, optional: true }),
});
export interface ResourceClaim extends Infer<typeof resourceClaim> {}

export const resourceClaims = defineResource<ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  plural: "resourceclaims",
  singular: "resourceclaim",
  namespaced: true,
  schema: resourceClaim,
  subresources: {
    status: {},
  },
});
