import { path, type Path } from "#machinery/field-error.ts";
import { nameIsLabel, nameIsSubdomain } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { checkMeta, kindStrategy } from "../meta/basic-strategy.ts";
import {
  type FlowSchema,
  flowSchemas,
  type NonResourcePolicyRule,
  type PolicyRulesWithSubjects,
  type ResourcePolicyRule,
  type Subject,
} from "./flow-schema.ts";
import { validateMandatorySchema } from "./mandatory-validation.ts";
import { validateStatusConditions } from "./flowcontrol-validation.ts";

const at = path("spec");
const precedenceMax = 10_000;
const verbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "proxy",
  "update",
  "watch",
];

/** A list that is `*` alone or has no `*`. False: its items are to be checked. */
function checkWildcard(
  problems: Problems,
  place: Path,
  items: readonly string[],
  what: string,
): boolean {
  if (!items.includes("*")) return false;
  if (items.length > 1) {
    problems.invalid(place, items, `if '*' is present, must not specify other ${what}`);
  }
  return true;
}

function validateVerbs(problems: Problems, place: Path, asked: readonly string[]): void {
  if (asked.length === 0) problems.required(place, "verbs must contain at least one value");
  else if (checkWildcard(problems, place, asked, "verbs")) return;
  else if (!asked.every((verb) => verbs.includes(verb))) {
    problems.add({
      type: "FieldValueNotSupported",
      field: String(place),
      badValue: asked,
      detail: `supported values: ${verbs.map((verb) => JSON.stringify(verb)).join(", ")}`,
    });
  }
}

function urlMistake(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const stars = url.split("*").length - 1;
  const isSuffix = stars === 1 && url.endsWith("/*");
  return stars === 0 || isSuffix ? undefined : "wildcard can only do suffix matching";
}

function validateNonResourceRule(
  problems: Problems,
  place: Path,
  rule: NonResourcePolicyRule,
): void {
  validateVerbs(problems, place.child("verbs"), rule.verbs ?? []);
  const urlsAt = place.child("nonResourceURLs");
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length === 0) {
    problems.required(urlsAt, "nonResourceURLs must contain at least one value");
  } else if (!checkWildcard(problems, urlsAt, urls, "non-resource URLs")) {
    for (const [i, url] of urls.entries()) {
      const mistake = urlMistake(url);
      if (mistake !== undefined) problems.invalid(urlsAt.index(i), url, mistake);
    }
  }
}

function validateResourceRule(problems: Problems, place: Path, rule: ResourcePolicyRule): void {
  validateVerbs(problems, place.child("verbs"), rule.verbs ?? []);
  const lists = { apiGroups: "api group", resources: "resource" } as const;
  for (const field of ["apiGroups", "resources"] as const) {
    const items = rule[field] ?? [];
    const word = lists[field];
    if (items.length === 0) {
      problems.required(place.child(field), `resource rules must supply at least one ${word}`);
    } else {
      checkWildcard(problems, place.child(field), items, `${word}s`);
    }
  }
  const namespacesAt = place.child("namespaces");
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0 && !rule.clusterScope) {
    const detail = "resource rules that are not cluster scoped must supply at least one namespace";
    problems.required(namespacesAt, detail);
  } else if (!checkWildcard(problems, namespacesAt, namespaces, "namespaces")) {
    const intro = "each member of this list must be '*' or a DNS-1123 label; ";
    for (const [i, namespace] of namespaces.entries()) {
      const messages = nameIsLabel(namespace, false).map((message) => intro + message);
      problems.each(namespacesAt.index(i), namespace, messages);
    }
  }
}

const subjectFields = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;

function validateSubject(problems: Problems, place: Path, subject: Subject): void {
  const { kind } = subject;
  if (!Object.hasOwn(subjectFields, kind)) {
    problems.notSupported(place.child("kind"), kind, ["Group", "ServiceAccount", "User"]);
    return;
  }
  const field = subjectFields[kind as keyof typeof subjectFields];
  const value = subject[field];
  const fieldAt = place.child(field);
  if (!value) problems.required(fieldAt, `${field} is required when subject kind is '${kind}'`);
  else if (field !== "serviceAccount") {
    if (value.name === "") problems.required(fieldAt.child("name"));
  } else {
    const { name, namespace } = value as NonNullable<Subject["serviceAccount"]>;
    const checkName = (text: string) => (text === "*" ? [] : nameIsSubdomain(text, false));
    problems.name(fieldAt.child("name"), name, checkName);
    const detail = "must specify namespace for service account";
    const checkNamespace = (text: string) => nameIsLabel(text, false);
    problems.name(fieldAt.child("namespace"), namespace, checkNamespace, detail);
  }
  for (const [otherKind, other] of Object.entries(subjectFields)) {
    if (other === field || !subject[other]) continue;
    const detail = `${other} is forbidden when subject kind is not '${otherKind}'`;
    problems.forbidden(place.child(other), detail);
  }
}

function validateRule(problems: Problems, place: Path, rule: PolicyRulesWithSubjects): void {
  const { nonResourceRules = [], resourceRules = [] } = rule;
  const subjects = rule.subjects ?? [];
  const subjectsAt = place.child("subjects");
  for (const [i, subject] of subjects.entries()) {
    validateSubject(problems, subjectsAt.index(i), subject);
  }
  if (subjects.length === 0) {
    problems.required(subjectsAt, "subjects must contain at least one value");
  }
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    const detail = "at least one of resourceRules and nonResourceRules has to be non-empty";
    problems.required(place, detail);
  }
  for (const [i, each] of resourceRules.entries()) {
    validateResourceRule(problems, place.child("resourceRules").index(i), each);
  }
  for (const [i, each] of nonResourceRules.entries()) {
    validateNonResourceRule(problems, place.child("nonResourceRules").index(i), each);
  }
}

function validate(problems: Problems, schema: FlowSchema): void {
  checkMeta(problems, schema, { resource: flowSchemas });
  const {
    distinguisherMethod,
    matchingPrecedence: precedence = 0,
    rules = [],
    ...spec
  } = schema.spec;
  const precedenceAt = at.child("matchingPrecedence");
  if (precedence <= 0) problems.invalid(precedenceAt, precedence, "must be a positive value");
  if (precedence > precedenceMax) {
    problems.invalid(precedenceAt, precedence, `must not be greater than ${precedenceMax}`);
  }
  if (precedence === 1 && schema.metadata.name !== "exempt") {
    const detail = "only the schema named 'exempt' may have matchingPrecedence 1";
    problems.invalid(precedenceAt, precedence, detail);
  }
  const method = distinguisherMethod?.type;
  problems.oneOf(at.child("distinguisherMethod").child("type"), method, ["ByNamespace", "ByUser"]);
  const { name } = spec.priorityLevelConfiguration;
  const nameAt = at.child("priorityLevelConfiguration").child("name");
  const check = (text: string) => nameIsSubdomain(text, false);
  problems.name(nameAt, name, check, "must reference a priority level");
  for (const [i, rule] of rules.entries()) {
    validateRule(problems, at.child("rules").index(i), rule);
  }
  validateMandatorySchema(problems, schema.metadata.name, schema.spec);
  validateStatusConditions(problems, schema.status?.conditions ?? []);
}

export const flowSchemaStrategy = kindStrategy<FlowSchema>({
  resource: flowSchemas,
  metadata: "none",
  validate,
  status: {
    keepsMetadata: "all",
    validateUpdate: (problems, { status }) =>
      validateStatusConditions(problems, status?.conditions ?? []),
  },
});
