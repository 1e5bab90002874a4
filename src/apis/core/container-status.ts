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
import { type ResourceRequirements, resourceRequirements } from "./resources.ts";
import { signals } from "./signals.ts";

export const containerStateRunning = object("core.v1.ContainerStateRunning", {
  startedAt: time({ tag: 1 }),
});
export interface ContainerStateRunning extends Infer<typeof containerStateRunning> {}

export const containerStateTerminated = object("core.v1.ContainerStateTerminated", {
  exitCode: int32({ tag: 1, always: true, required: true }),
  signal: int32({ tag: 2 }),
  reason: string({ tag: 3 }),
  message: string({ tag: 4 }),
  startedAt: time({ tag: 5 }),
  finishedAt: time({ tag: 6 }),
  containerID: string({ tag: 7 }),
});
export interface ContainerStateTerminated extends Infer<typeof containerStateTerminated> {}

export const containerStateWaiting = object("core.v1.ContainerStateWaiting", {
  reason: string({ tag: 1 }),
  message: string({ tag: 2 }),
});
export interface ContainerStateWaiting extends Infer<typeof containerStateWaiting> {}

export const containerState = object("core.v1.ContainerState", {
  waiting: struct<ContainerStateWaiting>(containerStateWaiting, { tag: 1, pointer: true }),
  running: struct<ContainerStateRunning>(containerStateRunning, { tag: 2, pointer: true }),
  terminated: struct<ContainerStateTerminated>(containerStateTerminated, { tag: 3, pointer: true }),
});
export interface ContainerState extends Infer<typeof containerState> {}

export const resourceHealth = object("core.v1.ResourceHealth", {
  resourceID: string({ tag: 1, always: true, required: true }),
  health: string({ tag: 2 }),
  message: string({ tag: 6, pointer: true }),
});
export interface ResourceHealth extends Infer<typeof resourceHealth> {}

export const resourceStatus = object("core.v1.ResourceStatus", {
  name: string({ tag: 1, always: true, required: true }),
  resources: list(struct<ResourceHealth>(resourceHealth), {
    tag: 2,
    listType: "map",
    listMapKeys: ["resourceID"],
  }),
});
export interface ResourceStatus extends Infer<typeof resourceStatus> {}

export const linuxContainerUser = object("core.v1.LinuxContainerUser", {
  uid: int64({ tag: 1, always: true, required: true }),
  gid: int64({ tag: 2, always: true, required: true }),
  supplementalGroups: list(int64(), { tag: 3, listType: "atomic" }),
});
export interface LinuxContainerUser extends Infer<typeof linuxContainerUser> {}

export const containerUser = object("core.v1.ContainerUser", {
  linux: struct<LinuxContainerUser>(linuxContainerUser, { tag: 1, pointer: true }),
});
export interface ContainerUser extends Infer<typeof containerUser> {}

export const imageVolumeStatus = object("core.v1.ImageVolumeStatus", {
  imageRef: string({ tag: 1, required: true }),
});
export interface ImageVolumeStatus extends Infer<typeof imageVolumeStatus> {}

export const volumeStatus = object("core.v1.VolumeStatus", {
  image: struct<ImageVolumeStatus>(imageVolumeStatus, { tag: 1, pointer: true }),
});
export interface VolumeStatus extends Infer<typeof volumeStatus> {}

export const volumeMountStatus = object("core.v1.VolumeMountStatus", {
  name: string({ tag: 1, always: true, required: true }),
  mountPath: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
  recursiveReadOnly: string({ tag: 4, pointer: true }),
  volumeStatus: struct<VolumeStatus>(volumeStatus, { tag: 5, pointer: true }),
});
export interface VolumeMountStatus extends Infer<typeof volumeMountStatus> {}

export const containerStatus = object("core.v1.ContainerStatus", {
  name: string({ tag: 1, always: true, required: true }),
  state: struct<ContainerState>(containerState, { tag: 2 }),
  lastState: struct<ContainerState>(containerState, { tag: 3 }),
  ready: bool({ tag: 4, always: true, required: true }),
  restartCount: int32({ tag: 5, always: true, required: true }),
  image: string({ tag: 6, always: true, required: true }),
  imageID: string({ tag: 7, always: true, required: true }),
  containerID: string({ tag: 8 }),
  started: bool({ tag: 9, pointer: true }),
  allocatedResources: map(quantity(), { tag: 10 }),
  resources: struct<ResourceRequirements>(resourceRequirements, { tag: 11, pointer: true }),
  volumeMounts: list(struct<VolumeMountStatus>(volumeMountStatus), {
    tag: 12,
    listType: "map",
    listMapKeys: ["mountPath"],
    patchStrategy: "merge",
    patchMergeKey: "mountPath",
  }),
  user: struct<ContainerUser>(containerUser, { tag: 13, pointer: true }),
  allocatedResourcesStatus: list(struct<ResourceStatus>(resourceStatus), {
    tag: 14,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  stopSignal: string({ tag: 15, pointer: true, enum: signals }),
});
export interface ContainerStatus extends Infer<typeof containerStatus> {}
