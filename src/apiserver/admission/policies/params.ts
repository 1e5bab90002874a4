import type { ParamKind, ParamRef } from "#apis/admissionregistration/policy-parameters.ts";
import { allResources } from "#apis/all.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import { query } from "../matching.ts";

/** A policy or binding that does not work as it is written. */
export class PolicyConfigError extends Error {
  override name = "PolicyConfigError";
}

/** Finds the resource of a kind. */
export type ResourceOf = (apiVersion: string, kind: string) => Resource | undefined;

export const builtInResource: ResourceOf = (apiVersion, kind) =>
  allResources.find((one) => one.apiVersion === apiVersion && one.kind === kind);

/**
 * The objects that a policy is evaluated with, once for each; `[null]`: once, without. Throws
 * PolicyConfigError when there are none and there have to be.
 */
export async function paramsOf(options: {
  kind: DeepReadonly<ParamKind> | undefined;
  ref: DeepReadonly<ParamRef> | undefined;
  /** Of the object that is written; "" when it has none. */
  namespace: string;
  reader: ObjectReader;
  resourceOf: ResourceOf;
}): Promise<readonly (DeepReadonly<KubeObject> | null)[]> {
  const { kind, ref, reader } = options;
  if (!kind || !ref) return [null];
  const resource = options.resourceOf(kind.apiVersion ?? "", kind.kind ?? "");
  if (!resource) {
    throw new PolicyConfigError(
      `paramKind kind \`${kind.apiVersion}, Kind=${kind.kind}\` not known`,
    );
  }
  const namespace = namespaceFor(resource, ref, options.namespace);
  let found: readonly DeepReadonly<KubeObject>[];
  if (ref.selector) {
    const selector = query(ref.selector);
    const all = reader.list(resource, namespace);
    found = all.filter(({ metadata }) => selector.matches(metadata.labels));
  } else {
    const name = ref.name ?? "";
    const one =
      reader.get(resource, namespace, name) ?? (await reader.getFresh(resource, namespace, name));
    found = one ? [one] : [];
  }
  if (found.length === 0 && ref.parameterNotFoundAction !== "Allow") {
    throw new PolicyConfigError(
      "no params found for policy binding with `Deny` parameterNotFoundAction",
    );
  }
  return found;
}

function namespaceFor(
  { namespaced }: Resource,
  { namespace }: DeepReadonly<ParamRef>,
  own: string,
): string {
  if (!namespaced) {
    if (!namespace) return "";
    throw new PolicyConfigError(
      "paramRef.namespace must not be provided for a cluster-scoped `paramKind`",
    );
  }
  if (namespace) return namespace;
  if (own !== "") return own;
  throw new PolicyConfigError(
    "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
  );
}
