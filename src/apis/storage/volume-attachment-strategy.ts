import { path, type Path } from "#machinery/field-error.ts";
import { nameIsSubdomain, rangeMessage } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validatePersistentVolumeSpec } from "../core/persistent-volume-validation.ts";
import { validateCsiDriverName } from "../core/vendor-volume-validation.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import {
  type VolumeAttachment,
  volumeAttachments,
  type VolumeAttachmentSource,
  type VolumeError,
} from "./volume-attachment.ts";

const at = path("spec");
const metadataBytesMax = 256 * 1024;
const messageBytesMax = 1024;

function validateSource(problems: Problems, place: Path, source: VolumeAttachmentSource): void {
  const { inlineVolumeSpec, persistentVolumeName: name } = source;
  const detail = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (!inlineVolumeSpec && name === undefined) problems.required(place, detail);
  else if (inlineVolumeSpec && name !== undefined) problems.forbidden(place, detail);
  else if (inlineVolumeSpec) {
    const inlineAt = place.child("inlineVolumeSpec");
    validatePersistentVolumeSpec(problems, inlineAt, inlineVolumeSpec, {
      isInline: true,
      name: "",
    });
  } else if (name === "") {
    problems.required(
      place.child("persistentVolumeName"),
      "must specify non empty persistentVolumeName",
    );
  }
}

function validateError(problems: Problems, place: Path, error: VolumeError | undefined): void {
  if (!error) return;
  if (Buffer.byteLength(error.message ?? "") > messageBytesMax) {
    problems.tooLong(place.child("message"), metadataBytesMax);
  }
  const { errorCode = 0 } = error;
  if (errorCode < 0) {
    problems.invalid(place.child("errorCode"), errorCode, rangeMessage(0, 2 ** 31 - 1));
  }
}

export const volumeAttachmentStrategy = kindStrategy<VolumeAttachment>({
  resource: volumeAttachments,
  allowUnconditionalUpdate: false,
  generation: false,
  updateMetadata: "create",
  updateValidatesTwice: true,
  validate(problems, { spec, status }) {
    validateCsiDriverName(problems, at.child("attacher"), spec.attacher);
    validateSource(problems, at.child("source"), spec.source);
    problems.each(at.child("nodeName"), spec.nodeName, nameIsSubdomain(spec.nodeName, false));
    const name = spec.source.persistentVolumeName;
    if (name) {
      const nameAt = at.child("source").child("persistentVolumeName");
      problems.each(nameAt, name, nameIsSubdomain(name, false));
    }
    let bytes = 0;
    for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {})) {
      bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    }
    const statusAt = path("status");
    if (bytes > metadataBytesMax) {
      problems.tooLong(statusAt.child("attachmentMetadata"), metadataBytesMax);
    }
    validateError(problems, statusAt.child("attachError"), status?.attachError);
    validateError(problems, statusAt.child("detachError"), status?.detachError);
  },
  validateUpdate: (problems, { spec }, old) => problems.immutable(at, spec, old.spec),
  status: { keepsMetadata: "all" },
});
