import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  type Infer,
  kind,
  list,
  map,
  object,
  quantity,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";
import {
  type TypedLocalObjectReference,
  typedLocalObjectReference,
  typedObjectReference,
  type TypedObjectReference,
} from "./references.ts";
import { volumeResourceRequirements, type VolumeResourceRequirements } from "./resources.ts";

export const persistentVolumeClaimSpec = object("core.v1.PersistentVolumeClaimSpec", {
  accessModes: list(
    string({ enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] }),
    { tag: 1, listType: "atomic" },
  ),
  resources: struct<VolumeResourceRequirements>(volumeResourceRequirements, { tag: 2 }),
  volumeName: string({ tag: 3 }),
  selector: struct<LabelSelector>(labelSelector, { tag: 4, pointer: true }),
  storageClassName: string({ tag: 5, pointer: true }),
  volumeMode: string({ tag: 6, pointer: true, enum: ["Block", "Filesystem"] }),
  dataSource: struct<TypedLocalObjectReference>(typedLocalObjectReference, {
    tag: 7,
    pointer: true,
  }),
  dataSourceRef: struct<TypedObjectReference>(typedObjectReference, { tag: 8, pointer: true }),
  volumeAttributesClassName: string({ tag: 9, pointer: true }),
});
export interface PersistentVolumeClaimSpec extends Infer<typeof persistentVolumeClaimSpec> {}

export const persistentVolumeClaimCondition = object("core.v1.PersistentVolumeClaimCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastProbeTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});
export interface PersistentVolumeClaimCondition extends Infer<
  typeof persistentVolumeClaimCondition
> {}

export const modifyVolumeStatus = object("core.v1.ModifyVolumeStatus", {
  targetVolumeAttributesClassName: string({ tag: 1 }),
  status: string({
    tag: 2,
    always: true,
    required: true,
    enum: ["InProgress", "Infeasible", "Pending"],
  }),
});
export interface ModifyVolumeStatus extends Infer<typeof modifyVolumeStatus> {}

export const persistentVolumeClaimStatus = object("core.v1.PersistentVolumeClaimStatus", {
  phase: string({ tag: 1, enum: ["Bound", "Lost", "Pending"] }),
  accessModes: list(
    string({ enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] }),
    { tag: 2, listType: "atomic" },
  ),
  capacity: map(quantity(), { tag: 3 }),
  conditions: list(struct<PersistentVolumeClaimCondition>(persistentVolumeClaimCondition), {
    tag: 4,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  allocatedResources: map(quantity(), { tag: 5 }),
  allocatedResourceStatuses: map(string(), { tag: 7, mapType: "granular" }),
  currentVolumeAttributesClassName: string({ tag: 8, pointer: true }),
  modifyVolumeStatus: struct<ModifyVolumeStatus>(modifyVolumeStatus, { tag: 9, pointer: true }),
});
export interface PersistentVolumeClaimStatus extends Infer<typeof persistentVolumeClaimStatus> {}

export const persistentVolumeClaim = kind("core.v1.PersistentVolumeClaim", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<PersistentVolumeClaimSpec>(persistentVolumeClaimSpec, { tag: 2 }),
  status: struct<PersistentVolumeClaimStatus>(persistentVolumeClaimStatus, {
    tag: 3,
    optional: true,
  }),
});
export interface PersistentVolumeClaim extends Infer<typeof persistentVolumeClaim> {}

export const persistentVolumeClaims = defineResource<PersistentVolumeClaim>({
  group: "",
  version: "v1",
  kind: "PersistentVolumeClaim",
  plural: "persistentvolumeclaims",
  singular: "persistentvolumeclaim",
  shortNames: ["pvc"],
  namespaced: true,
  schema: persistentVolumeClaim,
  subresources: {
    status: {},
  },
});
