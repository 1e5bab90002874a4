import { path, type Path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { immutableMessage, type Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import {
  type ResourceQuota,
  resourceQuotas,
  type ResourceQuotaSpec,
  type ScopedResourceSelectorRequirement,
} from "./resource-quota.ts";
import {
  isStandardQuotaResource,
  type Quantities,
  validateQuantity,
  validateResourceName,
} from "./resource-validation.ts";

const at = path("spec");

function validateAmounts(problems: Problems, place: Path, amounts: Quantities): void {
  for (const [name, quantity] of Object.entries(amounts ?? {})) {
    const resourceAt = place.key(name);
    validateResourceName(problems, resourceAt, name);
    if (!name.includes("/") && !isStandardQuotaResource(name)) {
      problems.invalid(resourceAt, name, "must be a standard resource for quota");
    }
    validateQuantity(problems, resourceAt, name, quantity);
  }
}

const computes = [
  "cpu",
  "memory",
  "limits.cpu",
  "limits.memory",
  "requests.cpu",
  "requests.memory",
];
const podResources = ["pods", ...computes];
/** What a quota with a scope can limit. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  BestEffort: ["pods"],
  CrossNamespacePodAffinity: podResources,
  NotBestEffort: podResources,
  NotTerminating: podResources,
  PriorityClass: podResources,
  Terminating: podResources,
  VolumeAttributesClass: ["persistentvolumeclaims", "requests.storage"],
};

function fits(scope: string, resource: string): boolean {
  if (!isStandardQuotaResource(resource)) return true;
  return scopes[scope]?.includes(resource) ?? true;
}

function conflict(used: ReadonlySet<string>): boolean {
  return (
    (used.has("BestEffort") && used.has("NotBestEffort")) ||
    (used.has("Terminating") && used.has("NotTerminating"))
  );
}

function validateScopes(problems: Problems, spec: ResourceQuotaSpec): void {
  const listed = spec.scopes ?? [];
  const place = at.child("scopes");
  for (const scope of listed) {
    if (!Object.hasOwn(scopes, scope)) problems.invalid(place, listed, "unsupported scope");
    for (const resource of Object.keys(spec.hard ?? {})) {
      if (fits(scope, resource)) continue;
      problems.invalid(place, listed, "unsupported scope applied to resource");
    }
  }
  if (conflict(new Set(listed))) problems.invalid(place, listed, "conflicting scopes");
}

const justThere = new Set([
  "BestEffort",
  "CrossNamespacePodAffinity",
  "NotBestEffort",
  "NotTerminating",
  "Terminating",
]);

function validateSelector(problems: Problems, spec: ResourceQuotaSpec): void {
  const place = path("spec", "scopeSelector", "matchExpressions");
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  for (const requirement of requirements) {
    const { scopeName } = requirement;
    if (!Object.hasOwn(scopes, scopeName)) {
      problems.invalid(place.child("scopeName"), scopeName, "unsupported scope");
    }
    for (const resource of Object.keys(spec.hard ?? {})) {
      if (fits(scopeName, resource)) continue;
      problems.invalid(place, spec.scopeSelector, "unsupported scope applied to resource");
    }
    validateRequirement(problems, place, requirement);
  }
  if (conflict(new Set(requirements.map(({ scopeName }) => scopeName)))) {
    problems.invalid(place, spec.scopes, "conflicting scopes");
  }
}

function validateRequirement(
  problems: Problems,
  place: Path,
  { operator, scopeName, values = [] }: ScopedResourceSelectorRequirement,
): void {
  const operatorAt = place.child("operator");
  if (justThere.has(scopeName) && operator !== "Exists") {
    const detail =
      "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
    problems.invalid(operatorAt, operator, detail);
  }
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length > 0) return;
      problems.required(
        place.child("values"),
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      );
      return;
    case "Exists":
    case "DoesNotExist":
      if (values.length === 0) return;
      problems.invalid(
        place.child("values"),
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      );
      return;
    default:
      problems.invalid(operatorAt, operator, "not a valid selector operator");
  }
}

export const resourceQuotaStrategy = kindStrategy<ResourceQuota>({
  resource: resourceQuotas,
  generation: false,
  validate(problems, { spec }) {
    validateAmounts(problems, at.child("hard"), spec.hard);
    validateScopes(problems, spec);
    validateSelector(problems, spec);
  },
  validateUpdate(problems, { spec }, old) {
    const now = (spec.scopes ?? []).toSorted();
    if (equalJson(now, (old.spec.scopes ?? []).toSorted())) return;
    problems.invalid(at.child("scopes"), spec.scopes, immutableMessage);
  },
  status: {
    validateUpdate(problems, { status }) {
      validateAmounts(problems, path("status", "hard"), status?.hard);
      validateAmounts(problems, path("status", "used"), status?.used);
    },
  },
});
