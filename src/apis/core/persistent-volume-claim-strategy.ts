import { path } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import { negativeMessage, type Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validateClaimSpec } from "./claim-validation.ts";
import {
  type PersistentVolumeClaim,
  persistentVolumeClaims,
  type PersistentVolumeClaimSpec,
} from "./persistent-volume-claim.ts";

const at = path("spec");
const statusAt = path("status");
const classAnnotation = "volume.beta.kubernetes.io/storage-class";
const annotationAt = path("metadata", "annotations").key(classAnnotation);
const fixedSpec =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
const resizeStates = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizePending",
  "NodeResizeInfeasible",
];

/** `dataSource` knows only claims and snapshots, and says the same as `dataSourceRef`. */
function alignSources(spec: PersistentVolumeClaimSpec, old?: PersistentVolumeClaimSpec): void {
  const { dataSource } = spec;
  if (dataSource && !old?.dataSource) {
    const { kind } = dataSource;
    const apiGroup = dataSource.apiGroup ?? "";
    const isClaim = kind === "PersistentVolumeClaim" && apiGroup === "";
    const isSnapshot = kind === "VolumeSnapshot" && apiGroup === "snapshot.storage.k8s.io";
    if (!isClaim && !isSnapshot) delete spec.dataSource;
  }
  if (spec.dataSource && !spec.dataSourceRef) {
    spec.dataSourceRef = structuredClone(spec.dataSource);
  } else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...rest } = structuredClone(spec.dataSourceRef);
    spec.dataSource = rest;
  }
}

function isBound({ status }: PersistentVolumeClaim): boolean {
  return status?.phase === "Bound";
}

/** The spec as it has to be to differ only in what may change. */
function unchanged(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const next: PersistentVolumeClaimSpec = { ...claim.spec };
  const before: PersistentVolumeClaimSpec = { ...old.spec };
  // The volume can be said once.
  if (!before.volumeName) {
    if (next.volumeName === undefined) delete before.volumeName;
    else before.volumeName = next.volumeName;
  }
  if (takesClassFromAnnotation(claim, old)) delete next.storageClassName;
  else if (setsClass(claim, old)) {
    if (before.storageClassName === undefined) delete next.storageClassName;
    else next.storageClassName = before.storageClassName;
  }
  if (isBound(claim)) {
    next.resources = withStorage(next, before);
    delete next.volumeAttributesClassName;
    delete before.volumeAttributesClassName;
  }
  return equalJson(next, before);
}

function withStorage(
  { resources }: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
): NonNullable<PersistentVolumeClaimSpec["resources"]> {
  if (!resources?.requests) return resources ?? {};
  const storage = before.resources?.requests?.["storage"];
  const requests = { ...resources.requests, ...(storage === undefined ? {} : { storage }) };
  return { ...resources, requests };
}

/** Whether the class moves from the old annotation to the field. */
function takesClassFromAnnotation(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): boolean {
  const before = old.metadata.annotations?.[classAnnotation];
  const now = claim.metadata.annotations?.[classAnnotation];
  const { storageClassName } = claim.spec;
  return (
    old.spec.storageClassName === undefined &&
    before !== undefined &&
    storageClassName === before &&
    (now === undefined || now === before)
  );
}

/** Whether a claim that said no class says one now. */
function setsClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  return (
    old.spec.storageClassName === undefined &&
    claim.spec.storageClassName !== undefined &&
    old.metadata.annotations?.[classAnnotation] === undefined &&
    claim.metadata.annotations?.[classAnnotation] === undefined
  );
}

function validateUpdate(
  problems: Problems,
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): void {
  if (!takesClassFromAnnotation(claim, old)) {
    const now = claim.metadata.annotations?.[classAnnotation] ?? "";
    problems.immutable(annotationAt, now, old.metadata.annotations?.[classAnnotation] ?? "");
  }
  if (!unchanged(claim, old)) problems.forbidden(at, fixedSpec);
  validateShrinking(problems, claim, old);
  problems.immutable("volumeMode", claim.spec.volumeMode, old.spec.volumeMode);
  const name = claim.spec.volumeAttributesClassName;
  if (old.status?.currentVolumeAttributesClassName === undefined) return;
  if (name === old.spec.volumeAttributesClassName || name) return;
  const what = name === undefined ? "nil" : "an empty string";
  const detail = `update from non-nil value to ${what} is forbidden`;
  problems.forbidden(at.child("volumeAttributesClassName"), detail);
}

/** A claim can ask for less again only while it has not got more. */
function validateShrinking(
  problems: Problems,
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): void {
  const size = claim.spec.resources?.requests?.["storage"] ?? "0";
  const before = old.spec.resources?.requests?.["storage"] ?? "0";
  const has = old.status?.capacity?.["storage"] ?? "0";
  if (compareQuantity(size, before) >= 0 || compareQuantity(size, has) > 0) return;
  const detail = "field can not be less than status.capacity";
  problems.forbidden(path("spec", "resources", "requests", "storage"), detail);
}

function validateStatus(problems: Problems, { spec, status }: PersistentVolumeClaim): void {
  if ((spec.accessModes ?? []).length === 0) problems.required(path("Spec", "accessModes"));
  for (const [name, quantity] of Object.entries(status?.capacity ?? {})) {
    if (compareQuantity(quantity, "0") >= 0) continue;
    problems.invalid(statusAt.child("capacity").key(name), quantity, negativeMessage);
  }
  const statesAt = statusAt.child("allocatedResourceStatuses");
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    validateResourceKey(problems, statesAt.key(name), name);
    if (!resizeStates.includes(state)) problems.notSupported(statesAt, name, resizeStates);
  }
  const amountsAt = statusAt.child("allocatedResources");
  for (const [name, quantity] of Object.entries(status?.allocatedResources ?? {})) {
    const place = amountsAt.key(name);
    validateResourceKey(problems, place, name);
    if (compareQuantity(quantity, "0") < 0) problems.invalid(place, quantity, negativeMessage);
  }
}

function validateResourceKey(problems: Problems, place: typeof at, name: string): void {
  const errors = qualifiedName(name);
  problems.each(place, name, errors);
  if (errors.length > 0 || name === "storage") return;
  const domain = name.includes("/") ? name.split("/", 1)[0]! : "";
  if (domain === "" || domain === "kubernetes.io" || domain.endsWith(".kubernetes.io")) {
    problems.invalid(place, name, "is not a valid resource name");
  }
}

export const persistentVolumeClaimStrategy = kindStrategy<PersistentVolumeClaim>({
  resource: persistentVolumeClaims,
  generation: false,
  updateMetadata: "both",
  prepareForCreate(claim) {
    claim.status = { phase: "Pending" };
    alignSources(claim.spec);
  },
  prepareForUpdate: (claim, old) => alignSources(claim.spec, old.spec),
  validate: (problems, { spec }) => validateClaimSpec(problems, at, spec),
  validateUpdate,
  status: { validateUpdate: validateStatus },
  warnings(claim) {
    const warnings: string[] = [];
    if (claim.metadata.annotations?.[classAnnotation] !== undefined) {
      warnings.push(
        `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`,
      );
    }
    const storage = claim.spec.resources?.requests?.["storage"];
    if (storage?.endsWith("m")) {
      warnings.push(
        `spec.resources.requests[storage]: fractional byte value ${JSON.stringify(storage)} is invalid, must be an integer`,
      );
    }
    return warnings;
  },
});
