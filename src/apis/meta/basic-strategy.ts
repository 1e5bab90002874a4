import type { KubeObject } from "#machinery/meta.ts";
import { type NameCheck, nameIsSubdomain } from "#machinery/names.ts";
import type { Resource } from "#machinery/resource.ts";
import { planOf, zeroStruct } from "#machinery/schema/plan.ts";
import { fieldOf } from "#machinery/schema/schema.ts";
import type { Strategy, StrategyContext, SubresourceStrategy } from "#machinery/strategy.ts";
import {
  validateCoreFinalizers,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from "#machinery/validation/object-meta.ts";
import { Problems } from "#machinery/validation/problems.ts";

/**
 * What nearly all built-in kinds do alike: a client cannot set status with the object, nor spec
 * with the status; metadata is checked by the kind's own rule for names.
 */
export interface KindRules<T extends KubeObject> extends Omit<
  Strategy<T>,
  "validate" | "validateUpdate" | "subresources"
> {
  readonly resource: Resource<T>;
  /** Default: DNS subdomain. */
  readonly validateName?: NameCheck;
  /**
   * How metadata is checked: `core` also asks that finalizers without a domain are known ones,
   * `plain` does not, `none` leaves metadata to the rules for all kinds. Default `core`.
   */
  readonly metadata?: "core" | "plain" | "none";
  /** `generateName` is not checked by itself. */
  readonly anyGenerateName?: boolean;
  readonly validate?: (problems: Problems, object: T, context: StrategyContext) => void;
  /** What an update may not do, besides what `validate` says. */
  readonly validateUpdate?: (
    problems: Problems,
    object: T,
    old: T,
    context: StrategyContext,
  ) => void;
  /**
   * By which rules an update checks metadata: as a change, as that of a new object, or both.
   * Default `update`.
   */
  readonly updateMetadata?: "update" | "create" | "both";
  /** An update checks everything that a create does twice, as upstream's does. */
  readonly updateValidatesTwice?: boolean;
  /** An update checks only `validateUpdate`. */
  readonly updateSkipsValidate?: boolean;
  readonly status?: StatusRules<T>;
  readonly subresources?: Readonly<Record<string, SubresourceStrategy<T>>>;
}

/** What is special about the status subresource. */
export interface StatusRules<T extends KubeObject> {
  readonly prepareForUpdate?: (object: T, old: T, context: StrategyContext) => void;
  readonly validateUpdate?: (
    problems: Problems,
    object: T,
    old: T,
    context: StrategyContext,
  ) => void;
  /** What of metadata a status update cannot change: nothing, labels, or all. */
  readonly keepsMetadata?: "labels" | "all";
  readonly resetFields?: readonly string[];
}

type Loose = KubeObject & Record<string, unknown>;

/** A status in which nothing is set, as the kind's schema has it. */
export function emptyStatus(resource: Pick<Resource, "schema">): Record<string, unknown> {
  const field = fieldOf(resource.schema, "status");
  return field?.type === "struct" ? zeroStruct(planOf(field.schema)) : {};
}

function hasStatus(resource: Pick<Resource, "schema">): boolean {
  return fieldOf(resource.schema, "status") !== undefined;
}

/** Adds what is wrong with a new object's metadata. */
export function checkMeta<T extends KubeObject>(
  problems: Problems,
  object: T,
  rules: Pick<KindRules<T>, "resource" | "validateName" | "metadata" | "anyGenerateName">,
): void {
  const mode = rules.metadata ?? "core";
  if (mode === "none") return;
  const check = rules.validateName ?? nameIsSubdomain;
  const validateName: NameCheck = (name, prefix) =>
    prefix && rules.anyGenerateName ? [] : check(name, prefix);
  const { namespaced } = rules.resource;
  problems.add(...validateObjectMeta(object.metadata, { namespaced, validateName }));
  if (mode === "core") validateCoreFinalizers(problems, object.metadata);
}

/** Adds what is wrong with metadata that replaces `old`. */
export function checkMetaUpdate<T extends KubeObject>(
  problems: Problems,
  object: T,
  old: T,
  mode: KindRules<T>["metadata"] = "core",
): void {
  if (mode === "none") return;
  problems.add(...validateObjectMetaUpdate(object.metadata, old.metadata));
  if (mode === "core") validateCoreFinalizers(problems, object.metadata);
}

/** The strategy of a kind, from what is special about it. */
export function kindStrategy<T extends KubeObject>(rules: KindRules<T>): Strategy<T> {
  const { resource, metadata, status, validate, validateUpdate, subresources, ...rest } = rules;
  const withStatus = hasStatus(resource);
  return {
    ...rest,
    ...(withStatus ? { resetFields: rest.resetFields ?? ["status"] } : {}),
    prepareForCreate(object, context) {
      if (withStatus) (object as unknown as Loose)["status"] = emptyStatus(resource);
      rules.prepareForCreate?.(object, context);
    },
    prepareForUpdate(object, old, context) {
      if (withStatus) {
        (object as unknown as Loose)["status"] = (old as unknown as Loose)["status"];
      }
      rules.prepareForUpdate?.(object, old, context);
    },
    validate(object, context) {
      const problems = new Problems();
      checkMeta(problems, object, rules);
      validate?.(problems, object, context);
      return problems.list;
    },
    validateUpdate(object, old, context) {
      const problems = new Problems();
      const { updateMetadata = "update" } = rules;
      for (let times = rules.updateValidatesTwice ? 2 : 1; times > 0; times--) {
        if (updateMetadata !== "update") checkMeta(problems, object, rules);
        if (rules.updateSkipsValidate !== true) validate?.(problems, object, context);
      }
      if (updateMetadata !== "create") checkMetaUpdate(problems, object, old, metadata);
      validateUpdate?.(problems, object, old, context);
      return problems.list;
    },
    subresources: {
      ...(withStatus ? { status: statusStrategy(metadata, status ?? {}) } : {}),
      ...subresources,
    },
  };
}

/** Copies all but metadata and status from `old`. */
function keepDesiredState(object: Loose, old: Loose): void {
  for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
    if (field === "metadata" || field === "status") continue;
    if (old[field] === undefined) delete object[field];
    else object[field] = old[field];
  }
}

