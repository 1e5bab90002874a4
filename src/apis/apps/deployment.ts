import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int32,
  int64,
  intOrString,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { podTemplateSpec, type PodTemplateSpec } from "../core/pod-spec.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const rollingUpdateDeployment = object("apps.v1.RollingUpdateDeployment", {
  maxUnavailable: intOrString({ tag: 1, pointer: true }),
  maxSurge: intOrString({ tag: 2, pointer: true }),
});
export interface RollingUpdateDeployment extends Infer<typeof rollingUpdateDeployment> {}

export const deploymentStrategy = object("apps.v1.DeploymentStrategy", {
  type: string({ tag: 1, enum: ["Recreate", "RollingUpdate"] }),
  rollingUpdate: struct<RollingUpdateDeployment>(rollingUpdateDeployment, {
    tag: 2,
    pointer: true,
  }),
});
export interface DeploymentStrategy extends Infer<typeof deploymentStrategy> {}

export const deploymentSpec = object("apps.v1.DeploymentSpec", {
  replicas: int32({ tag: 1, pointer: true }),
  selector: struct<LabelSelector>(labelSelector, {
    tag: 2,
    always: true,
    pointer: true,
    required: true,
  }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 3, always: true, required: true }),
  strategy: struct<DeploymentStrategy>(deploymentStrategy, { tag: 4, patchStrategy: "retainKeys" }),
  minReadySeconds: int32({ tag: 5 }),
  revisionHistoryLimit: int32({ tag: 6, pointer: true }),
  paused: bool({ tag: 7 }),
  progressDeadlineSeconds: int32({ tag: 9, pointer: true }),
});
export interface DeploymentSpec extends Infer<typeof deploymentSpec> {}

export const deploymentCondition = object("apps.v1.DeploymentCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
  lastUpdateTime: time({ tag: 6 }),
  lastTransitionTime: time({ tag: 7 }),
});
export interface DeploymentCondition extends Infer<typeof deploymentCondition> {}

export const deploymentStatus = object("apps.v1.DeploymentStatus", {
  observedGeneration: int64({ tag: 1 }),
  replicas: int32({ tag: 2 }),
  updatedReplicas: int32({ tag: 3 }),
  availableReplicas: int32({ tag: 4 }),
  unavailableReplicas: int32({ tag: 5 }),
  conditions: list(struct<DeploymentCondition>(deploymentCondition), {
    tag: 6,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  readyReplicas: int32({ tag: 7 }),
  collisionCount: int32({ tag: 8, pointer: true }),
  terminatingReplicas: int32({ tag: 9, pointer: true }),
});
export interface DeploymentStatus extends Infer<typeof deploymentStatus> {}

export const deployment = kind("apps.v1.Deployment", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<DeploymentSpec>(deploymentSpec, { tag: 2 }),
  status: struct<DeploymentStatus>(deploymentStatus, { tag: 3, optional: true }),
});
export interface Deployment extends Infer<typeof deployment> {}

export const deployments = defineResource<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  namespaced: true,
  schema: deployment,
  subresources: {
    scale: { group: "autoscaling", version: "v1", kind: "Scale" },
    status: {},
  },
});
