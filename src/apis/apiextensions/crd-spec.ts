import { equalJson } from "#machinery/patch/json-value.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "./custom-resource-definition.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";

/** Small questions about CustomResourceDefinitions. */

/** The condition of a type, if the definition has it. */
export function findCondition(crd: Pick<CustomResourceDefinition, "status">, type: string) {
  return crd.status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is there and True. */
export function isCondition(crd: Pick<CustomResourceDefinition, "status">, type: string): boolean {
  return findCondition(crd, type)?.status === "True";
}

/** The schema of a version. */
export function schemaOf(version: CustomResourceDefinitionVersion): JSONSchemaProps | undefined {
  return version.schema?.openAPIV3Schema;
}

/** The versions of a definition; none as long as it is not valid. */
export function versionsOf({
  spec,
}: Pick<CustomResourceDefinition, "spec">): readonly CustomResourceDefinitionVersion[] {
  return spec.versions ?? [];
}

/** The version that objects are stored in. */
export function storageVersion(
  crd: Pick<CustomResourceDefinition, "spec">,
): CustomResourceDefinitionVersion | undefined {
  return versionsOf(crd).find(({ storage }) => storage);
}

/** Fields of versions that upstream reads as one of the whole definition when all agree. */
export type SharedField =
  | "schema"
  | "subresources"
  | "additionalPrinterColumns"
  | "selectableFields";

/**
 * Whether all versions say the same. Upstream then validates it once, under `spec`, and errors
 * name it there.
 */
export function isShared(
  versions: readonly CustomResourceDefinitionVersion[],
  field: SharedField,
): boolean {
  const [first] = versions;
  return (
    first !== undefined && versions.every((version) => equalJson(version[field], first[field]))
  );
}

/** The finalizer that keeps a definition until its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";