/** Metadata that an update cannot touch; what says which object this is stays as it came. */
export function keepMetadata(object: KubeObject, old: KubeObject): void {
  const metadata = object.metadata as unknown as Record<string, unknown>;
  const before = old.metadata as unknown as Record<string, unknown>;
  const own = ["name", "namespace", "uid", "resourceVersion", "managedFields"];
  for (const field of new Set([...Object.keys(metadata), ...Object.keys(before)])) {
    if (own.includes(field)) continue;
    if (before[field] === undefined) delete metadata[field];
    else metadata[field] = before[field];
  }
}

function statusStrategy<T extends KubeObject>(
  metadata: KindRules<T>["metadata"],
  rules: StatusRules<T>,
): SubresourceStrategy<T> {
  const kept = { labels: ["metadata.labels"], all: ["metadata"] };
  return {
    resetFields:
      rules.resetFields ??
      (rules.keepsMetadata ? ["spec", ...kept[rules.keepsMetadata]] : ["spec"]),
    prepareForUpdate(object, old, context) {
      keepDesiredState(object as unknown as Loose, old as unknown as Loose);
      if (rules.keepsMetadata === "all") keepMetadata(object, old);
      else if (rules.keepsMetadata === "labels") {
        const { labels } = old.metadata;
        if (labels === undefined) delete object.metadata.labels;
        else object.metadata.labels = labels;
      }
      rules.prepareForUpdate?.(object, old, context);
    },
    validateUpdate(object, old, context) {
      const problems = new Problems();
      checkMetaUpdate(problems, object, old, metadata);
      rules.validateUpdate?.(problems, object, old, context);
      return problems.list;
    },
  };
}
