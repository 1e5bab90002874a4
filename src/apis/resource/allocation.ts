import {
  bool,
  type Infer,
  list,
  map,
  object,
  quantity,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { nodeSelector, type NodeSelector } from "../core/affinity.ts";
import {
  type DeviceToleration,
  deviceToleration,
  opaqueDeviceConfiguration,
  type OpaqueDeviceConfiguration,
} from "./device-claim.ts";

export const deviceAllocationConfiguration = object("resource.v1.DeviceAllocationConfiguration", {
  source: string({ tag: 1, always: true, required: true, enum: ["FromClaim", "FromClass"] }),
  requests: list(string(), { tag: 2, listType: "atomic" }),
  opaque: struct<OpaqueDeviceConfiguration>(opaqueDeviceConfiguration, {
    tag: [3, 1],
    pointer: true,
  }),
});
export interface DeviceAllocationConfiguration extends Infer<
  typeof deviceAllocationConfiguration
> {}

export const deviceRequestAllocationResult = object("resource.v1.DeviceRequestAllocationResult", {
  request: string({ tag: 1, always: true, required: true }),
  driver: string({ tag: 2, always: true, required: true }),
  pool: string({ tag: 3, always: true, required: true }),
  device: string({ tag: 4, always: true, required: true }),
  adminAccess: bool({ tag: 5, pointer: true }),
  tolerations: list(struct<DeviceToleration>(deviceToleration), { tag: 6, listType: "atomic" }),
  bindingConditions: list(string(), { tag: 7, listType: "atomic" }),
  bindingFailureConditions: list(string(), { tag: 8, listType: "atomic" }),
  shareID: string({ tag: 9, pointer: true }),
  consumedCapacity: map(quantity(), { tag: 10 }),
});
export interface DeviceRequestAllocationResult extends Infer<
  typeof deviceRequestAllocationResult
> {}

export const deviceAllocationResult = object("resource.v1.DeviceAllocationResult", {
  results: list(struct<DeviceRequestAllocationResult>(deviceRequestAllocationResult), {
    tag: 1,
    listType: "atomic",
  }),
  config: list(struct<DeviceAllocationConfiguration>(deviceAllocationConfiguration), {
    tag: 2,
    listType: "atomic",
  }),
});
export interface DeviceAllocationResult extends Infer<typeof deviceAllocationResult> {}

export const allocationResult = object("resource.v1.AllocationResult", {
  devices: struct<DeviceAllocationResult>(deviceAllocationResult, { tag: 1 }),
  nodeSelector: struct<NodeSelector>(nodeSelector, { tag: 3, pointer: true }),
  allocationTimestamp: time({ tag: 5, pointer: true }),
});
export interface AllocationResult extends Infer<typeof allocationResult> {}
