import type { Path } from "#machinery/field-error.ts";
import { dns1123Label, qualifiedName } from "#machinery/names.ts";
import { compareQuantity, milliValue, parseQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { negativeMessage, type Problems } from "#machinery/validation/problems.ts";
import type { ResourceRequirements } from "./resources.ts";

/** Names and amounts of resources, wherever they occur. */

export type Quantities = Readonly<Record<string, string>> | null | undefined;

const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);
const countedObjects = [
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
];
const standardResources = new Set([
  ...containerResources,
  "storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "requests.storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  ...countedObjects,
]);
const quotaResources = new Set([...standardResources].filter((name) => name !== "storage"));
const integerResources = new Set(countedObjects);
const hugePages = "hugepages-";

export function isHugePages(name: string): boolean {
  return name.startsWith(hugePages);
}

/** Whether the name is one of the resources that a quota knows by itself. */
export function isStandardQuotaResource(name: string): boolean {
  return quotaResources.has(name) || isHugePages(name) || name.startsWith(`requests.${hugePages}`);
}

function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith("requests.")) return false;
  return qualifiedName(`requests.${name}`).length === 0;
}

/** Whether requests may be lower than limits. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

export function isInteger(name: string): boolean {
  return integerResources.has(name) || isExtended(name);
}

/** A standard name or one with a domain. */
export function validateResourceName(problems: Problems, at: Path, name: string): boolean {
  const errors = qualifiedName(name);
  problems.each(at, name, errors);
  if (errors.length > 0) return false;
  const standard =
    standardResources.has(name) || isHugePages(name) || name.startsWith(`requests.${hugePages}`);
  if (name.includes("/") || standard) return true;
  problems.invalid(at, name, "must be a standard resource type or fully qualified");
  return true;
}

export function validateContainerResourceName(problems: Problems, at: Path, name: string): void {
  validateResourceName(problems, at, name);
  if (!name.includes("/")) {
    if (!containerResources.has(name) && !isHugePages(name)) {
      problems.invalid(at, name, "must be a standard resource for containers");
    }
  } else if (!isNative(name) && !isExtended(name)) {
    problems.invalid(at, name, "doesn't follow extended resource name standard");
  }
}

function validatePodResourceName(problems: Problems, at: Path, name: string): void {
  const before = problems.list.length;
  validateResourceName(problems, at, name);
  if (problems.list.length > before) return;
  if (name !== "cpu" && name !== "memory" && !isHugePages(name)) {
    problems.notSupported(at, name, ["cpu", "hugepages-", "memory"]);
  }
}

/** Neither negative nor, where only whole numbers make sense, broken. */
export function validateQuantity(
  problems: Problems,
  at: Path,
  name: string,
  quantity: string,
): void {
  if (compareQuantity(quantity, "0") < 0) problems.invalid(at, quantity, negativeMessage);
  if (isInteger(name) && milliValue(quantity) % 1000 !== 0) {
    problems.invalid(at, quantity, "must be an integer");
  }
}

function validateHugePages(problems: Problems, at: Path, name: string, quantity: string): void {
  const size = parseQuantity(name.slice(hugePages.length)).nano;
  if (size > 0n && parseQuantity(quantity).nano % size === 0n) return;
  problems.invalid(at, quantity, `${quantity} is not positive integer multiple of ${name}`);
}

type NameCheck = (problems: Problems, at: Path, name: string) => void;

/** The rules for `resources` of a container. `claimNames`: what the pod has as resourceClaims. */
export function validateContainerResources(
  problems: Problems,
  at: Path,
  resources: DeepReadonly<Partial<ResourceRequirements>> | undefined,
  claimNames: ReadonlySet<string>,
): void {
  validateRequirements(problems, at, resources, claimNames, validateContainerResourceName);
}

/** The rules for `resources` of a whole pod. */
export function validatePodLevelResources(
  problems: Problems,
  at: Path,
  resources: DeepReadonly<ResourceRequirements>,
  claimNames: ReadonlySet<string>,
): void {
  validateRequirements(problems, at, resources, claimNames, validatePodResourceName);
}

function validateRequirements(
  problems: Problems,
  at: Path,
  resources: DeepReadonly<Partial<ResourceRequirements>> | undefined,
  claimNames: ReadonlySet<string>,
  validateName: NameCheck,
): void {
  const limits = resources?.limits ?? {};
  const requests = resources?.requests ?? {};
  const limitsAt = at.child("limits");
  const requestsAt = at.child("requests");
  const check = (path: Path, name: string, quantity: string) => {
    validateName(problems, path, name);
    validateQuantity(problems, path, name, quantity);
  };
  for (const [name, quantity] of Object.entries(limits)) {
    const path = limitsAt.key(name);
    check(path, name, quantity);
    if (isHugePages(name)) validateHugePages(problems, path, name, quantity);
  }
  for (const [name, quantity] of Object.entries(requests)) {
    const path = requestsAt.key(name);
    check(path, name, quantity);
    compareWithLimit(problems, { limitsAt, requestsAt }, name, quantity, limits[name]);
    if (isHugePages(name)) validateHugePages(problems, path, name, quantity);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const computes = names.includes("cpu") || names.includes("memory");
  if (!computes && names.some(isHugePages)) {
    problems.forbidden(at, "HugePages require cpu or memory");
  }
  validateClaims(problems, at.child("claims"), resources?.claims ?? [], claimNames);
}

function compareWithLimit(
  problems: Problems,
  { limitsAt, requestsAt }: { limitsAt: Path; requestsAt: Path },
  name: string,
  quantity: string,
  limit: string | undefined,
): void {
  const overcommit = isOvercommitAllowed(name);
  if (limit === undefined) {
    if (!overcommit) {
      problems.required(limitsAt, "Limit must be set for non overcommitable resources");
    }
    return;
  }
  const difference = compareQuantity(quantity, limit);
  if (difference !== 0 && !overcommit) {
    problems.invalid(requestsAt, quantity, `must be equal to ${name} limit of ${limit}`);
  } else if (difference > 0) {
    const detail = `must be less than or equal to ${name} limit of ${limit}`;
    problems.invalid(requestsAt, quantity, detail);
  }
}

function validateClaims(
  problems: Problems,
  at: Path,
  claims: DeepReadonly<NonNullable<ResourceRequirements["claims"]>>,
  claimNames: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  for (const [i, { name, request }] of claims.entries()) {
    const path = at.index(i);
    if (name === "") {
      problems.required(path);
      continue;
    }
    if (seen.has(name)) {
      problems.duplicate(path, name);
    } else {
      if (request) problems.each(path.child("request"), request, dns1123Label(request));
      const key = request ? `${name}/${request}` : name;
      if (seen.has(key)) problems.duplicate(path, key);
      else if (!request && [...seen].some((other) => other.startsWith(`${name}/`))) {
        problems.duplicate(path, name);
      }
      seen.add(key);
    }
    if (!claimNames.has(name)) {
      const known = [...claimNames].toSorted().join(", ");
      const list = known === "" ? " which is empty" : `: ${known}`;
      const detail = `must be one of the names in pod.spec.resourceClaims${list}`;
      problems.add({
        type: "FieldValueNotFound",
        field: String(path),
        badValue: name,
        detail,
      });
    }
  }
}
