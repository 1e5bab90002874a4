import { objectMeta, type TemplateMeta } from "#machinery/object-meta.ts";
import {
  bool,
  type Infer,
  int32,
  list,
  object,
  quantity,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import {
  objectFieldSelector,
  type ObjectFieldSelector,
  type ResourceFieldSelector,
  resourceFieldSelector,
} from "./field-selectors.ts";
import {
  persistentVolumeClaimSpec,
  type PersistentVolumeClaimSpec,
} from "./persistent-volume-claim.ts";

export const keyToPath = object("core.v1.KeyToPath", {
  key: string({ tag: 1, always: true, required: true }),
  path: string({ tag: 2, always: true, required: true }),
  mode: int32({ tag: 3, pointer: true }),
});
export interface KeyToPath extends Infer<typeof keyToPath> {}

export const configMapVolumeSource = object("core.v1.ConfigMapVolumeSource", {
  name: string({ tag: [1, 1] }),
  items: list(struct<KeyToPath>(keyToPath), { tag: 2, listType: "atomic" }),
  defaultMode: int32({ tag: 3, pointer: true }),
  optional: bool({ tag: 4, pointer: true }),
});
export interface ConfigMapVolumeSource extends Infer<typeof configMapVolumeSource> {}

export const downwardAPIVolumeFile = object("core.v1.DownwardAPIVolumeFile", {
  path: string({ tag: 1, always: true, required: true }),
  fieldRef: struct<ObjectFieldSelector>(objectFieldSelector, { tag: 2, pointer: true }),
  resourceFieldRef: struct<ResourceFieldSelector>(resourceFieldSelector, { tag: 3, pointer: true }),
  mode: int32({ tag: 4, pointer: true }),
});
export interface DownwardAPIVolumeFile extends Infer<typeof downwardAPIVolumeFile> {}

export const downwardAPIVolumeSource = object("core.v1.DownwardAPIVolumeSource", {
  items: list(struct<DownwardAPIVolumeFile>(downwardAPIVolumeFile), { tag: 1, listType: "atomic" }),
  defaultMode: int32({ tag: 2, pointer: true }),
});
export interface DownwardAPIVolumeSource extends Infer<typeof downwardAPIVolumeSource> {}

export const emptyDirVolumeSource = object("core.v1.EmptyDirVolumeSource", {
  medium: string({ tag: 1 }),
  sizeLimit: quantity({ tag: 2, pointer: true }),
});
export interface EmptyDirVolumeSource extends Infer<typeof emptyDirVolumeSource> {}

export const persistentVolumeClaimTemplate = object("core.v1.PersistentVolumeClaimTemplate", {
  metadata: struct<TemplateMeta>(objectMeta, { tag: 1 }),
  spec: struct<PersistentVolumeClaimSpec>(persistentVolumeClaimSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
});
export interface PersistentVolumeClaimTemplate extends Infer<
  typeof persistentVolumeClaimTemplate
> {}

export const ephemeralVolumeSource = object("core.v1.EphemeralVolumeSource", {
  volumeClaimTemplate: struct<PersistentVolumeClaimTemplate>(persistentVolumeClaimTemplate, {
    tag: 1,
    pointer: true,
  }),
});
export interface EphemeralVolumeSource extends Infer<typeof ephemeralVolumeSource> {}

export const gitRepoVolumeSource = object("core.v1.GitRepoVolumeSource", {
  repository: string({ tag: 1, always: true, required: true }),
  revision: string({ tag: 2 }),
  directory: string({ tag: 3 }),
});
export interface GitRepoVolumeSource extends Infer<typeof gitRepoVolumeSource> {}

export const hostPathVolumeSource = object("core.v1.HostPathVolumeSource", {
  path: string({ tag: 1, always: true, required: true }),
  type: string({
    tag: 2,
    pointer: true,
    enum: [
      "",
      "BlockDevice",
      "CharDevice",
      "Directory",
      "DirectoryOrCreate",
      "File",
      "FileOrCreate",
      "Socket",
    ],
  }),
});
export interface HostPathVolumeSource extends Infer<typeof hostPathVolumeSource> {}

export const imageVolumeSource = object("core.v1.ImageVolumeSource", {
  reference: string({ tag: 1 }),
  pullPolicy: string({ tag: 2, enum: ["Always", "IfNotPresent", "Never"] }),
});
export interface ImageVolumeSource extends Infer<typeof imageVolumeSource> {}

export const persistentVolumeClaimVolumeSource = object(
  "core.v1.PersistentVolumeClaimVolumeSource",
  {
    claimName: string({ tag: 1, always: true, required: true }),
    readOnly: bool({ tag: 2 }),
  },
);
export interface PersistentVolumeClaimVolumeSource extends Infer<
  typeof persistentVolumeClaimVolumeSource
> {}

export const secretVolumeSource = object("core.v1.SecretVolumeSource", {
  secretName: string({ tag: 1 }),
  items: list(struct<KeyToPath>(keyToPath), { tag: 2, listType: "atomic" }),
  defaultMode: int32({ tag: 3, pointer: true }),
  optional: bool({ tag: 4, pointer: true }),
});
export interface SecretVolumeSource extends Infer<typeof secretVolumeSource> {}
