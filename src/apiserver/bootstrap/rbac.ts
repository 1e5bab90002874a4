import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import { clusterRoles } from "#apis/rbac/cluster-role.ts";
import type { PolicyRule } from "#apis/rbac/policy-rule.ts";
import { roleBindings } from "#apis/rbac/role-binding.ts";
import { roles } from "#apis/rbac/role.ts";
import type { Resource } from "#machinery/resource.ts";
import { uncovered } from "../authorization/rbac/rules.ts";
import type { Wanted } from "./objects.ts";
import type { OwnWriter } from "../rest/own-writer.ts";
import table from "./rbac.json" with { type: "json" };

/** The default RBAC policy, which is made, and mended when rules are missing, at every start. */

/** A rule in the table: verbs, groups, resources, names, URLs. */
interface RuleRow {
  readonly v: readonly string[];
  readonly g?: readonly string[];
  readonly r?: readonly string[];
  readonly n?: readonly string[];
  readonly u?: readonly string[];
}

interface RoleRow {
  readonly rules?: readonly RuleRow[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Cluster roles that are the sum of others select these by label. */
  readonly agg?: readonly unknown[];
}

interface BindingRow {
  /** `ClusterRole/name`. */
  readonly ref: string;
  /** `Kind:name` or `ServiceAccount:namespace/name`. */
  readonly subjects: readonly string[];
}

const rbacGroup = "rbac.authorization.k8s.io";
const autoUpdate = "rbac.authorization.kubernetes.io/autoupdate";
const defaults = { "kubernetes.io/bootstrapping": "rbac-defaults" };

/** The roles and bindings that have to exist. */
export function bootstrapPolicy(): Wanted[] {
  return [
    ...rowsOf(table.clusterroles, clusterRoles as Resource<never>, role),
    ...rowsOf(table.clusterrolebindings, clusterRoleBindings as Resource<never>, binding),
    ...rowsOf(table.roles, roles as Resource<never>, role),
    ...rowsOf(table.rolebindings, roleBindings as Resource<never>, binding),
  ];
}

function rowsOf(
  rows: Readonly<Record<string, unknown>>,
  resource: Resource<never>,
  fields: (row: never) => object,
): Wanted[] {
  return Object.entries(rows).map(([key, row]) => {
    const slash = key.indexOf("/");
    const where = slash < 0 ? {} : { namespace: key.slice(0, slash) };
    const metadata = {
      ...where,
      name: key.slice(slash + 1),
      labels: { ...defaults, ...(row as RoleRow).labels },
      annotations: { [autoUpdate]: "true" },
    };
    return [resource, { metadata, ...fields(row as never) }];
  });
}

function role({ rules, agg }: RoleRow): object {
  if (agg) return { aggregationRule: { clusterRoleSelectors: agg }, rules: null };
  return { rules: (rules ?? []).map(rule) };
}

function rule({ v, g, r, n, u }: RuleRow): PolicyRule {
  return {
    verbs: [...v],
    ...(g ? { apiGroups: [...g] } : {}),
    ...(r ? { resources: [...r] } : {}),
    ...(n ? { resourceNames: [...n] } : {}),
    ...(u ? { nonResourceURLs: [...u] } : {}),
  };
}

function binding({ ref, subjects }: BindingRow): object {
  const [kind, name] = [ref.slice(0, ref.indexOf("/")), ref.slice(ref.indexOf("/") + 1)];
  return { roleRef: { apiGroup: rbacGroup, kind, name }, subjects: subjects.map(subject) };
}

function subject(text: string): object {
  const kind = text.slice(0, text.indexOf(":"));
  const name = text.slice(kind.length + 1);
  if (kind !== "ServiceAccount") return { apiGroup: rbacGroup, kind, name };
  const slash = name.indexOf("/");
  return { kind, namespace: name.slice(0, slash), name: name.slice(slash + 1) };
}

/** Gives default roles back the rules that they lost, unless somebody opted out of that. */
export async function mendPolicy(writer: OwnWriter): Promise<void> {
  const wanted = bootstrapPolicy();
  await Promise.all(
    wanted.map(async ([resource, object]) => {
      const current = writer.current(resource, object)?.object as RoleLike | undefined;
      const needed = object["rules"] as PolicyRule[] | null | undefined;
      if (!current || !needed || current.metadata.annotations?.[autoUpdate] !== "true") return;
      const missing = uncovered(current.rules ?? [], needed);
      if (missing.length === 0) return;
      await writer.change(resource, object, (copy) => {
        const role = copy as unknown as RoleLike;
        role.rules = [
          ...(role.rules ?? []),
          ...missing.map((rule) => structuredClone(rule as PolicyRule)),
        ];
      });
    }),
  );
}

interface RoleLike {
  apiVersion: string;
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  rules?: PolicyRule[] | null;
}
