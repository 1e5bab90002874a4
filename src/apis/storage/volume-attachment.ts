import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int32,
  kind,
  map,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { persistentVolumeSpec, type PersistentVolumeSpec } from "../core/persistent-volume.ts";

export const volumeAttachmentSource = object("storage.v1.VolumeAttachmentSource", {
  persistentVolumeName: string({ tag: 1, pointer: true }),
  inlineVolumeSpec: struct<PersistentVolumeSpec>(persistentVolumeSpec, { tag: 2, pointer: true }),
});
export interface VolumeAttachmentSource extends Infer<typeof volumeAttachmentSource> {}

export const volumeAttachmentSpec = object("storage.v1.VolumeAttachmentSpec", {
  attacher: string({ tag: 1, always: true, required: true }),
  source: struct<VolumeAttachmentSource>(volumeAttachmentSource, {
    tag: 2,
    always: true,
    required: true,
  }),
  nodeName: string({ tag: 3, always: true, required: true }),
});
export interface VolumeAttachmentSpec extends Infer<typeof volumeAttachmentSpec> {}

export const volumeError = object("storage.v1.VolumeError", {
  time: time({ tag: 1 }),
  message: string({ tag: 2 }),
  errorCode: int32({ tag: 3, pointer: true }),
});
export interface VolumeError extends Infer<typeof volumeError> {}

export const volumeAttachmentStatus = object("storage.v1.VolumeAttachmentStatus", {
  attached: bool({ tag: 1, always: true, required: true }),
  attachmentMetadata: map(string(), { tag: 2 }),
  attachError: struct<VolumeError>(volumeError, { tag: 3, pointer: true }),
  detachError: struct<VolumeError>(volumeError, { tag: 4, pointer: true }),
});
export interface VolumeAttachmentStatus extends Infer<typeof volumeAttachmentStatus> {}

export const volumeAttachment = kind("storage.v1.VolumeAttachment", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<VolumeAttachmentSpec>(volumeAttachmentSpec, {
    tag: 2,
    always: true,
    required: true,
  }),
  status: struct<VolumeAttachmentStatus>(volumeAttachmentStatus, { tag: 3, optional: true }),
});
export interface VolumeAttachment extends Infer<typeof volumeAttachment> {}

export const volumeAttachments = defineResource<VolumeAttachment>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttachment",
  plural: "volumeattachments",
  singular: "volumeattachment",
  namespaced: false,
  schema: volumeAttachment,
  subresources: {
    status: {},
  },
});
