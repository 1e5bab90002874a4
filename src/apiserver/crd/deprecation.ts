import { versionsOf } from "#apis/apiextensions/crd-spec.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from "#apis/apiextensions/custom-resource-definition.ts";
import { compareVersions } from "./kube-versions.ts";

/** What users of a deprecated version are warned with; undefined: it is not deprecated. */
export function deprecationWarning(
  { spec }: Pick<CustomResourceDefinition, "spec">,
  version: CustomResourceDefinitionVersion,
): string | undefined {
  if (!version.deprecated) return undefined;
  if (version.deprecationWarning !== undefined) return version.deprecationWarning;
  const { group, names } = spec;
  const text = `${group}/${version.name} ${names.kind} is deprecated`;
  const better = versionsOf({ spec })
    .filter(({ served, deprecated }) => served && !deprecated)
    .map(({ name }) => name)
    .filter((name) => compareVersions(name, version.name) < 0)
    .toSorted(compareVersions);
  return better.length === 0 ? text : `${text}; use ${group}/${better[0]} ${names.kind}`;
}
