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
import { nodeSelector, type NodeSelector } from "./affinity.ts";
import { hostPathVolumeSource, type HostPathVolumeSource } from "./basic-volumes.ts";
import {
  type AzureFilePersistentVolumeSource,
  azureFilePersistentVolumeSource,
  cephFSPersistentVolumeSource,
  type CephFSPersistentVolumeSource,
  cinderPersistentVolumeSource,
  type CinderPersistentVolumeSource,
  type CSIPersistentVolumeSource,
  csiPersistentVolumeSource,
  type FlexPersistentVolumeSource,
  flexPersistentVolumeSource,
  type GlusterfsPersistentVolumeSource,
  glusterfsPersistentVolumeSource,
  iscsiPersistentVolumeSource,
  type ISCSIPersistentVolumeSource,
  localVolumeSource,
  type LocalVolumeSource,
  rbdPersistentVolumeSource,
  type RBDPersistentVolumeSource,
  scaleIOPersistentVolumeSource,
  type ScaleIOPersistentVolumeSource,
  storageOSPersistentVolumeSource,
  type StorageOSPersistentVolumeSource,
} from "./persistent-volume-sources.ts";
import { objectReference, type ObjectReference } from "./references.ts";
import {
  type AWSElasticBlockStoreVolumeSource,
  awsElasticBlockStoreVolumeSource,
  type AzureDiskVolumeSource,
  azureDiskVolumeSource,
  type FCVolumeSource,
  fcVolumeSource,
  type FlockerVolumeSource,
  flockerVolumeSource,
  gcePersistentDiskVolumeSource,
  type GCEPersistentDiskVolumeSource,
  nfsVolumeSource,
  type NFSVolumeSource,
  type PhotonPersistentDiskVolumeSource,
  photonPersistentDiskVolumeSource,
  type PortworxVolumeSource,
  portworxVolumeSource,
  type QuobyteVolumeSource,
  quobyteVolumeSource,
  vsphereVirtualDiskVolumeSource,
  type VsphereVirtualDiskVolumeSource,
} from "./storage-volumes.ts";

export const volumeNodeAffinity = object("core.v1.VolumeNodeAffinity", {
  required: struct<NodeSelector>(nodeSelector, { tag: 1, pointer: true }),
});
export interface VolumeNodeAffinity extends Infer<typeof volumeNodeAffinity> {}

