import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from "#apis/admissionregistration/matching.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { notFound } from "#machinery/errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import { type LabelQuery, labelQuery, type LabelSelectorObject } from "#machinery/selectors.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { AdmissionAttributes } from "./admission.ts";
import type { Equivalents } from "./equivalents.ts";

/** Which writes a webhook or policy wants to see. */

type Rule = DeepReadonly<RuleWithOperations>;
type NamedRule = DeepReadonly<NamedRuleWithOperations>;

/** What is needed to decide; selectors compiled once. */
export interface Criteria {
  readonly rules: readonly (Rule | NamedRule)[];
  readonly excluded: readonly NamedRule[];
  readonly equivalent: boolean;
  readonly namespaceSelector: LabelQuery;
  readonly objectSelector: LabelQuery;
  /** No rules at all: everything (policies' bindings) or nothing (webhooks). */
  readonly matchesWithoutRules: boolean;
}

export function criteriaOf(match: DeepReadonly<MatchResources>): Criteria {
  return {
    rules: match.resourceRules ?? [],
    excluded: match.excludeResourceRules ?? [],
    equivalent: match.matchPolicy !== "Exact",
    namespaceSelector: query(match.namespaceSelector),
    objectSelector: query(match.objectSelector),
    matchesWithoutRules: true,
  };
}

/** An absent selector selects everything here. */
export function query(selector: LabelSelectorObject | undefined): LabelQuery {
  return labelQuery(selector ?? {});
}

/**
 * The resource (of the request, or one equivalent to it) in which the write is wanted; undefined:
 * it is not. Throws NotFound when the namespace is not there.
 */
export async function matchWrite(
  a: AdmissionAttributes,
  criteria: Criteria,
  context: { reader: ObjectReader; equivalents: Equivalents },
): Promise<Resource | undefined> {
  const found = matchRules(a, criteria, context.equivalents);
  if (!found) return undefined;
  if (!criteria.objectSelector.empty && !matchesObject(a, criteria.objectSelector))
    return undefined;
  if (criteria.namespaceSelector.empty) return found;
  return (await matchesNamespace(a, criteria.namespaceSelector, context.reader))
    ? found
    : undefined;
}

/** The part of `matchWrite` that looks at nothing but the request's path. */
export function matchRules(
  a: AdmissionAttributes,
  criteria: Criteria,
  equivalents: Equivalents,
): Resource | undefined {
  const { rules, excluded, equivalent, matchesWithoutRules } = criteria;
  if (findMatch(a, excluded, equivalent, equivalents)) return undefined;
  if (rules.length === 0) return matchesWithoutRules ? a.resource : undefined;
  return findMatch(a, rules, equivalent, equivalents);
}

function findMatch(
  a: AdmissionAttributes,
  rules: readonly (Rule | NamedRule)[],
  equivalent: boolean,
  equivalents: Equivalents,
): Resource | undefined {
  if (rules.length === 0) return undefined;
  if (rules.some((rule) => ruleMatches(rule, a, a.resource))) return a.resource;
  if (!equivalent) return undefined;
  const others = equivalents.of(a.resource);
  return others.find((other) => rules.some((rule) => ruleMatches(rule, a, other)));
}

function ruleMatches(rule: Rule | NamedRule, a: AdmissionAttributes, resource: Resource): boolean {
  return (
    includes(rule.operations, a.operation) &&
    includes(rule.apiGroups, resource.group) &&
    includes(rule.apiVersions, resource.version) &&
    scopeMatches(rule.scope ?? "*", a) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, resource, a.subresource)) &&
    nameMatches(rule, a)
  );
}

function includes(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes("*") || list.includes(value));
}

/** `pods`, `pods/status`, `pods/*`, `*`, `*` + `/status` or everything. */
function resourceMatches(pattern: string, { plural }: Resource, subresource: string): boolean {
  const [resource = "", below = ""] = pattern.split("/");
  return (resource === "*" || resource === plural) && (below === "*" || below === subresource);
}

function isNamespace({ resource }: AdmissionAttributes): boolean {
  return resource.group === "" && resource.plural === "namespaces";
}

function scopeMatches(scope: string, a: AdmissionAttributes): boolean {
  const namespaced = a.namespace !== "" && !isNamespace(a);
  if (scope === "Namespaced") return namespaced;
  return scope !== "Cluster" || !namespaced;
}

function nameMatches(rule: Rule | NamedRule, { name }: AdmissionAttributes): boolean {
  const names = "resourceNames" in rule ? rule.resourceNames : undefined;
  return !names?.length || names.includes(name);
}

function matchesObject({ object, oldObject }: AdmissionAttributes, selector: LabelQuery): boolean {
  const labelled = [object, oldObject].filter((one) => one?.metadata !== undefined);
  return labelled.some((one) => selector.matches(one?.metadata.labels));
}

async function matchesNamespace(
  a: AdmissionAttributes,
  selector: LabelQuery,
  reader: ObjectReader,
): Promise<boolean> {
  if (isNamespace(a) && a.operation !== "DELETE" && a.object) {
    return selector.matches(a.object.metadata.labels);
  }
  const name = isNamespace(a) ? a.name : a.namespace;
  if (name === "") return true;
  const namespace =
    reader.get(namespaces, "", name) ?? (await reader.getFresh(namespaces, "", name));
  if (!namespace) throw notFound({ group: "", resource: "namespaces" }, name);
  return selector.matches(namespace.metadata.labels);
}

const configurations = new Set([
  "validatingwebhookconfigurations",
  "mutatingwebhookconfigurations",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
]);

/** Nobody can lock the cluster's operators out of the configuration of admission itself. */
export function isAdmissionConfiguration({ resource }: AdmissionAttributes): boolean {
  return resource.group === "admissionregistration.k8s.io" && configurations.has(resource.plural);
}

const reviews = new Set([
  "authentication.k8s.io/selfsubjectreviews",
  "authentication.k8s.io/tokenreviews",
  "authorization.k8s.io/localsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectaccessreviews",
  "authorization.k8s.io/selfsubjectrulesreviews",
  "authorization.k8s.io/subjectaccessreviews",
]);

/** Questions are not for policies to answer. */
export function isReview({ resource }: AdmissionAttributes): boolean {
  return reviews.has(`${resource.group}/${resource.plural}`);
}
