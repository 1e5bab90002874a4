import {
  bool,
  type Infer,
  int32,
  list,
  map,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { type LocalObjectReference, localObjectReference } from "./references.ts";

export const awsElasticBlockStoreVolumeSource = object("core.v1.AWSElasticBlockStoreVolumeSource", {
  volumeID: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  partition: int32({ tag: 3 }),
  readOnly: bool({ tag: 4 }),
});
export interface AWSElasticBlockStoreVolumeSource extends Infer<
  typeof awsElasticBlockStoreVolumeSource
> {}

export const azureDiskVolumeSource = object("core.v1.AzureDiskVolumeSource", {
  diskName: string({ tag: 1, always: true, required: true }),
  diskURI: string({ tag: 2, always: true, required: true }),
  cachingMode: string({
    tag: 3,
    pointer: true,
    default: "ReadWrite",
    enum: ["None", "ReadOnly", "ReadWrite"],
  }),
  fsType: string({ tag: 4, pointer: true, default: "ext4" }),
  readOnly: bool({ tag: 5, pointer: true }),
  kind: string({
    tag: 6,
    pointer: true,
    default: "Shared",
    enum: ["Dedicated", "Managed", "Shared"],
  }),
});
export interface AzureDiskVolumeSource extends Infer<typeof azureDiskVolumeSource> {}

export const azureFileVolumeSource = object("core.v1.AzureFileVolumeSource", {
  secretName: string({ tag: 1, always: true, required: true }),
  shareName: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
});
export interface AzureFileVolumeSource extends Infer<typeof azureFileVolumeSource> {}

export const csiVolumeSource = object("core.v1.CSIVolumeSource", {
  driver: string({ tag: 1, always: true, required: true }),
  readOnly: bool({ tag: 2, pointer: true }),
  fsType: string({ tag: 3, pointer: true }),
  volumeAttributes: map(string(), { tag: 4 }),
  nodePublishSecretRef: struct<LocalObjectReference>(localObjectReference, {
    tag: 5,
    pointer: true,
  }),
});
export interface CSIVolumeSource extends Infer<typeof csiVolumeSource> {}

export const cephFSVolumeSource = object("core.v1.CephFSVolumeSource", {
  monitors: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  path: string({ tag: 2 }),
  user: string({ tag: 3 }),
  secretFile: string({ tag: 4 }),
  secretRef: struct<LocalObjectReference>(localObjectReference, { tag: 5, pointer: true }),
  readOnly: bool({ tag: 6 }),
});
export interface CephFSVolumeSource extends Infer<typeof cephFSVolumeSource> {}

export const cinderVolumeSource = object("core.v1.CinderVolumeSource", {
  volumeID: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  readOnly: bool({ tag: 3 }),
  secretRef: struct<LocalObjectReference>(localObjectReference, { tag: 4, pointer: true }),
});
export interface CinderVolumeSource extends Infer<typeof cinderVolumeSource> {}

export const fcVolumeSource = object("core.v1.FCVolumeSource", {
  targetWWNs: list(string(), { tag: 1, listType: "atomic" }),
  lun: int32({ tag: 2, pointer: true }),
  fsType: string({ tag: 3 }),
  readOnly: bool({ tag: 4 }),
  wwids: list(string(), { tag: 5, listType: "atomic" }),
});
export interface FCVolumeSource extends Infer<typeof fcVolumeSource> {}

export const flexVolumeSource = object("core.v1.FlexVolumeSource", {
  driver: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  secretRef: struct<LocalObjectReference>(localObjectReference, { tag: 3, pointer: true }),
  readOnly: bool({ tag: 4 }),
  options: map(string(), { tag: 5 }),
});
export interface FlexVolumeSource extends Infer<typeof flexVolumeSource> {}

export const flockerVolumeSource = object("core.v1.FlockerVolumeSource", {
  datasetName: string({ tag: 1 }),
  datasetUUID: string({ tag: 2 }),
});
export interface FlockerVolumeSource extends Infer<typeof flockerVolumeSource> {}

export const gcePersistentDiskVolumeSource = object("core.v1.GCEPersistentDiskVolumeSource", {
  pdName: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  partition: int32({ tag: 3 }),
  readOnly: bool({ tag: 4 }),
});
export interface GCEPersistentDiskVolumeSource extends Infer<
  typeof gcePersistentDiskVolumeSource
> {}

export const glusterfsVolumeSource = object("core.v1.GlusterfsVolumeSource", {
  endpoints: string({ tag: 1, always: true, required: true }),
  path: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
});
export interface GlusterfsVolumeSource extends Infer<typeof glusterfsVolumeSource> {}

export const iscsiVolumeSource = object("core.v1.ISCSIVolumeSource", {
  targetPortal: string({ tag: 1, always: true, required: true }),
  iqn: string({ tag: 2, always: true, required: true }),
  lun: int32({ tag: 3, always: true, required: true }),
  iscsiInterface: string({ tag: 4, default: "default" }),
  fsType: string({ tag: 5 }),
  readOnly: bool({ tag: 6 }),
  portals: list(string(), { tag: 7, listType: "atomic" }),
  chapAuthDiscovery: bool({ tag: 8 }),
  secretRef: struct<LocalObjectReference>(localObjectReference, { tag: 10, pointer: true }),
  chapAuthSession: bool({ tag: 11 }),
  initiatorName: string({ tag: 12, pointer: true }),
});
export interface ISCSIVolumeSource extends Infer<typeof iscsiVolumeSource> {}

export const nfsVolumeSource = object("core.v1.NFSVolumeSource", {
  server: string({ tag: 1, always: true, required: true }),
  path: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
});
export interface NFSVolumeSource extends Infer<typeof nfsVolumeSource> {}

export const photonPersistentDiskVolumeSource = object("core.v1.PhotonPersistentDiskVolumeSource", {
  pdID: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
});
export interface PhotonPersistentDiskVolumeSource extends Infer<
  typeof photonPersistentDiskVolumeSource
> {}

export const portworxVolumeSource = object("core.v1.PortworxVolumeSource", {
  volumeID: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  readOnly: bool({ tag: 3 }),
});
export interface PortworxVolumeSource extends Infer<typeof portworxVolumeSource> {}

export const quobyteVolumeSource = object("core.v1.QuobyteVolumeSource", {
  registry: string({ tag: 1, always: true, required: true }),
  volume: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
  user: string({ tag: 4 }),
  group: string({ tag: 5 }),
  tenant: string({ tag: 6 }),
});
export interface QuobyteVolumeSource extends Infer<typeof quobyteVolumeSource> {}

export const rbdVolumeSource = object("core.v1.RBDVolumeSource", {
  monitors: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  image: string({ tag: 2, always: true, required: true }),
  fsType: string({ tag: 3 }),
  pool: string({ tag: 4, default: "rbd" }),
  user: string({ tag: 5, default: "admin" }),
  keyring: string({ tag: 6, default: "/etc/ceph/keyring" }),
  secretRef: struct<LocalObjectReference>(localObjectReference, { tag: 7, pointer: true }),
  readOnly: bool({ tag: 8 }),
});
export interface RBDVolumeSource extends Infer<typeof rbdVolumeSource> {}

export const scaleIOVolumeSource = object("core.v1.ScaleIOVolumeSource", {
  gateway: string({ tag: 1, always: true, required: true }),
  system: string({ tag: 2, always: true, required: true }),
  secretRef: struct<LocalObjectReference>(localObjectReference, {
    tag: 3,
    always: true,
    pointer: true,
    required: true,
  }),
  sslEnabled: bool({ tag: 4 }),
  protectionDomain: string({ tag: 5 }),
  storagePool: string({ tag: 6 }),
  storageMode: string({ tag: 7, default: "ThinProvisioned" }),
  volumeName: string({ tag: 8 }),
  fsType: string({ tag: 9, default: "xfs" }),
  readOnly: bool({ tag: 10 }),
});
export interface ScaleIOVolumeSource extends Infer<typeof scaleIOVolumeSource> {}

export const storageOSVolumeSource = object("core.v1.StorageOSVolumeSource", {
  volumeName: string({ tag: 1 }),
  volumeNamespace: string({ tag: 2 }),
  fsType: string({ tag: 3 }),
  readOnly: bool({ tag: 4 }),
  secretRef: struct<LocalObjectReference>(localObjectReference, { tag: 5, pointer: true }),
});
export interface StorageOSVolumeSource extends Infer<typeof storageOSVolumeSource> {}

export const vsphereVirtualDiskVolumeSource = object("core.v1.VsphereVirtualDiskVolumeSource", {
  volumePath: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  storagePolicyName: string({ tag: 3 }),
  storagePolicyID: string({ tag: 4 }),
});
export interface VsphereVirtualDiskVolumeSource extends Infer<
  typeof vsphereVirtualDiskVolumeSource
> {}
