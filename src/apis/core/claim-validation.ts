import type { Path } from "#machinery/field-error.ts";
import type { TemplateMeta } from "#machinery/meta.ts";
import { dns1123Subdomain, nameIsLabel, nameIsSubdomain } from "#machinery/names.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import {
  validateAnnotations,
  validateLabels,
  validateLabelSelector,
} from "#machinery/validation/labels.ts";
import { notPositiveMessage, type Problems } from "#machinery/validation/problems.ts";
import type { PersistentVolumeClaimTemplate } from "./basic-volumes.ts";
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim.ts";
import type { TypedObjectReference } from "./references.ts";

/** What a PersistentVolumeClaim may ask for, by itself or as a template. */

export const accessModes = [
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOnce",
  "ReadWriteOncePod",
] as const;

export function validateAccessModes(problems: Problems, at: Path, modes: readonly string[]): void {
  for (const mode of modes) problems.oneOf(at, mode, accessModes);
  const others = modes.filter(
    (mode) => mode !== "ReadWriteOncePod" && (accessModes as readonly string[]).includes(mode),
  );
  if (modes.includes("ReadWriteOncePod") && others.length > 0) {
    problems.forbidden(at, "may not use ReadWriteOncePod with other access modes");
  }
}

export function validateClaimSpec(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<PersistentVolumeClaimSpec>,
  lenient: { dataSource?: boolean; selector?: boolean } = {},
): void {
  const modes = spec.accessModes ?? [];
  if (modes.length === 0) {
    problems.required(at.child("accessModes"), "at least 1 access mode is required");
  }
  validateLabelSelector(problems, at.child("selector"), spec.selector, lenient.selector);
  validateAccessModes(problems, at.child("accessModes"), modes);
  const storage = spec.resources?.requests?.["storage"];
  const storageAt = at.child("resources").key("storage");
  if (storage === undefined) problems.required(storageAt);
  else if (compareQuantity(storage, "0") <= 0) {
    problems.invalid(storageAt, storage, notPositiveMessage);
  }
  for (const field of ["storageClassName", "volumeAttributesClassName"] as const) {
    const name = spec[field];
    if (name) problems.each(at.child(field), name, nameIsSubdomain(name, false));
  }
  problems.oneOf(at.child("volumeMode"), spec.volumeMode, ["Block", "Filesystem"]);
  validateDataSources(problems, at, spec, lenient.dataSource ?? false);
}

function validateDataSources(
  problems: Problems,
  at: Path,
  { dataSource, dataSourceRef }: DeepReadonly<PersistentVolumeClaimSpec>,
  lenient: boolean,
): void {
  if (dataSource) validateDataSource(problems, at.child("dataSource"), dataSource, lenient);
  if (!dataSourceRef) return;
  validateDataSource(problems, at.child("dataSourceRef"), dataSourceRef, lenient);
  if (!dataSource) return;
  const value = String(at.child("dataSource"));
  if (dataSourceRef.namespace) {
    const detail = "may not be specified when dataSourceRef.namespace is specified";
    problems.invalid(at, value, detail);
  } else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    problems.invalid(at, value, "must match dataSourceRef");
  }
}

function validateDataSource(
  problems: Problems,
  at: Path,
  source: DeepReadonly<Partial<TypedObjectReference>>,
  lenient: boolean,
): void {
  const { apiGroup = "", kind = "", name, namespace } = source;
  if (!name) problems.required(at.child("name"));
  if (!kind) problems.required(at.child("kind"));
  if (!apiGroup && kind !== "PersistentVolumeClaim") {
    const detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    problems.invalid(at, kind, detail);
  }
  if (apiGroup && !lenient) {
    problems.each(at.child("apiGroup"), apiGroup, dns1123Subdomain(apiGroup));
  }
  if (namespace) problems.each(at.child("namespace"), namespace, nameIsLabel(namespace, false));
}

/** Templates may carry labels and annotations, and nothing else. */
export function validateTemplateMeta(
  problems: Problems,
  at: Path,
  meta: DeepReadonly<TemplateMeta>,
): void {
  validateAnnotations(problems, at.child("annotations"), meta.annotations);
  validateLabels(problems, at.child("labels"), meta.labels);
  for (const field of Object.keys(meta)) {
    if (field === "annotations" || field === "labels") continue;
    if (meta[field as keyof TemplateMeta] === undefined) continue;
    problems.forbidden(at.child(field), "cannot be set");
  }
}

export function validateClaimTemplate(
  problems: Problems,
  at: Path,
  template: DeepReadonly<PersistentVolumeClaimTemplate>,
): void {
  validateTemplateMeta(problems, at.child("metadata"), template.metadata);
  validateClaimSpec(problems, at.child("spec"), template.spec);
}
