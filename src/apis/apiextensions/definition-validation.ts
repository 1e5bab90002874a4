import type { Path } from "#machinery/field-error.ts";
import { path } from "#machinery/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { isShared, schemaOf, versionsOf } from "./crd-spec.ts";
import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
  SelectableField,
} from "./custom-resource-definition.ts";
import { checkConversion, type ConversionOptions } from "./conversion-validation.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { type SchemaOptions, schemaErrors } from "./schema-validation.ts";
import { defaultErrors } from "./structural/default-values.ts";
import { FieldPathError, findFieldPath } from "./structural/field-path.ts";
import { structuralErrors, unreadableSchema } from "./structural/invariants.ts";
import { RuleBudget } from "./structural/rule-definitions.ts";
import { someSchema } from "./structural/schema.ts";

/** What is demanded of a definition; less of one that was there before it was demanded. */
export interface DefinitionOptions extends SchemaOptions, ConversionOptions {
  readonly requireSchema: boolean;
  readonly requireStructural: boolean;
  readonly requirePrunedDefaults: boolean;
  /** Versions whose schema an update leaves as it is. */
  readonly unchangedVersions: ReadonlySet<string>;
}

const specAt = path("spec");

/** Adds what is wrong with the desired state of a definition. */
export function checkSpec(
  problems: Problems,
  spec: CustomResourceDefinitionSpec,
  options: DefinitionOptions,
): void {
  const versions = versionsOf({ spec });
  checkGroup(problems, spec.group);
  problems.requiredOneOf(specAt.child("scope"), spec.scope, ["Cluster", "Namespaced"]);
  const prunes = spec.preserveUnknownFields !== true;
  if (prunes || hasDefaults(versions) || hasExtensions(versions)) {
    options = { ...options, requireStructural: true };
  }
  checkSchemasPresent(problems, versions, options, prunes);
  if (hasDefaults(versions) && !prunes) {
    const why = "must be false in order to use defaults in the schema";
    problems.invalid(specAt.child("preserveUnknownFields"), true, why);
  }
  for (const [i, version] of versions.entries()) {
    const at = specAt.child("versions").index(i);
    problems.each(at.child("name"), version.name, joined(dns1035Label(version.name ?? "")));
    checkDeprecation(problems, version, at);
  }
  checkParts(problems, versions, options);
  checkVersionNames(problems, versions);
  checkNames(problems, spec.names, specAt.child("names"), true);
  const { strategy } = spec.conversion ?? {};
  if (strategy !== undefined && strategy !== "None" && !prunes) {
    const why = "must be None if spec.preserveUnknownFields is true";
    problems.invalid(specAt.child("conversion").child("strategy"), strategy, why);
  }
  checkConversion(problems, spec.conversion, specAt.child("conversion"), options);
}

/** Upstream reports several messages about one name as one error. */
export function joined(messages: readonly string[]): string[] {
  return messages.length === 0 ? [] : [messages.join(",")];
}

function checkGroup(problems: Problems, group: string): void {
  const at = specAt.child("group");
  if (!group) {
    problems.required(at);
    return;
  }
  const messages = dns1123Subdomain(group);
  if (messages.length > 0) problems.invalid(at, group, messages.join(","));
  else if (!group.includes(".")) {
    problems.invalid(at, group, "should be a domain with at least one dot");
  }
}

type Versions = readonly CustomResourceDefinitionVersion[];

function hasDefaults(versions: Versions): boolean {
  return someVersion(versions, (schema) => schema.default !== undefined);
}

function hasExtensions(versions: Versions): boolean {
  return someVersion(
    versions,
    (schema) =>
      schema["x-kubernetes-embedded-resource"] === true ||
      schema["x-kubernetes-preserve-unknown-fields"] !== undefined ||
      schema["x-kubernetes-int-or-string"] === true ||
      schema["x-kubernetes-list-map-keys"] !== undefined ||
      schema["x-kubernetes-list-type"] !== undefined ||
      schema["x-kubernetes-validations"] !== undefined,
  );
}

/** Whether any schema of any version is such. */
export function someVersion(
  versions: Versions,
  holds: (schema: JSONSchemaProps) => boolean,
): boolean {
  return versions.some((version) => {
    const schema = schemaOf(version);
    return schema !== undefined && someSchema(schema, holds);
  });
}

