import {
  bool,
  type Infer,
  int64,
  list,
  map,
  object,
  quantity,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { nodeSelector, type NodeSelector } from "../core/affinity.ts";

export const capacityRequestPolicyRange = object("resource.v1.CapacityRequestPolicyRange", {
  min: quantity({ tag: 1, pointer: true, required: true }),
  max: quantity({ tag: 2, pointer: true }),
  step: quantity({ tag: 3, pointer: true }),
});
export interface CapacityRequestPolicyRange extends Infer<typeof capacityRequestPolicyRange> {}

export const capacityRequestPolicy = object("resource.v1.CapacityRequestPolicy", {
  default: quantity({ tag: 1, always: true, pointer: true }),
  validValues: list(quantity(), { tag: 3, listType: "atomic" }),
  validRange: struct<CapacityRequestPolicyRange>(capacityRequestPolicyRange, {
    tag: 4,
    pointer: true,
  }),
});
export interface CapacityRequestPolicy extends Infer<typeof capacityRequestPolicy> {}

export const counter = object("resource.v1.Counter", {
  value: quantity({ tag: 1, always: true, required: true }),
});
export interface Counter extends Infer<typeof counter> {}

export const deviceAttribute = object("resource.v1.DeviceAttribute", {
  int: int64({ tag: 2, pointer: true }),
  bool: bool({ tag: 3, pointer: true }),
  string: string({ tag: 4, pointer: true }),
  version: string({ tag: 5, pointer: true }),
  ints: list(int64(), { tag: 6, listType: "atomic" }),
  bools: list(bool(), { tag: 7, listType: "atomic" }),
  strings: list(string(), { tag: 8, listType: "atomic" }),
  versions: list(string(), { tag: 9, listType: "atomic" }),
});
export interface DeviceAttribute extends Infer<typeof deviceAttribute> {}

export const deviceCapacity = object("resource.v1.DeviceCapacity", {
  value: quantity({ tag: 1, always: true, required: true }),
  requestPolicy: struct<CapacityRequestPolicy>(capacityRequestPolicy, { tag: 2, pointer: true }),
});
export interface DeviceCapacity extends Infer<typeof deviceCapacity> {}

export const deviceCounterConsumption = object("resource.v1.DeviceCounterConsumption", {
  counterSet: string({ tag: 1, always: true, required: true }),
  counters: map(struct<Counter>(counter), { tag: 2, required: true }),
});
export interface DeviceCounterConsumption extends Infer<typeof deviceCounterConsumption> {}

export const nodeAllocatableResourceMapping = object("resource.v1.NodeAllocatableResourceMapping", {
  capacityKey: string({ tag: 1, pointer: true }),
  allocationMultiplier: quantity({ tag: 2, pointer: true }),
});
export interface NodeAllocatableResourceMapping extends Infer<
  typeof nodeAllocatableResourceMapping
> {}

export const deviceTaint = object("resource.v1.DeviceTaint", {
  key: string({ tag: 1, always: true, required: true }),
  value: string({ tag: 2 }),
  effect: string({
    tag: 3,
    always: true,
    required: true,
    enum: ["NoExecute", "NoSchedule", "None"],
  }),
  timeAdded: time({ tag: 4, pointer: true }),
});
export interface DeviceTaint extends Infer<typeof deviceTaint> {}

export const device = object("resource.v1.Device", {
  name: string({ tag: 1, always: true, required: true }),
  attributes: map(struct<DeviceAttribute>(deviceAttribute), { tag: 2 }),
  capacity: map(struct<DeviceCapacity>(deviceCapacity), { tag: 3 }),
  consumesCounters: list(struct<DeviceCounterConsumption>(deviceCounterConsumption), {
    tag: 4,
    listType: "atomic",
  }),
  nodeName: string({ tag: 5, pointer: true }),
  nodeSelector: struct<NodeSelector>(nodeSelector, { tag: 6, pointer: true }),
  allNodes: bool({ tag: 7, pointer: true }),
  taints: list(struct<DeviceTaint>(deviceTaint), { tag: 8, listType: "atomic" }),
  bindsToNode: bool({ tag: 9, pointer: true }),
  bindingConditions: list(string(), { tag: 10, listType: "atomic" }),
  bindingFailureConditions: list(string(), { tag: 11, listType: "atomic" }),
  allowMultipleAllocations: bool({ tag: 12, pointer: true }),
  nodeAllocatableResourceMappings: map(
    struct<NodeAllocatableResourceMapping>(nodeAllocatableResourceMapping),
    { tag: 13 },
  ),
});
export interface Device extends Infer<typeof device> {}
