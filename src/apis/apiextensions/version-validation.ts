import { type Path, path } from "#machinery/field-error.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { isShared, schemaOf } from "./crd-spec.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  SelectableField,
} from "./custom-resource-definition.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { type SchemaOptions, schemaErrors } from "./schema-validation.ts";
import { defaultErrors } from "./structural/default-values.ts";
import { FieldPathError, findFieldPath } from "./structural/field-path.ts";
import { structuralErrors, unreadableSchema } from "./structural/invariants.ts";
import { RuleBudget } from "./structural/rule-definitions.ts";

/** What versions say each for itself: schema, subresources, columns, selectable fields. */
export interface VersionOptions extends SchemaOptions {
  readonly requireStructural: boolean;
  readonly requirePrunedDefaults: boolean;
  /** Versions whose schema an update leaves as it is. */
  readonly unchangedVersions: ReadonlySet<string>;
}

const specAt = path("spec");

/** What is the same for all versions is checked once, and named as of the definition. */
export function checkVersions(
  problems: Problems,
  versions: readonly CustomResourceDefinitionVersion[],
  options: VersionOptions,
): void {
  const places = (shared: boolean): (readonly [CustomResourceDefinitionVersion, Path])[] =>
    shared
      ? versions.slice(0, 1).map((version) => [version, specAt] as const)
      : versions.map((version, i) => [version, specAt.child("versions").index(i)] as const);
  const isSharedSchema = isShared(versions, "schema");
  for (const [version, at] of places(isSharedSchema)) {
    const schema = schemaOf(version);
    const hasStatus = isSharedSchema
      ? versions.some(({ subresources }) => subresources?.status !== undefined)
      : version.subresources?.status !== undefined;
    const anyRuleCost = options.unchangedVersions.has(version.name);
    const schemaAt = at.child(isSharedSchema ? "validation" : "schema");
    if (schema) checkSchema(problems, schema, schemaAt, { ...options, anyRuleCost }, hasStatus);
  }
  for (const [version, at] of places(isShared(versions, "subresources"))) {
    checkSubresources(problems, version.subresources, at.child("subresources"));
  }
  for (const [version, at] of places(isShared(versions, "additionalPrinterColumns"))) {
    for (const [i, column] of (version.additionalPrinterColumns ?? []).entries()) {
      checkColumn(problems, column, at.child("additionalPrinterColumns").index(i));
    }
  }
  for (const [version, at] of places(isShared(versions, "selectableFields"))) {
    const schema = schemaOf(version);
    const fields = version.selectableFields ?? [];
    if (fields.length > 0) checkSelectable(problems, fields, schema, at.child("selectableFields"));
  }
}

/** Fields of the root that stay valid when the status is looked at alone. */
const rootFields = [
  "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum",
  "exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems", "uniqueItems",
  "multipleOf", "required", "items", "properties", "externalDocs", "example",
  "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
]; // prettier-ignore
const rootFieldNames =
  "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength " +
  "MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties " +
  "ExternalDocs Example XPreserveUnknownFields XValidations]";

function checkSchema(
  problems: Problems,
  schema: JSONSchemaProps,
  validationAt: Path,
  options: VersionOptions,
  hasStatus: boolean,
): void {
  const at = validationAt.child("openAPIV3Schema");
  const before = problems.list.length;
  if (hasStatus) checkRootForStatus(problems, schema, at);
  if (schema.nullable)
    problems.forbidden(at.child("nullable"), "nullable cannot be true at the root");
  let budget: RuleBudget | undefined;
  let unreadable: string | undefined;
  if (options.requireStructural) {
    unreadable = unreadableSchema(schema);
    if (unreadable === undefined) {
      const violations = structuralErrors(schema, at);
      const errors =
        violations.length > 0
          ? violations
          : defaultErrors(schema, at, options.requirePrunedDefaults);
      problems.add(...errors);
      if (errors.length === 0) budget = new RuleBudget(schema);
    }
  }
  problems.add(...schemaErrors(schema, at, options, budget));
  if (unreadable !== undefined && problems.list.length === before)
    problems.invalid(at, "", unreadable);
  if (budget) problems.add(...budget.totalErrors(at));
}

