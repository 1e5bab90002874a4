import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
} from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { claimEvaluator } from "./quota-claims.ts";
import { podEvaluator } from "./quota-pods.ts";
import {
  objectCount,
  type QuotaEvaluator,
  type QuotaObject,
  type Usage,
} from "./quota-resource.ts";
import { deviceClaimEvaluator, objectCountEvaluator, serviceEvaluator } from "./quota-objects.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "./resource-quota.ts";

/**
 * What objects count for in a ResourceQuota. Admission charges by it, and the quota controller
 * counts anew by it. All pure.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 */

const special = new Map<string, QuotaEvaluator>([
  [objectCount({ group: "", plural: "pods" }), podEvaluator],
  [objectCount({ group: "", plural: "services" }), serviceEvaluator],
  [objectCount({ group: "", plural: "persistentvolumeclaims" }), claimEvaluator],
  [objectCount({ group: "resource.k8s.io", plural: "resourceclaims" }), deviceClaimEvaluator],
]);
const counting = new Map<string, QuotaEvaluator>();

/** How objects of a (namespaced) resource are counted. */
export function quotaEvaluator(resource: { group: string; plural: string }): QuotaEvaluator {
  const name = objectCount(resource);
  const known = special.get(name) ?? counting.get(name);
  if (known) return known;
  const made = objectCountEvaluator(resource);
  counting.set(name, made);
  return made;
}

/** The scopes of a quota, from both of its fields. */
export function quotaScopes({
  spec,
}: DeepReadonly<ResourceQuota>): readonly DeepReadonly<ScopedResourceSelectorRequirement>[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({
    scopeName,
    operator: "Exists" as const,
  }));
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])];
}

/** Whether all scopes of the quota hold for the object. */
export function inQuotaScopes(
  quota: DeepReadonly<ResourceQuota>,
  evaluator: QuotaEvaluator,
  object: QuotaObject,
): boolean {
  return quotaScopes(quota).every((scope) => evaluator.inScope(scope, object));
}

/** The sum of usages. */
export function addUsage(a: Readonly<Usage>, b: Readonly<Usage>): Usage {
  const sum: Usage = { ...a };
  for (const [name, more] of Object.entries(b)) {
    const own = sum[name];
    sum[name] = own === undefined ? more : addQuantity(own, more);
  }
  return sum;
}

/** `a` without `b`; may be negative. */
export function subtractUsage(a: Readonly<Usage>, b: Readonly<Usage>): Usage {
  const rest: Usage = { ...a };
  for (const [name, less] of Object.entries(b)) {
    const { nano, format } = parseQuantity(less);
    const minus = formatQuantity({ nano: -nano, format });
    const own = rest[name];
    rest[name] = own === undefined ? minus : addQuantity(own, minus);
  }
  return rest;
}

/** Only the resources in `names`. */
export function maskUsage(usage: Readonly<Usage>, names: Iterable<string>): Usage {
  const wanted = new Set(names);
  return Object.fromEntries(Object.entries(usage).filter(([name]) => wanted.has(name)));
}

/** The resources of which `usage` is more than `hard` allows. */
export function exceededResources(
  usage: Readonly<Usage>,
  hard: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(usage)
    .filter(([name, used]) => hard[name] !== undefined && compareQuantity(used, hard[name]) > 0)
    .map(([name]) => name);
}
