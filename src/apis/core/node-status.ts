import {
  bool,
  type Infer,
  int32,
  int64,
  list,
  map,
  object,
  quantity,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { type NodeConfigSource, nodeConfigSource } from "./node-config-source.ts";

export const attachedVolume = object("core.v1.AttachedVolume", {
  name: string({ tag: 1, always: true, required: true }),
  devicePath: string({ tag: 2, always: true, required: true }),
});
export interface AttachedVolume extends Infer<typeof attachedVolume> {}

export const containerImage = object("core.v1.ContainerImage", {
  names: list(string(), { tag: 1, always: true, listType: "atomic" }),
  sizeBytes: int64({ tag: 2 }),
});
export interface ContainerImage extends Infer<typeof containerImage> {}

export const daemonEndpoint = object("core.v1.DaemonEndpoint", {
  Port: int32({ tag: 1, always: true, required: true }),
});
export interface DaemonEndpoint extends Infer<typeof daemonEndpoint> {}

export const nodeAddress = object("core.v1.NodeAddress", {
  type: string({ tag: 1, always: true, required: true }),
  address: string({ tag: 2, always: true, required: true }),
});
export interface NodeAddress extends Infer<typeof nodeAddress> {}

export const nodeCondition = object("core.v1.NodeCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastHeartbeatTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});
export interface NodeCondition extends Infer<typeof nodeCondition> {}

export const nodeConfigStatus = object("core.v1.NodeConfigStatus", {
  assigned: struct<NodeConfigSource>(nodeConfigSource, { tag: 1, pointer: true }),
  active: struct<NodeConfigSource>(nodeConfigSource, { tag: 2, pointer: true }),
  lastKnownGood: struct<NodeConfigSource>(nodeConfigSource, { tag: 3, pointer: true }),
  error: string({ tag: 4 }),
});
export interface NodeConfigStatus extends Infer<typeof nodeConfigStatus> {}

export const nodeDaemonEndpoints = object("core.v1.NodeDaemonEndpoints", {
  kubeletEndpoint: struct<DaemonEndpoint>(daemonEndpoint, { tag: 1 }),
});
export interface NodeDaemonEndpoints extends Infer<typeof nodeDaemonEndpoints> {}

export const nodeFeatures = object("core.v1.NodeFeatures", {
  supplementalGroupsPolicy: bool({ tag: 1, pointer: true }),
});
export interface NodeFeatures extends Infer<typeof nodeFeatures> {}

export const nodeRuntimeHandlerFeatures = object("core.v1.NodeRuntimeHandlerFeatures", {
  recursiveReadOnlyMounts: bool({ tag: 1, pointer: true }),
  userNamespaces: bool({ tag: 2, pointer: true }),
});
export interface NodeRuntimeHandlerFeatures extends Infer<typeof nodeRuntimeHandlerFeatures> {}

export const nodeRuntimeHandler = object("core.v1.NodeRuntimeHandler", {
  name: string({ tag: 1, always: true }),
  features: struct<NodeRuntimeHandlerFeatures>(nodeRuntimeHandlerFeatures, {
    tag: 2,
    pointer: true,
  }),
});
export interface NodeRuntimeHandler extends Infer<typeof nodeRuntimeHandler> {}

export const nodeSwapStatus = object("core.v1.NodeSwapStatus", {
  capacity: int64({ tag: 1, pointer: true }),
});
export interface NodeSwapStatus extends Infer<typeof nodeSwapStatus> {}

export const nodeSystemInfo = object("core.v1.NodeSystemInfo", {
  machineID: string({ tag: 1, always: true, required: true }),
  systemUUID: string({ tag: 2, always: true, required: true }),
  bootID: string({ tag: 3, always: true, required: true }),
  kernelVersion: string({ tag: 4, always: true, required: true }),
  osImage: string({ tag: 5, always: true, required: true }),
  containerRuntimeVersion: string({ tag: 6, always: true, required: true }),
  kubeletVersion: string({ tag: 7, always: true, required: true }),
  kubeProxyVersion: string({ tag: 8, always: true, required: true }),
  operatingSystem: string({ tag: 9, always: true, required: true }),
  architecture: string({ tag: 10, always: true, required: true }),
  swap: struct<NodeSwapStatus>(nodeSwapStatus, { tag: 11, pointer: true }),
});
export interface NodeSystemInfo extends Infer<typeof nodeSystemInfo> {}

export const nodeStatus = object("core.v1.NodeStatus", {
  capacity: map(quantity(), { tag: 1 }),
  allocatable: map(quantity(), { tag: 2 }),
  phase: string({ tag: 3, enum: ["Pending", "Running", "Terminated"] }),
  conditions: list(struct<NodeCondition>(nodeCondition), {
    tag: 4,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  addresses: list(struct<NodeAddress>(nodeAddress), {
    tag: 5,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  daemonEndpoints: struct<NodeDaemonEndpoints>(nodeDaemonEndpoints, { tag: 6 }),
  nodeInfo: struct<NodeSystemInfo>(nodeSystemInfo, { tag: 7 }),
  images: list(struct<ContainerImage>(containerImage), { tag: 8, listType: "atomic" }),
  volumesInUse: list(string(), { tag: 9, listType: "atomic" }),
  volumesAttached: list(struct<AttachedVolume>(attachedVolume), { tag: 10, listType: "atomic" }),
  config: struct<NodeConfigStatus>(nodeConfigStatus, { tag: 11, pointer: true }),
  runtimeHandlers: list(struct<NodeRuntimeHandler>(nodeRuntimeHandler), {
    tag: 12,
    listType: "atomic",
  }),
  features: struct<NodeFeatures>(nodeFeatures, { tag: 13, pointer: true }),
  declaredFeatures: list(string(), { tag: 14, listType: "atomic" }),
});
export interface NodeStatus extends Infer<typeof nodeStatus> {}
