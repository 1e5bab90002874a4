import { type Path, path } from "#machinery/field-error.ts";
import { nameIsLabel, nameIsPathSegment, nameIsSubdomain } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { PolicyRule } from "./policy-rule.ts";
import type { RoleRef, Subject } from "./subject.ts";

export const rbacGroup = "rbac.authorization.k8s.io";

/** Rules of a Role, or (`clusterWide`) of a ClusterRole, which may name URLs as well. */
export function validateRules(
  problems: Problems,
  rules: readonly DeepReadonly<PolicyRule>[],
  clusterWide: boolean,
): void {
  for (const [i, rule] of rules.entries()) {
    validateRule(problems, path("rules").index(i), rule, clusterWide);
  }
}

function validateRule(
  problems: Problems,
  at: Path,
  rule: DeepReadonly<PolicyRule>,
  clusterWide: boolean,
): void {
  const { apiGroups = [], nonResourceURLs = [], resourceNames = [], resources = [] } = rule;
  if ((rule.verbs ?? []).length === 0) {
    problems.required(at.child("verbs"), "verbs must contain at least one value");
  }
  if (nonResourceURLs.length > 0) {
    const urlsAt = at.child("nonResourceURLs");
    if (!clusterWide) {
      const detail = "namespaced rules cannot apply to non-resource URLs";
      problems.invalid(urlsAt, nonResourceURLs, detail);
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const detail = "rules cannot apply to both regular resources and non-resource URLs";
      problems.invalid(urlsAt, nonResourceURLs, detail);
    }
    return;
  }
  if (apiGroups.length === 0) {
    const detail = "resource rules must supply at least one api group";
    problems.required(at.child("apiGroups"), detail);
  }
  if (resources.length === 0) {
    const detail = "resource rules must supply at least one resource";
    problems.required(at.child("resources"), detail);
  }
}

export function validateRoleRef(
  problems: Problems,
  roleRef: DeepReadonly<RoleRef>,
  kinds: readonly string[],
): void {
  const at = path("roleRef");
  problems.oneOf(at.child("apiGroup"), roleRef.apiGroup ?? "", [rbacGroup]);
  problems.oneOf(at.child("kind"), roleRef.kind ?? "", kinds);
  problems.name(at.child("name"), roleRef.name, (name) => nameIsPathSegment(name, false));
}

export function validateSubjects(
  problems: Problems,
  subjects: readonly DeepReadonly<Subject>[],
  clusterWide: boolean,
): void {
  for (const [i, subject] of subjects.entries()) {
    const at = path("subjects").index(i);
    const { apiGroup = "", kind, name, namespace = "" } = subject;
    if (name === "") problems.required(at.child("name"));
    switch (kind) {
      case "ServiceAccount":
        if (name !== "") problems.each(at.child("name"), name, nameIsSubdomain(name, false));
        problems.oneOf(at.child("apiGroup"), apiGroup, [""]);
        if (namespace !== "") {
          problems.each(at.child("namespace"), namespace, nameIsLabel(namespace, false));
        } else if (clusterWide) {
          problems.required(at.child("namespace"));
        }
        break;
      case "User":
      case "Group":
        problems.oneOf(at.child("apiGroup"), apiGroup, [rbacGroup]);
        break;
      default:
        problems.notSupported(at.child("kind"), kind, ["ServiceAccount", "User", "Group"]);
    }
  }
}
