import { objectMeta, type TemplateMeta } from "#machinery/object-meta.ts";
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
} from "#machinery/schema/schema.ts";
import { affinity, type Affinity } from "./affinity.ts";
import { container, type Container } from "./container.ts";
import { ephemeralContainer, type EphemeralContainer } from "./ephemeral-container.ts";
import { type LocalObjectReference, localObjectReference } from "./references.ts";
import { type ResourceRequirements, resourceRequirements } from "./resources.ts";
import {
  podReadinessGate,
  type PodReadinessGate,
  type PodResourceClaim,
  podResourceClaim,
  podSchedulingGate,
  type PodSchedulingGate,
  type PodSchedulingGroup,
  podSchedulingGroup,
  type Toleration,
  toleration,
  type TopologySpreadConstraint,
  topologySpreadConstraint,
} from "./scheduling.ts";
import { podSecurityContext, type PodSecurityContext } from "./security-context.ts";
import { volume, type Volume } from "./volume.ts";

export const hostAlias = object("core.v1.HostAlias", {
  ip: string({ tag: 1, always: true, required: true }),
  hostnames: list(string(), { tag: 2, listType: "atomic" }),
});
export interface HostAlias extends Infer<typeof hostAlias> {}

export const podDNSConfigOption = object("core.v1.PodDNSConfigOption", {
  name: string({ tag: 1 }),
  value: string({ tag: 2, pointer: true }),
});
export interface PodDNSConfigOption extends Infer<typeof podDNSConfigOption> {}

export const podDNSConfig = object("core.v1.PodDNSConfig", {
  nameservers: list(string(), { tag: 1, listType: "atomic" }),
  searches: list(string(), { tag: 2, listType: "atomic" }),
  options: list(struct<PodDNSConfigOption>(podDNSConfigOption), { tag: 3, listType: "atomic" }),
});
export interface PodDNSConfig extends Infer<typeof podDNSConfig> {}

export const podOS = object("core.v1.PodOS", {
  name: string({ tag: 1, always: true, required: true }),
});
export interface PodOS extends Infer<typeof podOS> {}

export const podSpec = object("core.v1.PodSpec", {
  volumes: list(struct<Volume>(volume), {
    tag: 1,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
  }),
  containers: list(struct<Container>(container), {
    tag: 2,
    always: true,
    required: true,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  restartPolicy: string({ tag: 3, enum: ["Always", "Never", "OnFailure"] }),
  terminationGracePeriodSeconds: int64({ tag: 4, pointer: true }),
  activeDeadlineSeconds: int64({ tag: 5, pointer: true }),
  dnsPolicy: string({
    tag: 6,
    enum: ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"],
  }),
  nodeSelector: map(string(), { tag: 7, mapType: "atomic" }),
  serviceAccountName: string({ tag: 8 }),
  serviceAccount: string({ tag: 9 }),
  nodeName: string({ tag: 10 }),
  hostNetwork: bool({ tag: 11 }),
  hostPID: bool({ tag: 12 }),
  hostIPC: bool({ tag: 13 }),
  securityContext: struct<PodSecurityContext>(podSecurityContext, { tag: 14, pointer: true }),
  imagePullSecrets: list(struct<LocalObjectReference>(localObjectReference), {
    tag: 15,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  hostname: string({ tag: 16 }),
  subdomain: string({ tag: 17 }),
  affinity: struct<Affinity>(affinity, { tag: 18, pointer: true }),
  schedulerName: string({ tag: 19 }),
  initContainers: list(struct<Container>(container), {
    tag: 20,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  automountServiceAccountToken: bool({ tag: 21, pointer: true }),
  tolerations: list(struct<Toleration>(toleration), { tag: 22, listType: "atomic" }),
  hostAliases: list(struct<HostAlias>(hostAlias), {
    tag: 23,
    listType: "map",
    listMapKeys: ["ip"],
    patchStrategy: "merge",
    patchMergeKey: "ip",
  }),
  priorityClassName: string({ tag: 24 }),
  priority: int32({ tag: 25, pointer: true }),
  dnsConfig: struct<PodDNSConfig>(podDNSConfig, { tag: 26, pointer: true }),
  shareProcessNamespace: bool({ tag: 27, pointer: true }),
  readinessGates: list(struct<PodReadinessGate>(podReadinessGate), { tag: 28, listType: "atomic" }),
  runtimeClassName: string({ tag: 29, pointer: true }),
  enableServiceLinks: bool({ tag: 30, pointer: true }),
  preemptionPolicy: string({ tag: 31, pointer: true, enum: ["Never", "PreemptLowerPriority"] }),
  overhead: map(quantity(), { tag: 32 }),
  topologySpreadConstraints: list(struct<TopologySpreadConstraint>(topologySpreadConstraint), {
    tag: 33,
    listType: "map",
    listMapKeys: ["topologyKey", "whenUnsatisfiable"],
    patchStrategy: "merge",
    patchMergeKey: "topologyKey",
  }),
  ephemeralContainers: list(struct<EphemeralContainer>(ephemeralContainer), {
    tag: 34,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  setHostnameAsFQDN: bool({ tag: 35, pointer: true }),
  os: struct<PodOS>(podOS, { tag: 36, pointer: true }),
  hostUsers: bool({ tag: 37, pointer: true }),
  schedulingGates: list(struct<PodSchedulingGate>(podSchedulingGate), {
    tag: 38,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  resourceClaims: list(struct<PodResourceClaim>(podResourceClaim), {
    tag: 39,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge,retainKeys",
    patchMergeKey: "name",
  }),
  resources: struct<ResourceRequirements>(resourceRequirements, { tag: 40, pointer: true }),
  hostnameOverride: string({ tag: 41, pointer: true }),
  schedulingGroup: struct<PodSchedulingGroup>(podSchedulingGroup, { tag: 43, pointer: true }),
});
export interface PodSpec extends Infer<typeof podSpec> {}

export const podTemplateSpec = object("core.v1.PodTemplateSpec", {
  metadata: struct<TemplateMeta>(objectMeta, { tag: 1 }),
  spec: struct<PodSpec>(podSpec, { tag: 2 }),
});
export interface PodTemplateSpec extends Infer<typeof podTemplateSpec> {}
