/** What the downward API tells a pod about itself, in variables and in files. */
import type { Container } from "#apis/core/container.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "#apis/core/field-selectors.ts";
import type { Pod } from "#apis/core/pod.ts";
import { milliValue, quantityAsNumber, wholeValue } from "#machinery/quantity.ts";

/** What a pod's fields are read from beside the pod. */
export interface DownwardFacts {
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  readonly nodeName: string;
  /** Annotations that this kubelet adds to those of the API. */
  readonly localAnnotations: Readonly<Record<string, string>>;
  /** The node's allocatable resources: limits of containers that have none. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The value of a field of the pod. Throws for a field that cannot be referred to. */
export function fieldValue(
  pod: Pod,
  { fieldPath }: ObjectFieldSelector,
  facts: DownwardFacts,
): string {
  const { metadata, spec } = pod;
  const annotations = { ...metadata.annotations, ...facts.localAnnotations };
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript) {
    const [, map, key] = subscript;
    return (map === "labels" ? metadata.labels : annotations)?.[key!] ?? "";
  }
  switch (fieldPath) {
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    case "metadata.labels":
      return formatMap(metadata.labels ?? {});
    case "metadata.annotations":
      return formatMap(annotations);
    case "spec.nodeName":
      return spec.nodeName ?? facts.nodeName;
    case "spec.serviceAccountName":
      return spec.serviceAccountName ?? "";
    case "status.hostIP":
      return facts.hostIps[0] ?? "";
    case "status.hostIPs":
      return facts.hostIps.join(",");
    case "status.podIP":
      return facts.podIps[0] ?? "";
    case "status.podIPs":
      return facts.podIps.join(",");
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`);
  }
}

/** `key="value"` lines in the keys' order. */
function formatMap(map: Readonly<Record<string, string>>): string {
  return Object.keys(map)
    .toSorted()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join("\n");
}

/** A container's limit or request in units of the divisor, rounded up. */
export function resourceValue(
  container: Container,
  { resource, divisor }: ResourceFieldSelector,
  { allocatable }: DownwardFacts,
): string {
  const [part, name] = resource.split(/\.(.*)/s, 2) as [string, string | undefined];
  if (name === undefined || (part !== "limits" && part !== "requests")) {
    throw new Error(`Unsupported container resource : ${resource}`);
  }
  const given = container.resources?.[part]?.[name];
  const quantity = given ?? (part === "limits" ? allocatable[name] : undefined) ?? "0";
  const unit = divisor === undefined || quantityAsNumber(divisor) === 0 ? "1" : divisor;
  if (name === "cpu") return String(Math.ceil(milliValue(quantity) / milliValue(unit)));
  return String(Math.ceil(wholeValue(quantity) / wholeValue(unit)));
}
