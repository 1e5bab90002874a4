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
import {
  objectReference,
  type ObjectReference,
  secretReference,
  type SecretReference,
} from "./references.ts";

export const azureFilePersistentVolumeSource = object("core.v1.AzureFilePersistentVolumeSource", {
  secretName: string({ tag: 1, always: true, required: true }),
  shareName: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
  secretNamespace: string({ tag: 4, always: true, pointer: true }),
});
export interface AzureFilePersistentVolumeSource extends Infer<
  typeof azureFilePersistentVolumeSource
> {}

export const csiPersistentVolumeSource = object("core.v1.CSIPersistentVolumeSource", {
  driver: string({ tag: 1, always: true, required: true }),
  volumeHandle: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
  fsType: string({ tag: 4 }),
  volumeAttributes: map(string(), { tag: 5 }),
  controllerPublishSecretRef: struct<SecretReference>(secretReference, { tag: 6, pointer: true }),
  nodeStageSecretRef: struct<SecretReference>(secretReference, { tag: 7, pointer: true }),
  nodePublishSecretRef: struct<SecretReference>(secretReference, { tag: 8, pointer: true }),
  controllerExpandSecretRef: struct<SecretReference>(secretReference, { tag: 9, pointer: true }),
  nodeExpandSecretRef: struct<SecretReference>(secretReference, { tag: 10, pointer: true }),
});
export interface CSIPersistentVolumeSource extends Infer<typeof csiPersistentVolumeSource> {}

export const cephFSPersistentVolumeSource = object("core.v1.CephFSPersistentVolumeSource", {
  monitors: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  path: string({ tag: 2 }),
  user: string({ tag: 3 }),
  secretFile: string({ tag: 4 }),
  secretRef: struct<SecretReference>(secretReference, { tag: 5, pointer: true }),
  readOnly: bool({ tag: 6 }),
});
export interface CephFSPersistentVolumeSource extends Infer<typeof cephFSPersistentVolumeSource> {}

export const cinderPersistentVolumeSource = object("core.v1.CinderPersistentVolumeSource", {
  volumeID: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  readOnly: bool({ tag: 3 }),
  secretRef: struct<SecretReference>(secretReference, { tag: 4, pointer: true }),
});
export interface CinderPersistentVolumeSource extends Infer<typeof cinderPersistentVolumeSource> {}

export const flexPersistentVolumeSource = object("core.v1.FlexPersistentVolumeSource", {
  driver: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2 }),
  secretRef: struct<SecretReference>(secretReference, { tag: 3, pointer: true }),
  readOnly: bool({ tag: 4 }),
  options: map(string(), { tag: 5 }),
});
export interface FlexPersistentVolumeSource extends Infer<typeof flexPersistentVolumeSource> {}

export const glusterfsPersistentVolumeSource = object("core.v1.GlusterfsPersistentVolumeSource", {
  endpoints: string({ tag: 1, always: true, required: true }),
  path: string({ tag: 2, always: true, required: true }),
  readOnly: bool({ tag: 3 }),
  endpointsNamespace: string({ tag: 4, pointer: true }),
});
export interface GlusterfsPersistentVolumeSource extends Infer<
  typeof glusterfsPersistentVolumeSource
> {}

export const iscsiPersistentVolumeSource = object("core.v1.ISCSIPersistentVolumeSource", {
  targetPortal: string({ tag: 1, always: true, required: true }),
  iqn: string({ tag: 2, always: true, required: true }),
  lun: int32({ tag: 3, always: true, required: true }),
  iscsiInterface: string({ tag: 4, default: "default" }),
  fsType: string({ tag: 5 }),
  readOnly: bool({ tag: 6 }),
  portals: list(string(), { tag: 7, listType: "atomic" }),
  chapAuthDiscovery: bool({ tag: 8 }),
  secretRef: struct<SecretReference>(secretReference, { tag: 10, pointer: true }),
  chapAuthSession: bool({ tag: 11 }),
  initiatorName: string({ tag: 12, pointer: true }),
});
export interface ISCSIPersistentVolumeSource extends Infer<typeof iscsiPersistentVolumeSource> {}

export const localVolumeSource = object("core.v1.LocalVolumeSource", {
  path: string({ tag: 1, always: true, required: true }),
  fsType: string({ tag: 2, pointer: true }),
});
export interface LocalVolumeSource extends Infer<typeof localVolumeSource> {}

export const rbdPersistentVolumeSource = object("core.v1.RBDPersistentVolumeSource", {
  monitors: list(string(), { tag: 1, always: true, required: true, listType: "atomic" }),
  image: string({ tag: 2, always: true, required: true }),
  fsType: string({ tag: 3 }),
  pool: string({ tag: 4, default: "rbd" }),
  user: string({ tag: 5, default: "admin" }),
  keyring: string({ tag: 6, default: "/etc/ceph/keyring" }),
  secretRef: struct<SecretReference>(secretReference, { tag: 7, pointer: true }),
  readOnly: bool({ tag: 8 }),
});
export interface RBDPersistentVolumeSource extends Infer<typeof rbdPersistentVolumeSource> {}

export const scaleIOPersistentVolumeSource = object("core.v1.ScaleIOPersistentVolumeSource", {
  gateway: string({ tag: 1, always: true, required: true }),
  system: string({ tag: 2, always: true, required: true }),
  secretRef: struct<SecretReference>(secretReference, {
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
export interface ScaleIOPersistentVolumeSource extends Infer<
  typeof scaleIOPersistentVolumeSource
> {}

export const storageOSPersistentVolumeSource = object("core.v1.StorageOSPersistentVolumeSource", {
  volumeName: string({ tag: 1 }),
  volumeNamespace: string({ tag: 2 }),
  fsType: string({ tag: 3 }),
  readOnly: bool({ tag: 4 }),
  secretRef: struct<ObjectReference>(objectReference, { tag: 5, pointer: true }),
});
export interface StorageOSPersistentVolumeSource extends Infer<
  typeof storageOSPersistentVolumeSource
> {}
