import type { CustomResourceDefinition } from "./custom-resource-definition.ts";

export function applyDefaultsToCustomResourceDefinition({ spec }: CustomResourceDefinition): void {
  const { names } = spec;
  names.singular ??= names.kind.toLowerCase();
  if (names.kind !== "") names.listKind ??= `${names.kind}List`;
  spec.conversion ??= { strategy: "None" };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= 443;
}
