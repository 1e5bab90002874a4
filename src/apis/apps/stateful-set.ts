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
import {
  persistentVolumeClaim,
  type PersistentVolumeClaim,
} from "../core/persistent-volume-claim.ts";
import { podTemplateSpec, type PodTemplateSpec } from "../core/pod-spec.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const statefulSetOrdinals = object("apps.v1.StatefulSetOrdinals", {
  start: int32({ tag: 1, always: true }),
});
export interface StatefulSetOrdinals extends Infer<typeof statefulSetOrdinals> {}

export const statefulSetPersistentVolumeClaimRetentionPolicy = object(
  "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy",
  {
    whenDeleted: string({ tag: 1 }),
    whenScaled: string({ tag: 2 }),
  },
);
export interface StatefulSetPersistentVolumeClaimRetentionPolicy extends Infer<
  typeof statefulSetPersistentVolumeClaimRetentionPolicy
> {}

export const rollingUpdateStatefulSetStrategy = object("apps.v1.RollingUpdateStatefulSetStrategy", {
  partition: int32({ tag: 1, pointer: true }),
  maxUnavailable: intOrString({ tag: 2, pointer: true }),
});
export interface RollingUpdateStatefulSetStrategy extends Infer<
  typeof rollingUpdateStatefulSetStrategy
> {}

export const statefulSetUpdateStrategy = object("apps.v1.StatefulSetUpdateStrategy", {
  type: string({ tag: 1, enum: ["OnDelete", "RollingUpdate"] }),
  rollingUpdate: struct<RollingUpdateStatefulSetStrategy>(rollingUpdateStatefulSetStrategy, {
    tag: 2,
    pointer: true,
  }),
});
export interface StatefulSetUpdateStrategy extends Infer<typeof statefulSetUpdateStrategy> {}

export const statefulSetSpec = object("apps.v1.StatefulSetSpec", {
  replicas: int32({ tag: 1, pointer: true }),
  selector: struct<LabelSelector>(labelSelector, {
    tag: 2,
    always: true,
    pointer: true,
    required: true,
  }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 3, always: true, required: true }),
  volumeClaimTemplates: list(struct<PersistentVolumeClaim>(persistentVolumeClaim), {
    tag: 4,
    listType: "atomic",
  }),
  serviceName: string({ tag: 5, always: true }),
  podManagementPolicy: string({ tag: 6, enum: ["OrderedReady", "Parallel"] }),
  updateStrategy: struct<StatefulSetUpdateStrategy>(statefulSetUpdateStrategy, { tag: 7 }),
  revisionHistoryLimit: int32({ tag: 8, pointer: true }),
  minReadySeconds: int32({ tag: 9 }),
  persistentVolumeClaimRetentionPolicy: struct<StatefulSetPersistentVolumeClaimRetentionPolicy>(
    statefulSetPersistentVolumeClaimRetentionPolicy,
    { tag: 10, pointer: true },
  ),
  ordinals: struct<StatefulSetOrdinals>(statefulSetOrdinals, { tag: 11, pointer: true }),
});
export interface StatefulSetSpec extends Infer<typeof statefulSetSpec> {}

export const statefulSetCondition = object("apps.v1.StatefulSetCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});
export interface StatefulSetCondition extends Infer<typeof statefulSetCondition> {}

export const statefulSetStatus = object("apps.v1.StatefulSetStatus", {
  observedGeneration: int64({ tag: 1 }),
  replicas: int32({ tag: 2, always: true, required: true }),
  readyReplicas: int32({ tag: 3 }),
  currentReplicas: int32({ tag: 4 }),
  updatedReplicas: int32({ tag: 5 }),
  currentRevision: string({ tag: 6 }),
  updateRevision: string({ tag: 7 }),
  collisionCount: int32({ tag: 9, pointer: true }),
  conditions: list(struct<StatefulSetCondition>(statefulSetCondition), {
    tag: 10,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  availableReplicas: int32({ tag: 11, always: true }),
});
export interface StatefulSetStatus extends Infer<typeof statefulSetStatus> {}

export const statefulSet = kind("apps.v1.StatefulSet", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<StatefulSetSpec>(statefulSetSpec, { tag: 2 }),
  status: struct<StatefulSetStatus>(statefulSetStatus, { tag: 3, optional: true }),
});
export interface StatefulSet extends Infer<typeof statefulSet> {}

export const statefulSets = defineResource<StatefulSet>({
  group: "apps",
  version: "v1",
  kind: "StatefulSet",
  plural: "statefulsets",
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  namespaced: true,
  schema: statefulSet,
  subresources: {
    scale: { group: "autoscaling", version: "v1", kind: "Scale" },
    status: {},
  },
});
