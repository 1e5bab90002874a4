import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  int64,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { podTemplateSpec, type PodTemplateSpec } from "../core/pod-spec.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";

export const replicaSetSpec = object("apps.v1.ReplicaSetSpec", {
  replicas: int32({ tag: 1, pointer: true }),
  selector: struct<LabelSelector>(labelSelector, {
    tag: 2,
    always: true,
    pointer: true,
    required: true,
  }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 3 }),
  minReadySeconds: int32({ tag: 4 }),
});
export interface ReplicaSetSpec extends Infer<typeof replicaSetSpec> {}

export const replicaSetCondition = object("apps.v1.ReplicaSetCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});
export interface ReplicaSetCondition extends Infer<typeof replicaSetCondition> {}

export const replicaSetStatus = object("apps.v1.ReplicaSetStatus", {
  replicas: int32({ tag: 1, always: true, required: true }),
  fullyLabeledReplicas: int32({ tag: 2 }),
  observedGeneration: int64({ tag: 3 }),
  readyReplicas: int32({ tag: 4 }),
  availableReplicas: int32({ tag: 5 }),
  conditions: list(struct<ReplicaSetCondition>(replicaSetCondition), {
    tag: 6,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  terminatingReplicas: int32({ tag: 7, pointer: true }),
});
export interface ReplicaSetStatus extends Infer<typeof replicaSetStatus> {}

export const replicaSet = kind("apps.v1.ReplicaSet", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ReplicaSetSpec>(replicaSetSpec, { tag: 2 }),
  status: struct<ReplicaSetStatus>(replicaSetStatus, { tag: 3, optional: true }),
});
export interface ReplicaSet extends Infer<typeof replicaSet> {}

export const replicaSets = defineResource<ReplicaSet>({
  group: "apps",
  version: "v1",
  kind: "ReplicaSet",
  plural: "replicasets",
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  namespaced: true,
  schema: replicaSet,
  subresources: {
    scale: { group: "autoscaling", version: "v1", kind: "Scale" },
    status: {},
  },
});
