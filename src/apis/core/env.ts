import { bool, type Infer, object, string, struct } from "#machinery/schema/schema.ts";
import {
  objectFieldSelector,
  type ObjectFieldSelector,
  type ResourceFieldSelector,
  resourceFieldSelector,
} from "./field-selectors.ts";

export const configMapEnvSource = object("core.v1.ConfigMapEnvSource", {
  name: string({ tag: [1, 1] }),
  optional: bool({ tag: 2, pointer: true }),
});
export interface ConfigMapEnvSource extends Infer<typeof configMapEnvSource> {}

export const configMapKeySelector = object(
  "core.v1.ConfigMapKeySelector",
  {
    name: string({ tag: [1, 1] }),
    key: string({ tag: 2, always: true, required: true }),
    optional: bool({ tag: 3, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface ConfigMapKeySelector extends Infer<typeof configMapKeySelector> {}

export const secretEnvSource = object("core.v1.SecretEnvSource", {
  name: string({ tag: [1, 1] }),
  optional: bool({ tag: 2, pointer: true }),
});
export interface SecretEnvSource extends Infer<typeof secretEnvSource> {}

export const envFromSource = object("core.v1.EnvFromSource", {
  prefix: string({ tag: 1 }),
  configMapRef: struct<ConfigMapEnvSource>(configMapEnvSource, { tag: 2, pointer: true }),
  secretRef: struct<SecretEnvSource>(secretEnvSource, { tag: 3, pointer: true }),
});
export interface EnvFromSource extends Infer<typeof envFromSource> {}

export const fileKeySelector = object(
  "core.v1.FileKeySelector",
  {
    volumeName: string({ tag: 1, always: true, required: true }),
    path: string({ tag: 2, always: true, required: true }),
    key: string({ tag: 3, always: true, required: true }),
    optional: bool({ tag: 4, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface FileKeySelector extends Infer<typeof fileKeySelector> {}

export const secretKeySelector = object(
  "core.v1.SecretKeySelector",
  {
    name: string({ tag: [1, 1] }),
    key: string({ tag: 2, always: true, required: true }),
    optional: bool({ tag: 3, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface SecretKeySelector extends Infer<typeof secretKeySelector> {}

export const envVarSource = object("core.v1.EnvVarSource", {
  fieldRef: struct<ObjectFieldSelector>(objectFieldSelector, { tag: 1, pointer: true }),
  resourceFieldRef: struct<ResourceFieldSelector>(resourceFieldSelector, { tag: 2, pointer: true }),
  configMapKeyRef: struct<ConfigMapKeySelector>(configMapKeySelector, { tag: 3, pointer: true }),
  secretKeyRef: struct<SecretKeySelector>(secretKeySelector, { tag: 4, pointer: true }),
  fileKeyRef: struct<FileKeySelector>(fileKeySelector, { tag: 5, pointer: true }),
});
export interface EnvVarSource extends Infer<typeof envVarSource> {}

export const envVar = object("core.v1.EnvVar", {
  name: string({ tag: 1, always: true, required: true }),
  value: string({ tag: 2 }),
  valueFrom: struct<EnvVarSource>(envVarSource, { tag: 3, pointer: true }),
});
export interface EnvVar extends Infer<typeof envVar> {}
