import { path } from "#machinery/field-error.ts";
import { nameIsPathSegment } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { isEmptySelector, validateLabelSelector } from "#machinery/validation/labels.ts";
import { tryLabelQuery } from "../core/pod-template-validation.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { type ClusterRoleBinding, clusterRoleBindings } from "./cluster-role-binding.ts";
import { type ClusterRole, clusterRoles } from "./cluster-role.ts";
import { validateRoleRef, validateRules, validateSubjects } from "./rbac-validation.ts";
import { type RoleBinding, roleBindings } from "./role-binding.ts";
import { type Role, roles } from "./role.ts";

const fixedRef = "cannot change roleRef";

export const roleStrategy = kindStrategy<Role>({
  resource: roles,
  updateMetadata: "both",
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  validate: (problems, { rules }) => validateRules(problems, rules ?? [], false),
});

export const clusterRoleStrategy = kindStrategy<ClusterRole>({
  resource: clusterRoles,
  updateMetadata: "both",
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  validate(problems, { aggregationRule, rules }) {
    validateRules(problems, rules ?? [], true);
    if (!aggregationRule) return;
    const at = path("aggregationRule", "clusterRoleSelectors");
    const selectors = aggregationRule.clusterRoleSelectors ?? [];
    if (selectors.length === 0) {
      problems.required(
        at,
        "at least one clusterRoleSelector required if aggregationRule is non-nil",
      );
    }
    for (const [i, selector] of selectors.entries()) {
      validateLabelSelector(problems, at.index(i), selector);
      if (!isEmptySelector(selector) && !tryLabelQuery(selector)) {
        problems.invalid(at.index(i), selector, "invalid label selector.");
      }
    }
  },
});

export const roleBindingStrategy = kindStrategy<RoleBinding>({
  resource: roleBindings,
  updateMetadata: "both",
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  validate(problems, { roleRef, subjects }) {
    validateRoleRef(problems, roleRef, ["Role", "ClusterRole"]);
    validateSubjects(problems, subjects ?? [], false);
  },
  validateUpdate(problems, { roleRef }, old) {
    if (equalJson(roleRef, old.roleRef)) return;
    problems.invalid("roleRef", roleRef, fixedRef);
  },
});

export const clusterRoleBindingStrategy = kindStrategy<ClusterRoleBinding>({
  resource: clusterRoleBindings,
  updateMetadata: "both",
  allowCreateOnUpdate: true,
  validateName: nameIsPathSegment,
  validate(problems, { roleRef, subjects }) {
    validateRoleRef(problems, roleRef, ["ClusterRole"]);
    validateSubjects(problems, subjects ?? [], true);
  },
  validateUpdate(problems, { roleRef }, old) {
    if (equalJson(roleRef, old.roleRef)) return;
    problems.invalid("roleRef", roleRef, fixedRef);
  },
});