export const persistentVolumeSpec = object("core.v1.PersistentVolumeSpec", {
  capacity: map(quantity(), { tag: 1 }),
  gcePersistentDisk: struct<GCEPersistentDiskVolumeSource>(gcePersistentDiskVolumeSource, {
    tag: [2, 1],
    pointer: true,
  }),
  awsElasticBlockStore: struct<AWSElasticBlockStoreVolumeSource>(awsElasticBlockStoreVolumeSource, {
    tag: [2, 2],
    pointer: true,
  }),
  hostPath: struct<HostPathVolumeSource>(hostPathVolumeSource, { tag: [2, 3], pointer: true }),
  glusterfs: struct<GlusterfsPersistentVolumeSource>(glusterfsPersistentVolumeSource, {
    tag: [2, 4],
    pointer: true,
  }),
  nfs: struct<NFSVolumeSource>(nfsVolumeSource, { tag: [2, 5], pointer: true }),
  rbd: struct<RBDPersistentVolumeSource>(rbdPersistentVolumeSource, { tag: [2, 6], pointer: true }),
  iscsi: struct<ISCSIPersistentVolumeSource>(iscsiPersistentVolumeSource, {
    tag: [2, 7],
    pointer: true,
  }),
  cinder: struct<CinderPersistentVolumeSource>(cinderPersistentVolumeSource, {
    tag: [2, 8],
    pointer: true,
  }),
  cephfs: struct<CephFSPersistentVolumeSource>(cephFSPersistentVolumeSource, {
    tag: [2, 9],
    pointer: true,
  }),
  fc: struct<FCVolumeSource>(fcVolumeSource, { tag: [2, 10], pointer: true }),
  flocker: struct<FlockerVolumeSource>(flockerVolumeSource, { tag: [2, 11], pointer: true }),
  flexVolume: struct<FlexPersistentVolumeSource>(flexPersistentVolumeSource, {
    tag: [2, 12],
    pointer: true,
  }),
  azureFile: struct<AzureFilePersistentVolumeSource>(azureFilePersistentVolumeSource, {
    tag: [2, 13],
    pointer: true,
  }),
  vsphereVolume: struct<VsphereVirtualDiskVolumeSource>(vsphereVirtualDiskVolumeSource, {
    tag: [2, 14],
    pointer: true,
  }),
  quobyte: struct<QuobyteVolumeSource>(quobyteVolumeSource, { tag: [2, 15], pointer: true }),
  azureDisk: struct<AzureDiskVolumeSource>(azureDiskVolumeSource, { tag: [2, 16], pointer: true }),
  photonPersistentDisk: struct<PhotonPersistentDiskVolumeSource>(photonPersistentDiskVolumeSource, {
    tag: [2, 17],
    pointer: true,
  }),
  portworxVolume: struct<PortworxVolumeSource>(portworxVolumeSource, {
    tag: [2, 18],
    pointer: true,
  }),
  scaleIO: struct<ScaleIOPersistentVolumeSource>(scaleIOPersistentVolumeSource, {
    tag: [2, 19],
    pointer: true,
  }),
  local: struct<LocalVolumeSource>(localVolumeSource, { tag: [2, 20], pointer: true }),
  storageos: struct<StorageOSPersistentVolumeSource>(storageOSPersistentVolumeSource, {
    tag: [2, 21],
    pointer: true,
  }),
  csi: struct<CSIPersistentVolumeSource>(csiPersistentVolumeSource, {
    tag: [2, 22],
    pointer: true,
  }),
  accessModes: list(
    string({ enum: ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"] }),
    { tag: 3, listType: "atomic" },
  ),
  claimRef: struct<ObjectReference>(objectReference, {
    tag: 4,
    pointer: true,
    mapType: "granular",
  }),
  persistentVolumeReclaimPolicy: string({ tag: 5, enum: ["Delete", "Recycle", "Retain"] }),
  storageClassName: string({ tag: 6 }),
  mountOptions: list(string(), { tag: 7, listType: "atomic" }),
  volumeMode: string({ tag: 8, pointer: true, enum: ["Block", "Filesystem"] }),
  nodeAffinity: struct<VolumeNodeAffinity>(volumeNodeAffinity, { tag: 9, pointer: true }),
  volumeAttributesClassName: string({ tag: 10, pointer: true }),
});
export interface PersistentVolumeSpec extends Infer<typeof persistentVolumeSpec> {}

export const persistentVolumeStatus = object("core.v1.PersistentVolumeStatus", {
  phase: string({ tag: 1, enum: ["Available", "Bound", "Failed", "Pending", "Released"] }),
  message: string({ tag: 2 }),
  reason: string({ tag: 3 }),
  lastPhaseTransitionTime: time({ tag: 4, pointer: true }),
});
export interface PersistentVolumeStatus extends Infer<typeof persistentVolumeStatus> {}

export const persistentVolume = kind("core.v1.PersistentVolume", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<PersistentVolumeSpec>(persistentVolumeSpec, { tag: 2 }),
  status: struct<PersistentVolumeStatus>(persistentVolumeStatus, { tag: 3, optional: true }),
});
export interface PersistentVolume extends Infer<typeof persistentVolume> {}

export const persistentVolumes = defineResource<PersistentVolume>({
  group: "",
  version: "v1",
  kind: "PersistentVolume",
  plural: "persistentvolumes",
  singular: "persistentvolume",
  shortNames: ["pv"],
  namespaced: false,
  schema: persistentVolume,
  subresources: {
    status: {},
  },
});
