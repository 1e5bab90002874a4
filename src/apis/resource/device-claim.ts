import {
  bool,
  type Infer,
  int64,
  list,
  map,
  object,
  quantity,
  rawExtension,
  string,
  struct,
} from "#machinery/schema/schema.ts";

export const celDeviceSelector = object("resource.v1.CELDeviceSelector", {
  expression: string({ tag: 1, always: true, required: true }),
});
export interface CELDeviceSelector extends Infer<typeof celDeviceSelector> {}

export const capacityRequirements = object("resource.v1.CapacityRequirements", {
  requests: map(quantity(), { tag: 1 }),
});
export interface CapacityRequirements extends Infer<typeof capacityRequirements> {}

export const opaqueDeviceConfiguration = object("resource.v1.OpaqueDeviceConfiguration", {
  driver: string({ tag: 1, always: true, required: true }),
  parameters: rawExtension({ tag: 2, always: true, required: true }),
});
export interface OpaqueDeviceConfiguration extends Infer<typeof opaqueDeviceConfiguration> {}

export const deviceClaimConfiguration = object("resource.v1.DeviceClaimConfiguration", {
  requests: list(string(), { tag: 1, listType: "atomic" }),
  opaque: struct<OpaqueDeviceConfiguration>(opaqueDeviceConfiguration, {
    tag: [2, 1],
    pointer: true,
  }),
});
export interface DeviceClaimConfiguration extends Infer<typeof deviceClaimConfiguration> {}

export const deviceConstraint = object("resource.v1.DeviceConstraint", {
  requests: list(string(), { tag: 1, listType: "atomic" }),
  matchAttribute: string({ tag: 2, pointer: true }),
  distinctAttribute: string({ tag: 3, pointer: true }),
});
export interface DeviceConstraint extends Infer<typeof deviceConstraint> {}

export const deviceSelector = object("resource.v1.DeviceSelector", {
  cel: struct<CELDeviceSelector>(celDeviceSelector, { tag: 1, pointer: true }),
});
export interface DeviceSelector extends Infer<typeof deviceSelector> {}

export const deviceToleration = object("resource.v1.DeviceToleration", {
  key: string({ tag: 1 }),
  operator: string({ tag: 2, default: "Equal", enum: ["Equal", "Exists"] }),
  value: string({ tag: 3 }),
  effect: string({ tag: 4, enum: ["NoExecute", "NoSchedule", "None"] }),
  tolerationSeconds: int64({ tag: 5, pointer: true }),
});
export interface DeviceToleration extends Infer<typeof deviceToleration> {}

export const exactDeviceRequest = object("resource.v1.ExactDeviceRequest", {
  deviceClassName: string({ tag: 1, always: true, required: true }),
  selectors: list(struct<DeviceSelector>(deviceSelector), { tag: 2, listType: "atomic" }),
  allocationMode: string({ tag: 3, enum: ["All", "ExactCount"] }),
  count: int64({ tag: 4 }),
  adminAccess: bool({ tag: 5, pointer: true }),
  tolerations: list(struct<DeviceToleration>(deviceToleration), { tag: 6, listType: "atomic" }),
  capacity: struct<CapacityRequirements>(capacityRequirements, { tag: 7, pointer: true }),
});
export interface ExactDeviceRequest extends Infer<typeof exactDeviceRequest> {}

export const deviceSubRequest = object("resource.v1.DeviceSubRequest", {
  name: string({ tag: 1, always: true, required: true }),
  deviceClassName: string({ tag: 2, always: true, required: true }),
  selectors: list(struct<DeviceSelector>(deviceSelector), { tag: 3, listType: "atomic" }),
  allocationMode: string({ tag: 4, enum: ["All", "ExactCount"] }),
  count: int64({ tag: 5 }),
  tolerations: list(struct<DeviceToleration>(deviceToleration), { tag: 6, listType: "atomic" }),
  capacity: struct<CapacityRequirements>(capacityRequirements, { tag: 7, pointer: true }),
});
export interface DeviceSubRequest extends Infer<typeof deviceSubRequest> {}

export const deviceRequest = object("resource.v1.DeviceRequest", {
  name: string({ tag: 1, always: true, required: true }),
  exactly: struct<ExactDeviceRequest>(exactDeviceRequest, { tag: 2, pointer: true }),
  firstAvailable: list(struct<DeviceSubRequest>(deviceSubRequest), { tag: 3, listType: "atomic" }),
});
export interface DeviceRequest extends Infer<typeof deviceRequest> {}

export const deviceClaim = object("resource.v1.DeviceClaim", {
  requests: list(struct<DeviceRequest>(deviceRequest), {
    tag: 1,
    always: true,
    listType: "atomic",
  }),
  constraints: list(struct<DeviceConstraint>(deviceConstraint), { tag: 2, listType: "atomic" }),
  config: list(struct<DeviceClaimConfiguration>(deviceClaimConfiguration), {
    tag: 3,
    listType: "atomic",
  }),
});
export interface DeviceClaim extends Infer<typeof deviceClaim> {}
