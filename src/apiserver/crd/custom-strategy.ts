import type { CustomResourceSubresourceScale } from "#apis/apiextensions/custom-resource-definition.ts";
import type { JSONSchemaProps } from "#apis/apiextensions/json-schema-props.ts";
import { validateEmbedded } from "#apis/apiextensions/structural/embedded-metadata.ts";
import { duplicateItems } from "#apis/apiextensions/structural/lists.ts";
import { noField } from "#apis/apiextensions/structural/places.ts";
import { hasRules, type RuleOptions, ruleErrors } from "#apis/apiextensions/structural/rules.ts";
import { validateValue } from "#apis/apiextensions/structural/values.ts";
import { keepMetadata } from "#apis/meta/basic-strategy.ts";
import { ApiError } from "#machinery/errors.ts";
import { type FieldError, type FieldErrorType, invalid } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { apiVersionOf, type GroupVersionKind } from "#machinery/resource.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "#machinery/validation/object-meta.ts";
import { fieldNames, valueAt } from "./json-path.ts";

/** What the rules of a version's objects follow from. */
export interface CustomRules {
  readonly gvk: GroupVersionKind;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly schema: JSONSchemaProps;
  readonly hasStatus: boolean;
  readonly scale: CustomResourceSubresourceScale | undefined;
  /** The definition is being deleted, with all its objects. */
  readonly isTerminating: boolean;
}

type Loose = KubeObject & Record<string, unknown>;

/** How objects of a custom resource are written: by their schema, and nothing else. */
export function customStrategy(rules: CustomRules): Strategy {
  const { schema, hasStatus } = rules;
  return {
    allowUnconditionalUpdate: false,
    generation: true,
    ...(hasStatus ? { resetFields: ["status"] } : {}),
    prepareForCreate(object) {
      if (rules.isTerminating) throw terminating(rules, object);
      if (hasStatus) delete (object as Loose)["status"];
    },
    prepareForUpdate(object, old) {
      if (hasStatus) copyField(object as Loose, old as Loose, "status");
      else countStatus(object as Loose, old as Loose);
    },
    validate: (object) => createErrors(rules, object),
    validateUpdate: (object, old) => updateErrors(rules, object, old),
    subresources: hasStatus ? { status: statusStrategy(rules) } : {},
  };
  function statusStrategy({ gvk }: CustomRules) {
    return {
      resetFields: ["metadata", "spec"],
      prepareForUpdate(object: KubeObject, old: KubeObject) {
        const fields = new Set([...Object.keys(object), ...Object.keys(old)]);
        for (const name of fields) {
          if (name === "metadata" || name === "status") continue;
          copyField(object as Loose, old as Loose, name);
        }
        Object.assign(object, { apiVersion: apiVersionOf(gvk), kind: gvk.kind });
        keepMetadata(object, old);
      },
      validateUpdate: (object: KubeObject, old: KubeObject) =>
        updateErrors({ ...rules, schema }, object, old),
    };
  }
}

function copyField(object: Loose, old: Loose, name: string): void {
  if (Object.hasOwn(old, name)) object[name] = old[name];
  else delete object[name];
}

/** Without a subresource of its own the status is a part of the desired state. */
function countStatus(object: Loose, old: Loose): void {
  if (equalJson(object["status"], old["status"])) return;
  object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function terminating({ gvk, plural }: CustomRules, { metadata }: KubeObject): ApiError {
  const why = "create not allowed while custom resource definition is terminating";
  const name = JSON.stringify(metadata.name ?? "");
  const message = `${plural}.${gvk.group} ${name} is forbidden: ${why}`;
  return new ApiError("Forbidden", message, {
    details: { name: metadata.name ?? "", group: gvk.group, kind: plural },
  });
}

function createErrors(rules: CustomRules, object: KubeObject): FieldError[] {
  const { namespaced, schema } = rules;
  const wrongType = typeErrors(rules, object);
  if (wrongType.length > 0) return wrongType;
  const errors = [
    ...validateObjectMeta(object.metadata, { namespaced }),
    ...validateValue(object, schema),
    ...replicaErrors(rules, object),
    ...validateEmbedded(object, schema),
    ...duplicateItems(object, schema),
  ];
  return withRules(rules, errors, object, undefined);
}

function updateErrors(rules: CustomRules, object: KubeObject, old: KubeObject): FieldError[] {
  const { schema } = rules;
  const wrongType = typeErrors(rules, object);
  if (wrongType.length > 0) return wrongType;
  const hadDuplicates = duplicateItems(old, schema).length > 0;
  const errors = [
    ...validateObjectMetaUpdate(object.metadata, old.metadata),
    ...validateValue(object, schema, { replaced: { old } }),
    ...replicaErrors(rules, object),
    ...validateEmbedded(object, schema),
    ...(hadDuplicates ? [] : duplicateItems(object, schema)),
  ];
  return withRules(rules, errors, object, { old });
}

/** Errors after which rules could not be evaluated sensibly. */
const blocking: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);
const notChecked =
  "some validation rules were not checked because the object was invalid; correct the existing " +
  "errors to complete validation";

function withRules(
  { schema }: CustomRules,
  errors: FieldError[],
  object: KubeObject,
  replaced: RuleOptions["replaced"],
): FieldError[] {
  if (!errors.some(({ type }) => blocking.has(type))) {
    return [...errors, ...ruleErrors(object, schema, { replaced })];
  }
  return hasRules(schema) ? [...errors, invalid(noField, null, notChecked)] : errors;
}

function typeErrors({ gvk }: CustomRules, object: KubeObject): FieldError[] {
  const wanted = { kind: gvk.kind, apiVersion: apiVersionOf(gvk) };
  return (["kind", "apiVersion"] as const).flatMap((name) =>
    object[name] === wanted[name] ? [] : [invalid(name, object[name], `must be ${wanted[name]}`)],
  );
}

const int32Max = 2 ** 31 - 1;

function replicaErrors({ scale }: CustomRules, object: KubeObject): FieldError[] {
  if (!scale) return [];
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const value = valueAt(object, fieldNames(path));
    if (value === undefined) return [];
    if (typeof value !== "number") {
      return [
        invalid(
          path,
          value,
          `${path} accessor error: ${JSON.stringify(value)} is of the wrong type, expected int64`,
        ),
      ];
    }
    if (value < 0) return [invalid(path, value, "should be a non-negative integer")];
    if (value > int32Max) {
      return [invalid(path, value, `should be less than or equal to ${int32Max}`)];
    }
    return [];
  });
}