function checkRootForStatus(problems: Problems, schema: JSONSchemaProps, at: Path): void {
  const used = Object.entries(schema).filter(([, value]) => value !== undefined);
  if (schema.type && schema.type !== "object") {
    const why =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    problems.invalid(at.child("type"), schema.type, why);
  } else if (used.some(([name]) => !rootFields.includes(name))) {
    const why = `only ${rootFieldNames} fields are allowed at the root of the schema if the status subresource is enabled`;
    problems.invalid(at, schema, why);
  }
}

function checkSubresources(
  problems: Problems,
  subresources: CustomResourceSubresources | undefined,
  at: Path,
): void {
  const { scale } = subresources ?? {};
  if (!scale) return;
  const check = (name: string, text: string, roots: readonly string[], where: string): void => {
    const place = at.child(`scale.${name}`);
    if (!isSimplePath(problems, text, place)) return;
    if (!roots.some((root) => text.startsWith(root))) {
      problems.invalid(place, text, `should be a json path under ${where}`);
    }
  };
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = scale;
  if (!specReplicasPath) problems.required(at.child("scale.specReplicasPath"));
  else check("specReplicasPath", specReplicasPath, [".spec."], ".spec");
  if (!statusReplicasPath) problems.required(at.child("scale.statusReplicasPath"));
  else check("statusReplicasPath", statusReplicasPath, [".status."], ".status");
  if (labelSelectorPath) {
    check(
      "labelSelectorPath",
      labelSelectorPath,
      [".spec.", ".status."],
      "either .spec or .status",
    );
  }
}

function isSimplePath(problems: Problems, text: string, at: Path): boolean {
  if (text.startsWith(".")) return true;
  problems.invalid(at, text, "must be a simple json path starting with .");
  return false;
}

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = [
  "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
]; // prettier-ignore

function checkColumn(problems: Problems, column: CustomResourceColumnDefinition, at: Path): void {
  const { name, type, format, jsonPath } = column;
  if (!name) problems.required(at.child("name"));
  const typesText = `must be one of ${columnTypes.join(",")}`;
  if (!type) problems.required(at.child("type"), typesText);
  else if (!columnTypes.includes(type)) problems.invalid(at.child("type"), type, typesText);
  if (format && !columnFormats.includes(format)) {
    problems.invalid(at.child("format"), format, `must be one of ${columnFormats.join(",")}`);
  }
  if (!jsonPath) problems.required(at.child("JSONPath"));
  else isSimplePath(problems, jsonPath, at.child("JSONPath"));
}

const selectableFieldsMax = 8;

function checkSelectable(
  problems: Problems,
  fields: readonly SelectableField[],
  schema: JSONSchemaProps | undefined,
  at: Path,
): void {
  if (!schema) {
    const why = "selectableFields may only be set when validations.schema is included";
    problems.invalid(at, "", why);
    return;
  }
  const seen = new Set<string>();
  for (const [i, { jsonPath }] of fields.entries()) {
    const place = at.index(i).child("jsonPath");
    if (!jsonPath) {
      problems.required(place);
      continue;
    }
    try {
      const found = findFieldPath(jsonPath, schema, { brackets: false });
      if (found.parts[0] === "metadata") {
        problems.invalid(place, jsonPath, "must not point to fields in metadata");
      }
      if (!["string", "boolean", "integer"].includes(found.schema.type ?? "")) {
        const why =
          "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";
        problems.invalid(place, jsonPath, why);
      }
      if (seen.has(found.text)) problems.duplicate(place, jsonPath);
      seen.add(found.text);
    } catch (error) {
      if (!(error instanceof FieldPathError)) throw error;
      problems.invalid(place, jsonPath, `is an invalid path: ${error.message}`);
    }
  }
  if (seen.size > selectableFieldsMax) problems.tooMany(at, seen.size, selectableFieldsMax);
}
