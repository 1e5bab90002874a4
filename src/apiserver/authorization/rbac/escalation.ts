import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import type { PolicyRule } from "#apis/rbac/policy-rule.ts";
import type { RoleRef } from "#apis/rbac/subject.ts";
import { forbidden, notFound } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/admission/admission.ts";
import type { Authorizer } from "../authorizer.ts";
import type { RbacAuthorizer } from "./rbac.ts";
import { type Rule, uncovered } from "./rules.ts";

/**
 * Nobody grants what they do not have: who writes a role must hold its rules (or the verb
 * `escalate`), who writes a binding must hold the rules of its role (or the verb `bind` on it).
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
 */

const rbacGroup = "rbac.authorization.k8s.io";

/** Always part of the chain, ahead of the plug-ins that can be switched off. */
export function escalationCheck(rbac: RbacAuthorizer, authorizer: Authorizer): AdmissionPlugin {
  async function mayUse(a: AdmissionAttributes, verb: string, resource: string, name: string) {
    const { decision } = await authorizer.authorize({
      user: a.user,
      verb,
      isResource: true,
      group: rbacGroup,
      version: "*",
      resource,
      subresource: "",
      namespace: a.namespace,
      name,
      path: "",
    });
    return decision === "allow";
  }

  function requireCovered(a: AdmissionAttributes, wanted: readonly Rule[]): void {
    const missing = uncovered(rbac.rulesFor(a.user, a.namespace), wanted);
    if (missing.length === 0) return;
    const groups = a.user.groups.map((group) => JSON.stringify(group)).join(" ");
    const why =
      `user ${JSON.stringify(a.user.name)} (groups=[${groups}]) is attempting to grant RBAC ` +
      `permissions not currently held:\n${missing.map(describeRule).join("\n")}`;
    throw forbidden({ group: rbacGroup, resource: a.resource.plural }, a.name, why);
  }

  async function checkRole(a: AdmissionAttributes, role: RoleLike): Promise<void> {
    if (await mayUse(a, "escalate", a.resource.plural, a.name)) return;
    requireCovered(a, role.rules ?? []);
    // An aggregated role may come to hold any rule at all.
    if (role.aggregationRule) requireCovered(a, everything);
  }

  async function checkBinding(a: AdmissionAttributes, binding: BindingLike): Promise<void> {
    const { roleRef } = binding;
    const resource = roleRef.kind === "ClusterRole" ? "clusterroles" : "roles";
    if (await mayUse(a, "bind", resource, roleRef.name)) return;
    const inCluster = a.resource.plural === clusterRoleBindings.plural;
    const rules = rbac.bindings.rulesOfRole(roleRef, inCluster ? "" : a.namespace);
    if (!rules) throw notFound({ group: rbacGroup, resource }, roleRef.name);
    requireCovered(a, rules);
  }

  return {
    name: "RBACEscalationCheck",
    matches: {
      operations: ["CREATE", "UPDATE"],
      resources: ["roles", "clusterroles", "rolebindings", "clusterrolebindings"].map(
        (plural) => `${rbacGroup}/${plural}`,
      ),
    },
    async validate(a) {
      if (a.user.groups.includes("system:masters") || !a.object) return;
      if (a.resource.plural.endsWith("bindings")) {
        const next = a.object as BindingLike;
        if (a.oldObject && same(a.oldObject as BindingLike, next, ["roleRef", "subjects"])) return;
        await checkBinding(a, next);
      } else {
        const next = a.object as RoleLike;
        if (a.oldObject && same(a.oldObject as RoleLike, next, ["rules", "aggregationRule"]))
          return;
        await checkRole(a, next);
      }
    },
  };
}

type RoleLike = KubeObject & { rules?: PolicyRule[] | null; aggregationRule?: unknown };
type BindingLike = KubeObject & { roleRef: RoleRef; subjects?: unknown };

const everything: readonly Rule[] = [
  { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
  { verbs: ["*"], nonResourceURLs: ["*"] },
];

function same<T extends object>(old: T, next: T, fields: readonly string[]): boolean {
  const part = (object: object) =>
    JSON.stringify(fields.map((field) => (object as Record<string, unknown>)[field] ?? null));
  return part(old) === part(next);
}

function describeRule(rule: DeepReadonly<PolicyRule>): string {
  const list = (name: string, values: readonly string[] | null | undefined) =>
    values?.length ? [`${name}:[${values.map((value) => JSON.stringify(value)).join(" ")}]`] : [];
  const parts = [
    ...list("APIGroups", rule.apiGroups),
    ...list("Resources", rule.resources),
    ...list("ResourceNames", rule.resourceNames),
    ...list("NonResourceURLs", rule.nonResourceURLs),
    ...list("Verbs", rule.verbs),
  ];
  return `{${parts.join(", ")}}`;
}
