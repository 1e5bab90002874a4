import { rfc3339 } from "#base/clock.ts";
import { path } from "#machinery/field-error.ts";
import { type NameCheck, nameIsSubdomain } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Strategy, StrategyContext } from "#machinery/strategy.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "#machinery/validation/object-meta.ts";
import { Problems } from "#machinery/validation/problems.ts";
import { emptyStatus, keepMetadata } from "../meta/basic-strategy.ts";
import { approvalAnnotation, approvalOf, isProtectedGroup } from "./api-approval.ts";
import { reviewVersions } from "./conversion-validation.ts";
import { cleanupFinalizer, isCondition, schemaOf, storageVersion, versionsOf } from "./crd-spec.ts";
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
} from "./custom-resource-definition.ts";
import {
  checkNames,
  checkSpec,
  checkStoredVersions,
  type DefinitionOptions,
  someVersion,
} from "./definition-validation.ts";
import { isAtomic, keyFieldProblems } from "./list-type-validation.ts";
import { withCondition } from "./conditions.ts";
import { defaultErrors } from "./structural/default-values.ts";
import { structuralErrors, unreadableSchema } from "./structural/invariants.ts";
import { itemsOf } from "./structural/schema.ts";
import { checkCaBundle } from "./webhook-client-validation.ts";

type Crd = CustomResourceDefinition;

/** CustomResourceDefinitions: deleted only after their objects, validated as deep as they describe. */
export const customResourceDefinitionStrategy: Strategy<Crd> = {
  allowUnconditionalUpdate: false,
  resetFields: ["status"],
  prepareForCreate(crd) {
    crd.status = emptyStatus(customResourceDefinitions) as unknown as NonNullable<Crd["status"]>;
    noteStorageVersion(crd);
  },
  prepareForUpdate(crd, old) {
    if (old.status === undefined) delete (crd as Partial<Crd>).status;
    else crd.status = structuredClone(old.status);
    noteStorageVersion(crd);
  },
  validate(crd) {
    const problems = new Problems();
    const validateName = nameCheck(crd);
    problems.add(...validateObjectMeta(crd.metadata, { namespaced: false, validateName }));
    checkSpec(problems, crd.spec, newOptions);
    checkStatus(problems, crd);
    checkStoredVersions(problems, crd);
    checkApproval(problems, crd, undefined);
    checkPruning(problems, crd, undefined);
    return problems.list;
  },
  validateUpdate(crd, old) {
    const problems = new Problems();
    problems.add(...validateObjectMetaUpdate(crd.metadata, old.metadata));
    checkSpec(problems, crd.spec, updateOptions(crd, old));
    checkImmutable(problems, crd, old);
    checkStatus(problems, crd);
    checkStoredVersions(problems, crd);
    checkApproval(problems, crd, old);
    checkPruning(problems, crd, old);
    return problems.list;
  },
  startDeletion: beginCleanup,
  subresources: {
    status: {
      resetFields: ["metadata", "spec"],
      prepareForUpdate(crd, old) {
        crd.spec = old.spec;
        keepMetadata(crd, old);
      },
      validateUpdate(crd, old) {
        const problems = new Problems();
        problems.add(...validateObjectMetaUpdate(crd.metadata, old.metadata));
        checkStatus(problems, crd);
        return problems.list;
      },
    },
  },
};

/** Once objects may have been stored in a version, that is remembered until they are migrated. */
function noteStorageVersion(crd: Crd): void {
  const name = storageVersion(crd)?.name;
  if (name === undefined || !crd.status) return;
  const stored = crd.status.storedVersions ?? [];
  if (!stored.includes(name)) crd.status.storedVersions = [...stored, name];
}

