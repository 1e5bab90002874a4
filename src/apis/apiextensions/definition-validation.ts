import type { Path } from "#machinery/field-error.ts";
import { path } from "#machinery/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { schemaOf, versionsOf } from "./crd-spec.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from "./custom-resource-definition.ts";
import { checkConversion, type ConversionOptions } from "./conversion-validation.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { someSchema } from "./structural/schema.ts";
import { checkVersions, type VersionOptions } from "./version-validation.ts";

/** What is demanded of a definition; less of one that was there before it was demanded. */
export interface DefinitionOptions extends VersionOptions, ConversionOptions {
  readonly requireSchema: boolean;
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
  checkVersions(problems, versions, options);
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
