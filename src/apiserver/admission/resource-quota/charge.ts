import {
  addUsage,
  exceededResources,
  inQuotaScopes,
  maskUsage,
  quotaEvaluator,
  subtractUsage,
} from "#apis/core/quota-usage.ts";
import type { QuotaEvaluator, QuotaObject, Usage } from "#apis/core/quota-resource.ts";
import type { ResourceQuota } from "#apis/core/resource-quota.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { AdmissionAttributes } from "../admission.ts";
import { forbid } from "../errors.ts";

type Quota = DeepReadonly<ResourceQuota>;

/** A quota whose status has to be written, with what will be used then. */
export interface Charge {
  readonly quota: Quota;
  readonly used: Usage;
}

/** Whether a write can change what quotas count. */
export function isCharged(a: AdmissionAttributes): boolean {
  const { operation, subresource, object, oldObject } = a;
  if (!object || a.namespace === "") return false;
  if (operation === "CREATE") return subresource === "";
  if (operation !== "UPDATE" || !oldObject) return false;
  const evaluator = quotaEvaluator(a.resource);
  return evaluator.chargesUpdates(subresource, object, oldObject);
}

/**
 * What the quotas of the namespace have to be charged with for a write; `now` in milliseconds.
 * Pure. Throws Forbidden when there is not enough left.
 */
export function planCharges(
  a: AdmissionAttributes,
  quotas: readonly Quota[],
  now: number,
): Charge[] {
  const evaluator = quotaEvaluator(a.resource);
  const object = a.object as QuotaObject;
  const pertinent = quotas.filter((quota) => isPertinent(a, quota, evaluator, object));
  const delta = changeOfUsage(a, evaluator, object, now);
  if (Object.keys(delta).length === 0) return [];
  return pertinent.map((quota) => chargeOne(a, quota, delta));
}

function isPertinent(
  a: AdmissionAttributes,
  quota: Quota,
  evaluator: QuotaEvaluator,
  object: QuotaObject,
): boolean {
  const names = evaluator.matching(Object.keys(quota.status?.hard ?? {}));
  if (names.length === 0 || !inQuotaScopes(quota, evaluator, object)) return false;
  const { name } = quota.metadata;
  const missing = evaluator.missing(names, object);
  if (missing !== undefined) throw forbid(a, `failed quota: ${name}: ${missing}`);
  const used = quota.status?.used ?? {};
  if (names.some((one) => used[one] === undefined)) {
    throw forbid(a, `status unknown for quota: ${name}, resources: ${names.toSorted().join(",")}`);
  }
  return true;
}

function changeOfUsage(
  a: AdmissionAttributes,
  evaluator: QuotaEvaluator,
  object: QuotaObject,
  now: number,
): Usage {
  let delta = evaluator.usage(object, now);
  const negative = Object.entries(delta).filter(([, value]) => compareQuantity(value, "0") < 0);
  if (negative.length > 0) {
    const names = negative.map(([name]) => name).toSorted();
    throw forbid(a, `quota usage is negative for resource(s): ${names.join(",")}`);
  }
  // A PUT that creates has no old object to speak of.
  if (a.operation === "UPDATE" && a.oldObject?.metadata.resourceVersion) {
    delta = subtractUsage(delta, evaluator.usage(a.oldObject, now));
  }
  return Object.fromEntries(
    Object.entries(delta).filter(([, value]) => compareQuantity(value, "0") !== 0),
  );
}

function chargeOne(a: AdmissionAttributes, quota: Quota, delta: Usage): Charge {
  const hard = quota.status?.hard ?? {};
  const before = quota.status?.used ?? {};
  const requested = maskUsage(delta, Object.keys(hard));
  const used = addUsage(before, requested);
  const grown = Object.keys(requested).filter((name) => compareQuantity(delta[name]!, "0") > 0);
  const exceeded = exceededResources(maskUsage(used, grown), hard);
  if (exceeded.length === 0) return { quota, used };
  throw forbid(
    a,
    `exceeded quota: ${quota.metadata.name}, requested: ${show(maskUsage(requested, exceeded))}, ` +
      `used: ${show(maskUsage(before, exceeded))}, limited: ${show(maskUsage(hard, exceeded))}`,
  );
}

function show(usage: Usage): string {
  return Object.keys(usage)
    .toSorted()
    .map((name) => `${name}=${usage[name]}`)
    .join(",");
}
