import { bool, type Infer, int32, list, object, string, struct } from "#machinery/schema/schema.ts";
import { envFromSource, type EnvFromSource, type EnvVar, envVar } from "./env.ts";
import { lifecycle, type Lifecycle } from "./lifecycle.ts";
import { type Probe, probe } from "./probe.ts";
import { type ResourceRequirements, resourceRequirements } from "./resources.ts";
import { type SecurityContext, securityContext } from "./security-context.ts";

export const containerPort = object("core.v1.ContainerPort", {
  name: string({ tag: 1 }),
  hostPort: int32({ tag: 2 }),
  containerPort: int32({ tag: 3, always: true, required: true }),
  protocol: string({ tag: 4, default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  hostIP: string({ tag: 5 }),
});
export interface ContainerPort extends Infer<typeof containerPort> {}

export const containerResizePolicy = object("core.v1.ContainerResizePolicy", {
  resourceName: string({ tag: 1, always: true, required: true }),
  restartPolicy: string({ tag: 2, always: true, required: true }),
});
export interface ContainerResizePolicy extends Infer<typeof containerResizePolicy> {}

export const containerRestartRuleOnExitCodes = object("core.v1.ContainerRestartRuleOnExitCodes", {
  operator: string({ tag: 1, required: true }),
  values: list(int32(), { tag: 2, listType: "set" }),
});
export interface ContainerRestartRuleOnExitCodes extends Infer<
  typeof containerRestartRuleOnExitCodes
> {}

export const containerRestartRule = object("core.v1.ContainerRestartRule", {
  action: string({ tag: 1, required: true }),
  exitCodes: struct<ContainerRestartRuleOnExitCodes>(containerRestartRuleOnExitCodes, {
    tag: 2,
    pointer: true,
  }),
});
export interface ContainerRestartRule extends Infer<typeof containerRestartRule> {}

export const volumeDevice = object("core.v1.VolumeDevice", {
  name: string({ tag: 1, always: true, required: true }),
  devicePath: string({ tag: 2, always: true, required: true }),
});
export interface VolumeDevice extends Infer<typeof volumeDevice> {}

export const volumeMount = object("core.v1.VolumeMount", {
  name: string({ tag: 1, always: true, required: true }),
  readOnly: bool({ tag: 2 }),
  mountPath: string({ tag: 3, always: true, required: true }),
  subPath: string({ tag: 4 }),
  mountPropagation: string({
    tag: 5,
    pointer: true,
    enum: ["Bidirectional", "HostToContainer", "None"],
  }),
  subPathExpr: string({ tag: 6 }),
  recursiveReadOnly: string({ tag: 7, pointer: true }),
});
export interface VolumeMount extends Infer<typeof volumeMount> {}

export const container = object("core.v1.Container", {
  name: string({ tag: 1, always: true, required: true }),
  image: string({ tag: 2 }),
  command: list(string(), { tag: 3, listType: "atomic" }),
  args: list(string(), { tag: 4, listType: "atomic" }),
  workingDir: string({ tag: 5 }),
  ports: list(struct<ContainerPort>(containerPort), {
    tag: 6,
    listType: "map",
    listMapKeys: ["containerPort", "protocol"],
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
  }),
  env: list(struct<EnvVar>(envVar), {
    tag: 7,
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  resources: struct<ResourceRequirements>(resourceRequirements, { tag: 8 }),
  volumeMounts: list(struct<VolumeMount>(volumeMount), {
    tag: 9,
    listType: "map",
    listMapKeys: ["mountPath"],
    patchStrategy: "merge",
    patchMergeKey: "mountPath",
  }),
  livenessProbe: struct<Probe>(probe, { tag: 10, pointer: true }),
  readinessProbe: struct<Probe>(probe, { tag: 11, pointer: true }),
  lifecycle: struct<Lifecycle>(lifecycle, { tag: 12, pointer: true }),
  terminationMessagePath: string({ tag: 13 }),
  imagePullPolicy: string({ tag: 14, enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: struct<SecurityContext>(securityContext, { tag: 15, pointer: true }),
  stdin: bool({ tag: 16 }),
  stdinOnce: bool({ tag: 17 }),
  tty: bool({ tag: 18 }),
  envFrom: list(struct<EnvFromSource>(envFromSource), { tag: 19, listType: "atomic" }),
  terminationMessagePolicy: string({ tag: 20, enum: ["FallbackToLogsOnError", "File"] }),
  volumeDevices: list(struct<VolumeDevice>(volumeDevice), {
    tag: 21,
    listType: "map",
    listMapKeys: ["devicePath"],
    patchStrategy: "merge",
    patchMergeKey: "devicePath",
  }),
  startupProbe: struct<Probe>(probe, { tag: 22, pointer: true }),
  resizePolicy: list(struct<ContainerResizePolicy>(containerResizePolicy), {
    tag: 23,
    listType: "atomic",
  }),
  restartPolicy: string({ tag: 24, pointer: true }),
  restartPolicyRules: list(struct<ContainerRestartRule>(containerRestartRule), {
    tag: 25,
    listType: "atomic",
  }),
});
export interface Container extends Infer<typeof container> {}
