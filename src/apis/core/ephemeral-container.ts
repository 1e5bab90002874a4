import { bool, type Infer, list, object, string, struct } from "#machinery/schema/schema.ts";
import {
  containerPort,
  type ContainerPort,
  type ContainerResizePolicy,
  containerResizePolicy,
  type ContainerRestartRule,
  containerRestartRule,
  type VolumeDevice,
  volumeDevice,
  type VolumeMount,
  volumeMount,
} from "./container.ts";
import { envFromSource, type EnvFromSource, type EnvVar, envVar } from "./env.ts";
import { lifecycle, type Lifecycle } from "./lifecycle.ts";
import { type Probe, probe } from "./probe.ts";
import { type ResourceRequirements, resourceRequirements } from "./resources.ts";
import { type SecurityContext, securityContext } from "./security-context.ts";

export const ephemeralContainer = object("core.v1.EphemeralContainer", {
  name: string({ tag: [1, 1], always: true, required: true }),
  image: string({ tag: [1, 2] }),
  command: list(string(), { tag: [1, 3], listType: "atomic" }),
  args: list(string(), { tag: [1, 4], listType: "atomic" }),
  workingDir: string({ tag: [1, 5] }),
  ports: list(struct<ContainerPort>(containerPort), {
    tag: [1, 6],
    listType: "map",
    listMapKeys: ["containerPort", "protocol"],
    patchStrategy: "merge",
    patchMergeKey: "containerPort",
  }),
  env: list(struct<EnvVar>(envVar), {
    tag: [1, 7],
    listType: "map",
    listMapKeys: ["name"],
    patchStrategy: "merge",
    patchMergeKey: "name",
  }),
  resources: struct<ResourceRequirements>(resourceRequirements, { tag: [1, 8] }),
  volumeMounts: list(struct<VolumeMount>(volumeMount), {
    tag: [1, 9],
    listType: "map",
    listMapKeys: ["mountPath"],
    patchStrategy: "merge",
    patchMergeKey: "mountPath",
  }),
  livenessProbe: struct<Probe>(probe, { tag: [1, 10], pointer: true }),
  readinessProbe: struct<Probe>(probe, { tag: [1, 11], pointer: true }),
  lifecycle: struct<Lifecycle>(lifecycle, { tag: [1, 12], pointer: true }),
  terminationMessagePath: string({ tag: [1, 13] }),
  imagePullPolicy: string({ tag: [1, 14], enum: ["Always", "IfNotPresent", "Never"] }),
  securityContext: struct<SecurityContext>(securityContext, { tag: [1, 15], pointer: true }),
  stdin: bool({ tag: [1, 16] }),
  stdinOnce: bool({ tag: [1, 17] }),
  tty: bool({ tag: [1, 18] }),
  envFrom: list(struct<EnvFromSource>(envFromSource), { tag: [1, 19], listType: "atomic" }),
  terminationMessagePolicy: string({ tag: [1, 20], enum: ["FallbackToLogsOnError", "File"] }),
  volumeDevices: list(struct<VolumeDevice>(volumeDevice), {
    tag: [1, 21],
    listType: "map",
    listMapKeys: ["devicePath"],
    patchStrategy: "merge",
    patchMergeKey: "devicePath",
  }),
  startupProbe: struct<Probe>(probe, { tag: [1, 22], pointer: true }),
  resizePolicy: list(struct<ContainerResizePolicy>(containerResizePolicy), {
    tag: [1, 23],
    listType: "atomic",
  }),
  restartPolicy: string({ tag: [1, 24], pointer: true }),
  restartPolicyRules: list(struct<ContainerRestartRule>(containerRestartRule), {
    tag: [1, 25],
    listType: "atomic",
  }),
  targetContainerName: string({ tag: 2 }),
});
export interface EphemeralContainer extends Infer<typeof ephemeralContainer> {}
