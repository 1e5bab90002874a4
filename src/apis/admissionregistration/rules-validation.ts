import type { Path } from "#machinery/field-error.ts";
import { pathSegmentName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabelSelector } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from "./matching.ts";

/** The rules for which requests a webhook or policy is asked about. */

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const scopes = ["*", "Cluster", "Namespaced"];
const matchPolicies = ["Equivalent", "Exact"];

export function validateRule(
  problems: Problems,
  at: Path,
  rule: DeepReadonly<RuleWithOperations>,
): void {
  const { apiGroups = [], apiVersions = [], operations: asked = [], resources = [] } = rule;
  const operationsAt = at.child("operations");
  if (asked.length === 0) problems.required(operationsAt);
  validateAlone(problems, operationsAt, asked, "operations");
  for (const [i, operation] of asked.entries()) {
    problems.oneOf(operationsAt.index(i), operation, operations);
  }
  if (apiGroups.length === 0) problems.required(at.child("apiGroups"));
  validateAlone(problems, at.child("apiGroups"), apiGroups, "API groups");
  const versionsAt = at.child("apiVersions");
  if (apiVersions.length === 0) problems.required(versionsAt);
  validateAlone(problems, versionsAt, apiVersions, "API versions");
  for (const [i, version] of apiVersions.entries()) {
    if (version === "") problems.required(versionsAt.index(i));
  }
  validateResources(problems, at.child("resources"), resources);
  problems.oneOf(at.child("scope"), rule.scope, scopes);
}

/** `*` stands for everything, so there is nothing to add to it. */
function validateAlone(problems: Problems, at: Path, items: readonly string[], what: string): void {
  if (items.length < 2 || !items.includes("*")) return;
  problems.invalid(at, items, `if '*' is present, must not specify other ${what}`);
}

function validateResources(problems: Problems, at: Path, resources: readonly string[]): void {
  if (resources.length === 0) problems.required(at);
  const allSubresourcesOf = new Set<string>();
  const ofAllResources = new Set<string>();
  for (const [i, text] of resources.entries()) {
    const place = at.index(i);
    if (text === "") problems.required(place);
    const slash = text.indexOf("/");
    if (slash < 0 || text === "*/*") continue;
    const resource = text.slice(0, slash);
    const subresource = text.slice(slash + 1);
    if (allSubresourcesOf.has(resource)) {
      const detail = `if '${resource}/*' is present, must not specify ${text}`;
      problems.invalid(place, text, detail);
    }
    if (ofAllResources.has(subresource)) {
      const detail = `if '*/${subresource}' is present, must not specify ${text}`;
      problems.invalid(place, text, detail);
    }
    if (subresource === "*") allSubresourcesOf.add(resource);
    if (resource === "*") ofAllResources.add(subresource);
  }
  if (resources.length > 1 && resources.includes("*/*")) {
    problems.invalid(at, resources, "if '*/*' is present, must not specify other resources");
  }
  const plain = resources.filter((text) => !text.includes("/"));
  if (plain.includes("*") && plain.some((text) => text !== "*")) {
    const detail = "if '*' is present, must not specify other resources without subresources";
    problems.invalid(at, resources, detail);
  }
}

function validateNamedRule(
  problems: Problems,
  at: Path,
  rule: DeepReadonly<NamedRuleWithOperations>,
): void {
  const names = rule.resourceNames ?? [];
  for (const [i, name] of names.entries()) {
    const place = at.child("resourceNames").index(i);
    problems.each(place, name, pathSegmentName(name));
    if (names.indexOf(name) < i) problems.duplicate(place, name);
  }
  validateRule(problems, at, rule);
}

/** What an admission policy, or a binding of one, applies to. */
export function validateMatch(
  problems: Problems,
  at: Path,
  match: DeepReadonly<MatchResources>,
): void {
  const { matchPolicy, namespaceSelector, objectSelector } = match;
  const policyAt = at.child("matchPolicy");
  if (matchPolicy === undefined) problems.required(policyAt);
  problems.oneOf(policyAt, matchPolicy, matchPolicies);
  for (const [field, selector] of Object.entries({ namespaceSelector, objectSelector })) {
    if (selector === undefined) problems.required(at.child(field));
    validateLabelSelector(problems, at.child(field), selector);
  }
  for (const field of ["resourceRules", "excludeResourceRules"] as const) {
    for (const [i, rule] of (match[field] ?? []).entries()) {
      validateNamedRule(problems, at.child(field).index(i), rule);
    }
  }
}