/** The definition stays, with a finalizer, until the server has deleted all of its objects. */
function beginCleanup(crd: Crd, { clock }: StrategyContext): void {
  const { metadata } = crd;
  metadata.deletionTimestamp = rfc3339(clock.now());
  const finalizers = metadata.finalizers ?? [];
  if (!finalizers.includes(cleanupFinalizer))
    metadata.finalizers = [...finalizers, cleanupFinalizer];
  crd.status = withCondition(
    crd,
    {
      type: "Terminating",
      status: "True",
      reason: "InstanceDeletionPending",
      message:
        "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    },
    clock.now(),
  );
}

function nameCheck({ spec }: Crd): NameCheck {
  const wanted = `${spec.names.plural}.${spec.group}`;
  return (name, prefix) => [
    ...nameIsSubdomain(name, prefix),
    ...(name === wanted ? [] : ['must be spec.names.plural+"."+spec.group']),
  ];
}

/** A new definition is held to everything. */
const newOptions: DefinitionOptions = {
  requireValidType: true,
  requireAtomicSets: true,
  requireListMapKeys: true,
  anyRuleCost: false,
  requireKnownReview: true,
  anyCaBundle: true,
  requireSchema: true,
  requireStructural: true,
  requirePrunedDefaults: true,
  unchangedVersions: new Set(),
};

/** What is wrong with the old definition may stay wrong. */
function updateOptions(crd: Crd, old: Crd): DefinitionOptions {
  const versions = versionsOf(old);
  const conversion = old.spec.conversion;
  const reviews = conversion?.webhook?.conversionReviewVersions ?? [];
  return {
    ...newOptions,
    requireValidType: !someVersion(versions, ({ type }) => type !== undefined && !types.has(type)),
    requireAtomicSets: !someVersion(versions, hasSetOfGranular),
    requireListMapKeys: !someVersion(versions, (schema) => keyFieldProblems(schema, path()).any),
    requireKnownReview:
      reviews.length === 0 || reviews.some((version) => reviewVersions.includes(version)),
    anyCaBundle: !isCondition(old, "Established") || hasBadBundle(old),
    requireSchema: versions.every((version) => schemaOf(version) !== undefined),
    requireStructural: versions.every(isStructural),
    requirePrunedDefaults: versions.every(hasPrunedDefaults),
    unchangedVersions: new Set(
      versions.flatMap((version) => {
        const next = versionsOf(crd).find(({ name }) => name === version.name);
        return next && equalJson(next.schema, version.schema) ? [version.name] : [];
      }),
    ),
  };
}

const types = new Set(["", "array", "boolean", "integer", "number", "object", "string"]);

function hasSetOfGranular(schema: NonNullable<ReturnType<typeof schemaOf>>): boolean {
  const items = itemsOf(schema);
  return schema["x-kubernetes-list-type"] === "set" && items !== undefined && !isAtomic(items);
}

function isStructural(
  version: Crd["spec"]["versions"] extends (infer V)[] | null ? V : never,
): boolean {
  const schema = schemaOf(version);
  if (!schema) return true;
  return unreadableSchema(schema) === undefined && structuralErrors(schema, path()).length === 0;
}

function hasPrunedDefaults(version: Parameters<typeof isStructural>[0]): boolean {
  const schema = schemaOf(version);
  if (!schema || !isStructural(version)) return true;
  const unpruned = "must not have unknown fields";
  return !defaultErrors(schema, path(), true).some(({ detail }) => detail === unpruned);
}

function hasBadBundle({ spec }: Crd): boolean {
  const bundle = spec.conversion?.webhook?.clientConfig?.caBundle;
  if (!bundle) return false;
  const problems = new Problems();
  checkCaBundle(problems, path("caBundle"), bundle);
  return problems.any;
}

/** What the keys and types of stored objects hang on. */
function checkImmutable(problems: Problems, { spec }: Crd, old: Crd): void {
  const at = path("spec");
  const was = old.spec;
  if (isCondition(old, "Established")) {
    problems.immutable(at.child("scope"), spec.scope, was.scope);
    problems.immutable(at.child("names", "kind"), spec.names.kind, was.names.kind);
  }
  problems.immutable(at.child("group"), spec.group, was.group);
  problems.immutable(at.child("names", "plural"), spec.names.plural, was.names.plural);
}

function checkStatus(problems: Problems, { status }: Crd): void {
  checkNames(problems, status?.acceptedNames ?? {}, path("status", "acceptedNames"));
}

function checkApproval(problems: Problems, crd: Crd, old: Crd | undefined): void {
  if (!isProtectedGroup(crd.spec.group)) return;
  const { state, reason } = approvalOf(crd.metadata);
  if (old && approvalOf(old.metadata).state === state) return;
  const at = path("metadata", "annotations").key(approvalAnnotation);
  if (state === "missing") problems.required(at, reason);
  if (state === "invalid") {
    problems.invalid(at, crd.metadata.annotations?.[approvalAnnotation], reason);
  }
}

function checkPruning(problems: Problems, { spec }: Crd, old: Crd | undefined): void {
  if (!spec.preserveUnknownFields || old?.spec.preserveUnknownFields) return;
  const why =
    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  problems.invalid(path("spec", "preserveUnknownFields"), true, why);
}
