import {
  bool,
  type Infer,
  int32,
  int64,
  list,
  map,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";
import {
  type DownwardAPIVolumeFile,
  downwardAPIVolumeFile,
  keyToPath,
  type KeyToPath,
} from "./basic-volumes.ts";

export const clusterTrustBundleProjection = object("core.v1.ClusterTrustBundleProjection", {
  name: string({ tag: 1, pointer: true }),
  signerName: string({ tag: 2, pointer: true }),
  labelSelector: struct<LabelSelector>(labelSelector, { tag: 3, pointer: true }),
  path: string({ tag: 4, always: true, required: true }),
  optional: bool({ tag: 5, pointer: true }),
});
export interface ClusterTrustBundleProjection extends Infer<typeof clusterTrustBundleProjection> {}

export const configMapProjection = object("core.v1.ConfigMapProjection", {
  name: string({ tag: [1, 1] }),
  items: list(struct<KeyToPath>(keyToPath), { tag: 2, listType: "atomic" }),
  optional: bool({ tag: 4, pointer: true }),
});
export interface ConfigMapProjection extends Infer<typeof configMapProjection> {}

export const downwardAPIProjection = object("core.v1.DownwardAPIProjection", {
  items: list(struct<DownwardAPIVolumeFile>(downwardAPIVolumeFile), { tag: 1, listType: "atomic" }),
});
export interface DownwardAPIProjection extends Infer<typeof downwardAPIProjection> {}

export const podCertificateProjection = object("core.v1.PodCertificateProjection", {
  signerName: string({ tag: 1, required: true }),
  keyType: string({ tag: 2, required: true }),
  maxExpirationSeconds: int32({ tag: 3, pointer: true }),
  credentialBundlePath: string({ tag: 4 }),
  keyPath: string({ tag: 5 }),
  certificateChainPath: string({ tag: 6 }),
  userAnnotations: map(string(), { tag: 7 }),
});
export interface PodCertificateProjection extends Infer<typeof podCertificateProjection> {}

export const secretProjection = object("core.v1.SecretProjection", {
  name: string({ tag: [1, 1] }),
  items: list(struct<KeyToPath>(keyToPath), { tag: 2, listType: "atomic" }),
  optional: bool({ tag: 4, pointer: true }),
});
export interface SecretProjection extends Infer<typeof secretProjection> {}

export const serviceAccountTokenProjection = object("core.v1.ServiceAccountTokenProjection", {
  audience: string({ tag: 1 }),
  expirationSeconds: int64({ tag: 2, pointer: true }),
  path: string({ tag: 3, always: true, required: true }),
});
export interface ServiceAccountTokenProjection extends Infer<
  typeof serviceAccountTokenProjection
> {}

export const volumeProjection = object("core.v1.VolumeProjection", {
  secret: struct<SecretProjection>(secretProjection, { tag: 1, pointer: true }),
  downwardAPI: struct<DownwardAPIProjection>(downwardAPIProjection, { tag: 2, pointer: true }),
  configMap: struct<ConfigMapProjection>(configMapProjection, { tag: 3, pointer: true }),
  serviceAccountToken: struct<ServiceAccountTokenProjection>(serviceAccountTokenProjection, {
    tag: 4,
    pointer: true,
  }),
  clusterTrustBundle: struct<ClusterTrustBundleProjection>(clusterTrustBundleProjection, {
    tag: 5,
    pointer: true,
  }),
  podCertificate: struct<PodCertificateProjection>(podCertificateProjection, {
    tag: 6,
    pointer: true,
  }),
});
export interface VolumeProjection extends Infer<typeof volumeProjection> {}

export const projectedVolumeSource = object("core.v1.ProjectedVolumeSource", {
  sources: list(struct<VolumeProjection>(volumeProjection), {
    tag: 1,
    always: true,
    listType: "atomic",
  }),
  defaultMode: int32({ tag: 2, pointer: true }),
});
export interface ProjectedVolumeSource extends Infer<typeof projectedVolumeSource> {}
