import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  int32,
  int64,
  kind,
  list,
  map,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { podTemplateSpec, type PodTemplateSpec } from "./pod-spec.ts";

export const replicationControllerSpec = object("core.v1.ReplicationControllerSpec", {
  replicas: int32({ tag: 1, pointer: true, default: 1 }),
  selector: map(string(), { tag: 2, mapType: "atomic" }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 3, pointer: true }),
  minReadySeconds: int32({ tag: 4 }),
});
export interface ReplicationControllerSpec extends Infer<typeof replicationControllerSpec> {}

export const replicationControllerCondition = object("core.v1.ReplicationControllerCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastTransitionTime: time({ tag: 3 }),
  reason: string({ tag: 4 }),
  message: string({ tag: 5 }),
});
export interface ReplicationControllerCondition extends Infer<
  typeof replicationControllerCondition
> {}

export const replicationControllerStatus = object("core.v1.ReplicationControllerStatus", {
  replicas: int32({ tag: 1, always: true, required: true }),
  fullyLabeledReplicas: int32({ tag: 2 }),
  observedGeneration: int64({ tag: 3 }),
  readyReplicas: int32({ tag: 4 }),
  availableReplicas: int32({ tag: 5 }),
  conditions: list(struct<ReplicationControllerCondition>(replicationControllerCondition), {
    tag: 6,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface ReplicationControllerStatus extends Infer<typeof replicationControllerStatus> {}

export const replicationController = kind("core.v1.ReplicationController", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ReplicationControllerSpec>(replicationControllerSpec, { tag: 2 }),
  status: struct<ReplicationControllerStatus>(replicationControllerStatus, {
    tag: 3,
    optional: true,
  }),
});
export interface ReplicationController extends Infer<typeof replicationController> {}

export const replicationControllers = defineResource<ReplicationController>({
  group: "",
  version: "v1",
  kind: "ReplicationController",
  plural: "replicationcontrollers",
  singular: "replicationcontroller",
  shortNames: ["rc"],
  categories: ["all"],
  namespaced: true,
  schema: replicationController,
  subresources: {
    scale: { group: "autoscaling", version: "v1", kind: "Scale" },
    status: {},
  },
});
