import type { KindTypes } from "#apis/admissionregistration/type-checking.ts";
import { allResources } from "#apis/all.ts";
import type { CustomResourceDefinition } from "#apis/apiextensions/custom-resource-definition.ts";
import { typeOfJsonSchema } from "#machinery/cel/json-schema-types.ts";
import { typeOfSchema } from "#machinery/cel/schema-types.ts";
import type { CelType, ObjectType } from "#machinery/cel/types.ts";
import { objectMeta } from "#machinery/object-meta.ts";
import { parseApiVersion } from "#machinery/resource.ts";

/** The types of built-in kinds and of those that definitions describe. */
export function kindTypes(definitions: readonly CustomResourceDefinition[]): KindTypes {
  const builtIn = (matches: (resource: (typeof allResources)[number]) => boolean) => {
    const found = allResources.find(matches);
    return found && { gvk: found.gvk, type: typeOfSchema(found.schema) };
  };
  const custom = (
    matches: (names: CustomResourceDefinition["spec"]) => boolean,
    version: string,
  ) => {
    const found = definitions.find(({ spec }) => matches(spec));
    const schema = found?.spec.versions?.find(({ name }) => name === version)?.schema
      ?.openAPIV3Schema;
    const type = schema && typeOfJsonSchema(schema, true);
    if (!found || !type) return undefined;
    const { group, names } = found.spec;
    return { gvk: { group, version, kind: names.kind }, type: withMetadata(type) };
  };
  return {
    ofResource: (group, version, plural) =>
      builtIn((one) => one.group === group && one.version === version && one.plural === plural) ??
      custom((spec) => spec.group === group && spec.names.plural === plural, version),
    ofKind(apiVersion, kind) {
      const { group, version } = parseApiVersion(apiVersion);
      return (
        builtIn((one) => one.apiVersion === apiVersion && one.kind === kind) ??
        custom((spec) => spec.group === group && spec.names.kind === kind, version)
      );
    },
  };
}

/** Policies, other than rules of custom resources, see all of an object's metadata. */
function withMetadata(type: CelType): CelType {
  if (type.kind !== "object") return type;
  const metadata = { type: typeOfSchema(objectMeta) };
  const whole: ObjectType = {
    ...type,
    field: (name) => (name === "metadata" ? metadata : type.field(name)),
  };
  return whole;
}
