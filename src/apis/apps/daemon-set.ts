import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
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

export const rollingUpdateDaemonSet = object("apps.v1.RollingUpdateDaemonSet", {
  maxUnavailable: intOrString({ tag: 1, pointer: true }),
  maxSurge: intOrString({ tag: 2, pointer: true }),
});
export interface RollingUpdateDaemonSet extends Infer<typeof rollingUpdateDaemonSet> {}

export const daemonSetUpdateStrategy = object("apps.v1.DaemonSetUpdateStrategy", {
  type: string({ tag: 1, enum: ["OnDelete", "RollingUpdate"] }),
  rollingUpdate: struct<RollingUpdateDaemonSet>(rollingUpdateDaemonSet, { tag: 2, pointer: true }),
});
export interface DaemonSetUpdateStrategy extends Infer<typeof daemonSetUpdateStrategy> {}

export const daemonSetSpec = object("apps.v1.DaemonSetSpec", {
  selector: struct<LabelSelector>(labelSelector, {
    tag: 1,
    always: true,
    pointer: true,
    required: true,
  }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 2, always: true, required: true }),
  updateStrategy: struct<DaemonSetUpdateStrategy>(daemonSetUpdateStrategy, { tag: 3 }),
  minReadySeconds: int32({ tag: 4 }),
  revisionHistoryLimit: int32({ tag: 6, pointer: true }),
});
export interface DaemonSetSpec extends Infer<typeof daemonSetSpec> {}

export const daemonSetCondition = object("apps.v1.DaemonSetCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});
export interface DaemonSetCondition extends Infer<typeof daemonSetCondition> {}

export const daemonSetStatus = object("apps.v1.DaemonSetStatus", {
  currentNumberScheduled: int32({ tag: 1, always: true, required: true }),
  numberMisscheduled: int32({ tag: 2, always: true, required: true }),
  desiredNumberScheduled: int32({ tag: 3, always: true, required: true }),
  numberReady: int32({ tag: 4, always: true, required: true }),
  observedGeneration: int64({ tag: 5 }),
  updatedNumberScheduled: int32({ tag: 6 }),
  numberAvailable: int32({ tag: 7 }),
  numberUnavailable: int32({ tag: 8 }),
  collisionCount: int32({ tag: 9, pointer: true }),
  conditions: list(struct<DaemonSetCondition>(daemonSetCondition), {
    tag: 10,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface DaemonSetStatus extends Infer<typeof daemonSetStatus> {}

export const daemonSet = kind("apps.v1.DaemonSet", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<DaemonSetSpec>(daemonSetSpec, { tag: 2 }),
  status: struct<DaemonSetStatus>(daemonSetStatus, { tag: 3, optional: true }),
});
export interface DaemonSet extends Infer<typeof daemonSet> {}

export const daemonSets = defineResource<DaemonSet>({
  group: "apps",
  version: "v1",
  kind: "DaemonSet",
  plural: "daemonsets",
  singular: "daemonset",
  shortNames: ["ds"],
  categories: ["all"],
  namespaced: true,
  schema: daemonSet,
  subresources: {
    status: {},
  },
});