function checkSchemasPresent(
  problems: Problems,
  versions: Versions,
  { requireSchema }: DefinitionOptions,
  prunes: boolean,
): void {
  if (!requireSchema && !prunes) return;
  for (const [i, version] of versions.entries()) {
    if (schemaOf(version) || (!requireSchema && !version.served)) continue;
    const at = specAt.child("versions").index(i).child("schema", "openAPIV3Schema");
    const why = requireSchema ? "schemas are required" : "because otherwise all fields are pruned";
    problems.required(at, why);
  }
}

function checkDeprecation(
  problems: Problems,
  { deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion,
  versionAt: Path,
): void {
  if (text === undefined) return;
  const at = versionAt.child("deprecationWarning");
  if (!deprecated) {
    problems.invalid(at, text, "can only be set for deprecated versions");
    return;
  }
  if (Buffer.byteLength(text) > 256) problems.invalid(at, text, "must be <= 256 characters long");
  if (text === "") problems.invalid(at, text, "must not be an empty string");
  const bad = /[^\P{C}]|[^\P{Z} ]/u.exec(text);
  if (bad) {
    const index = Buffer.byteLength(text.slice(0, bad.index));
    const what = `non-printable character found at index ${index}`;
    problems.invalid(at, text, `must only contain printable UTF-8 characters; ${what}`);
  }
}

/** What is the same for all versions is checked once, and named as of the definition. */
function checkParts(problems: Problems, versions: Versions, options: DefinitionOptions): void {
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
  options: DefinitionOptions,
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

function checkVersionNames(problems: Problems, versions: Versions): void {
  const at = specAt.child("versions");
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    problems.invalid(at, versions, "must contain unique version names");
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    problems.invalid(at, versions, "must have exactly one version marked as storage version");
  }
}

/** Adds what is wrong with names, as wanted (`required`) or as accepted. */
export function checkNames(
  problems: Problems,
  names: Partial<CustomResourceDefinitionNames>,
  at: Path,
  required = false,
): void {
  const { plural, singular, kind, listKind, shortNames, categories } = names;
  if (required) {
    for (const name of ["plural", "singular", "kind", "listKind"] as const) {
      if (!names[name]) problems.required(at.child(name));
    }
  }
  const label = (place: Path, text: string | undefined): void => {
    if (text) problems.each(place, text, joined(dns1035Label(text)));
  };
  label(at.child("plural"), plural);
  label(at.child("singular"), singular);
  for (const [name, text] of [
    ["kind", kind],
    ["listKind", listKind],
  ] as const) {
    const messages = text ? dns1035Label(text.toLowerCase()) : [];
    if (messages.length === 0) continue;
    const why = `may have mixed case, but should otherwise match: ${messages.join(",")}`;
    problems.invalid(at.child(name), text, why);
  }
  for (const [i, text] of (shortNames ?? []).entries()) checkListed("shortNames", i, text);
  if (kind && kind === listKind) {
    problems.invalid(at.child("listKind"), listKind, "kind and listKind may not be the same");
  }
  for (const [i, text] of (categories ?? []).entries()) checkListed("categories", i, text);
  function checkListed(name: string, i: number, text: string): void {
    problems.each(at.child(name).index(i), text, joined(dns1035Label(text)));
  }
}

/** Adds what is wrong with the list of versions that objects may be stored in. */
export function checkStoredVersions(
  problems: Problems,
  { status, spec }: Pick<CustomResourceDefinition, "status" | "spec">,
): void {
  const at = path("status", "storedVersions");
  const stored = status?.storedVersions ?? [];
  if (stored.length === 0) {
    problems.invalid(at, stored, "must have at least one stored version");
    return;
  }
  const versions = versionsOf({ spec });
  for (const { name, storage } of versions) {
    if (storage && !stored.includes(name)) {
      problems.invalid(at, stored, `must have the storage version ${name}`);
    }
  }
  for (const [i, name] of stored.entries()) {
    if (versions.some((version) => version.name === name)) continue;
    const why =
      `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions ` +
      `until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    problems.invalid(at.index(i), name, why);
  }
}
