import { type FieldError, type Path, path } from "../field-error.ts";
import { type NameCheck, nameIsLabel, nameIsSubdomain, qualifiedName } from "../names.ts";
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from "../object-meta.ts";
import type { DeepReadonly } from "../readonly.ts";
import { parseApiVersion } from "../resource.ts";
import { validateAnnotations, validateLabels } from "./labels.ts";
import { Problems } from "./problems.ts";

/** What all kinds have in common: the checks of `metadata`. */

type Meta = DeepReadonly<Partial<ObjectMeta>>;

const root = path("metadata");

/** Checks the metadata of a new object, after its name was generated. */
export function validateObjectMeta(
  meta: Meta,
  options: { namespaced: boolean; validateName?: NameCheck | undefined },
  at: Path = root,
): FieldError[] {
  const problems = new Problems();
  const validateName = options.validateName ?? nameIsSubdomain;
  if (meta.generateName) {
    problems.each(
      at.child("generateName"),
      meta.generateName,
      validateName(meta.generateName, true),
    );
  }
  if (!meta.name) problems.required(at.child("name"), "name or generateName is required");
  else problems.each(at.child("name"), meta.name, validateName(meta.name, false));
  if (options.namespaced) {
    problems.name(at.child("namespace"), meta.namespace, (name) => nameIsLabel(name, false));
  } else if (meta.namespace) {
    problems.forbidden(at.child("namespace"), "not allowed on this type");
  }
  problems.nonNegative(at.child("generation"), meta.generation);
  validateCommon(problems, meta, at);
  return problems.list;
}

/** Checks metadata that is about to replace `old`. */
export function validateObjectMetaUpdate(meta: Meta, old: Meta, at: Path = root): FieldError[] {
  const problems = new Problems();
  if (old.deletionTimestamp) {
    validateNoNewFinalizers(
      problems,
      at.child("finalizers"),
      meta.finalizers ?? [],
      old.finalizers ?? [],
    );
  }
  if (!meta.resourceVersion) {
    const detail = "must be specified for an update";
    problems.invalid(at.child("resourceVersion"), meta.resourceVersion ?? "", detail);
  }
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    problems.invalid(at.child("generation"), meta.generation ?? 0, "must not be decremented");
  }
  problems.immutable(at.child("name"), meta.name ?? "", old.name ?? "");
  problems.immutable(at.child("namespace"), meta.namespace ?? "", old.namespace ?? "");
  problems.immutable(at.child("uid"), meta.uid ?? "", old.uid ?? "");
  for (const field of [
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
  ] as const) {
    problems.immutable(at.child(field), meta[field] ?? null, old[field] ?? null);
  }
  validateCommon(problems, meta, at);
  return problems.list;
}

function validateCommon(problems: Problems, meta: Meta, at: Path): void {
  validateLabels(problems, at.child("labels"), meta.labels);
  validateAnnotations(problems, at.child("annotations"), meta.annotations);
  validateOwnerReferences(problems, at.child("ownerReferences"), meta.ownerReferences ?? []);
  validateFinalizers(problems, at.child("finalizers"), meta.finalizers ?? []);
  validateManagedFields(problems, at.child("managedFields"), meta.managedFields ?? []);
}

function validateOwnerReferences(
  problems: Problems,
  at: Path,
  references: readonly DeepReadonly<OwnerReference>[],
): void {
  let firstController = "";
  for (const reference of references) {
    validateOwnerReference(problems, at, reference);
    if (reference.controller !== true) continue;
    const controller = `${reference.kind}/${reference.name}`;
    if (firstController !== "") {
      problems.invalid(
        at,
        references,
        `Only one reference can have Controller set to true. Found "true" in references for ${firstController} and ${controller}`,
      );
    } else {
      firstController = controller;
    }
  }
}

function validateOwnerReference(
  problems: Problems,
  at: Path,
  reference: DeepReadonly<OwnerReference>,
): void {
  const { apiVersion, kind, name, uid } = reference;
  const parts = apiVersion.split("/");
  const { group, version } = parseApiVersion(parts.length > 2 ? "" : apiVersion);
  if (version === "") {
    problems.invalid(at.child("apiVersion"), apiVersion, "version must not be empty");
  }
  if (kind === "") problems.invalid(at.child("kind"), kind, "must not be empty");
  if (name === "") problems.invalid(at.child("name"), name, "must not be empty");
  if (uid === "") problems.invalid(at.child("uid"), uid, "must not be empty");
  if (group === "" && version === "v1" && kind === "Event") {
    problems.invalid(at, reference, "/v1, Kind=Event is disallowed from being an owner");
  }
}

function validateNoNewFinalizers(
  problems: Problems,
  at: Path,
  next: readonly string[],
  old: readonly string[],
): void {
  const added = [...new Set(next.filter((name) => !old.includes(name)))].toSorted();
  if (added.length === 0) return;
  const shown = `[]string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
  problems.forbidden(
    at,
    `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
  );
}

const standardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

/** Checks that a finalizer without a domain is one of the known ones. */
export function validateStandardFinalizer(problems: Problems, at: Path, name: string): void {
  if (name.includes("/") || standardFinalizers.includes(name)) return;
  const detail = "name is neither a standard finalizer name nor is it fully qualified";
  problems.invalid(at, name, detail);
}

function validateFinalizers(problems: Problems, at: Path, finalizers: readonly string[]): void {
  for (const name of finalizers) problems.each(at, name, qualifiedName(name));
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const detail = "finalizer orphan and foregroundDeletion cannot be both set";
    problems.invalid(at, finalizers, detail);
  }
}

/** The most bytes of a field manager's name. */
export const fieldManagerBytesMax = 128;
const subresourceBytesMax = 256;

/** Checks the name of a field manager, in managedFields and in queries. */
export function validateFieldManager(problems: Problems, at: Path, manager: string): void {
  problems.maxBytes(at, manager, fieldManagerBytesMax);
  let position = 0;
  for (const char of manager) {
    if (!/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) {
      const code = char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
      problems.invalid(at, manager, `invalid character U+${code} (at position ${position})`);
    }
    position += Buffer.byteLength(char);
  }
}

function validateManagedFields(
  problems: Problems,
  at: Path,
  entries: readonly DeepReadonly<ManagedFieldsEntry>[],
): void {
  for (const [i, entry] of entries.entries()) {
    const path = at.index(i);
    if (entry.operation !== "Apply" && entry.operation !== "Update") {
      const detail = "must be `Apply` or `Update`";
      problems.invalid(path.child("operation"), entry.operation ?? "", detail);
    }
    if (entry.fieldsType && entry.fieldsType !== "FieldsV1") {
      problems.invalid(path.child("fieldsType"), entry.fieldsType, "must be `FieldsV1`");
    }
    validateFieldManager(problems, path.child("manager"), entry.manager ?? "");
    problems.maxBytes(path.child("subresource"), entry.subresource, subresourceBytesMax);
  }
}

/** The finalizers of core kinds that are not known; upstream asks this of the core group only. */
export function validateCoreFinalizers(problems: Problems, meta: Meta, at: Path = root): void {
  for (const [i, name] of (meta.finalizers ?? []).entries()) {
    validateStandardFinalizer(problems, at.child("finalizers").index(i), name);
  }
}
