import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int64,
  kind,
  list,
  map,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { nodeSelector, type NodeSelector } from "../core/affinity.ts";
import { counter, type Counter, type Device, device } from "./device.ts";

export const resourcePool = object("resource.v1.ResourcePool", {
  name: string({ tag: 1, always: true, required: true }),
  generation: int64({ tag: 2, always: true, required: true }),
  resourceSliceCount: int64({ tag: 3, always: true, required: true }),
});
export interface ResourcePool extends Infer<typeof resourcePool> {}

export const counterSet = object("resource.v1.CounterSet", {
  name: string({ tag: 1, always: true, required: true }),
  counters: map(struct<Counter>(counter), { tag: 2, required: true }),
});
export interface CounterSet extends Infer<typeof counterSet> {}

export const resourceSliceSpec = object("resource.v1.ResourceSliceSpec", {
  driver: string({ tag: 1, always: true, required: true }),
  pool: struct<ResourcePool>(resourcePool, { tag: 2, always: true, required: true }),
  nodeName: string({ tag: 3, pointer: true }),
  nodeSelector: struct<NodeSelector>(nodeSelector, { tag: 4, pointer: true }),
  allNodes: bool({ tag: 5, pointer: true }),
  devices: list(struct<Device>(device), { tag: 6, listType: "atomic" }),
  perDeviceNodeSelection: bool({ tag: 7, pointer: true }),
  sharedCounters: list(struct<CounterSet>(counterSet), { tag: 8, listType: "atomic" }),
});
export interface ResourceSliceSpec extends Infer<typeof resourceSliceSpec> {}

export const resourceSlice = kind("resource.v1.ResourceSlice", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ResourceSliceSpec>(resourceSliceSpec, { tag: 2, always: true, required: true }),
});
export interface ResourceSlice extends Infer<typeof resourceSlice> {}

export const resourceSlices = defineResource<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  singular: "resourceslice",
  namespaced: false,
  schema: resourceSlice,
});
