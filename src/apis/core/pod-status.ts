import {
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
import { type ContainerStatus, containerStatus } from "./container-status.ts";
import { type ResourceRequirements, resourceRequirements } from "./resources.ts";

export const containerExtendedResourceRequest = object("core.v1.ContainerExtendedResourceRequest", {
  containerName: string({ tag: 1, always: true, required: true }),
  resourceName: string({ tag: 2, always: true, required: true }),
  requestName: string({ tag: 3, always: true, required: true }),
});
export interface ContainerExtendedResourceRequest extends Infer<
  typeof containerExtendedResourceRequest
> {}

export const hostIP = object("core.v1.HostIP", {
  ip: string({ tag: 1, always: true, required: true }),
});
export interface HostIP extends Infer<typeof hostIP> {}

export const nodeAllocatableResourceClaimStatus = object(
  "core.v1.NodeAllocatableResourceClaimStatus",
  {
    resourceClaimName: string({ tag: 1, always: true, required: true }),
    containers: list(string(), { tag: 2, listType: "set" }),
    resources: map(quantity(), { tag: 3, always: true, required: true }),
  },
);
export interface NodeAllocatableResourceClaimStatus extends Infer<
  typeof nodeAllocatableResourceClaimStatus
> {}

export const podCondition = object("core.v1.PodCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastProbeTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
  observedGeneration: int64({ tag: 7 }),
});
export interface PodCondition extends Infer<typeof podCondition> {}

export const podExtendedResourceClaimStatus = object("core.v1.PodExtendedResourceClaimStatus", {
  requestMappings: list(
    struct<ContainerExtendedResourceRequest>(containerExtendedResourceRequest),
    { tag: 1, always: true, required: true, listType: "atomic" },
  ),
  resourceClaimName: string({ tag: 2, always: true, required: true }),
});
export interface PodExtendedResourceClaimStatus extends Infer<
  typeof podExtendedResourceClaimStatus
> {}

export const podIP = object("core.v1.PodIP", {
  ip: string({ tag: 1, always: true, required: true }),
});
export interface PodIP extends Infer<typeof podIP> {}

export const podResourceClaimStatus = object("core.v1.PodResourceClaimStatus", {
  name: string({ tag: 1, always: true, required: true }),
  resourceClaimName: string({ tag: 2, pointer: true }),
});
export interface PodResourceClaimStatus extends Infer<typeof podResourceClaimStatus> {}

export const podStatus = object("core.v1.PodStatus", {
  phase: string({ tag: 1, enum: ["Failed", "Pending", "Running", "Succeeded", "Unknown"] }),
  conditions: list(struct<PodCondition>(podCondition), {
    tag: 2,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  message: string({ tag: 3 }),
  reason: string({ tag: 4 }),
  hostIP: string({ tag: 5 }),
  podIP: string({ tag: 6 }),
  startTime: time({ tag: 7, pointer: true }),
  containerStatuses: list(struct<ContainerStatus>(containerStatus), { tag: 8, listType: "atomic" }),
  qosClass: string({ tag: 9, enum: ["BestEffort", "Burstable", "Guaranteed"] }),
  initContainerStatuses: list(struct<ContainerStatus>(containerStatus), {
    tag: 10,
    listType: "atomic",
  }),
  nominatedNodeName: string({ tag: 11 }),
  podIPs: list(struct<PodIP>(podIP), {
    tag: 12,
    listType: "map",
    listMapKeys: ["ip"],
    patchStrategy: "merge",
    patchMergeKey: "ip",
  }),
  ephemeralContainerStatuses: list(struct<ContainerStatus>(containerStatus), {
    tag: 13,
    listType: "atomic",
  }),
  resize: string({ tag: 14 }),
  resourceClaimStatuses: list(struct<PodResourceClaimStatus>(podResourceClaimStatus), {
    tag: 15,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
  }),
  hostIPs: list(struct<HostIP>(hostIP), {
    tag: 16,
    listType: "atomic",
    patchStrategy: "merge",
    patchMergeKey: "ip",
  }),
  observedGeneration: int64({ tag: 17 }),
  extendedResourceClaimStatus: struct<PodExtendedResourceClaimStatus>(
    podExtendedResourceClaimStatus,
    { tag: 18, pointer: true },
  ),
  allocatedResources: map(quantity(), { tag: 19 }),
  resources: struct<ResourceRequirements>(resourceRequirements, { tag: 20, pointer: true }),
  nodeAllocatableResourceClaimStatuses: list(
    struct<NodeAllocatableResourceClaimStatus>(nodeAllocatableResourceClaimStatus),
    { tag: 21, listType: "atomic" },
  ),
});
export interface PodStatus extends Infer<typeof podStatus> {}
