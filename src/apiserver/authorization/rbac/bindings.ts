import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import { clusterRoles } from "#apis/rbac/cluster-role.ts";
import { roleBindings } from "#apis/rbac/role-binding.ts";
import { roles } from "#apis/rbac/role.ts";
import type { RoleRef } from "#apis/rbac/subject.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import { userName } from "#apiserver/authentication/service-account-token.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { Rule } from "./rules.ts";

/** A rule with where it comes from, for the reason of a decision. */
export interface GrantedRule {
  rule: Rule;
  /** "" when granted in the whole cluster. */
  namespace: string;
  /** `ClusterRoleBinding "x" of ClusterRole "y"`. */
  source: string;
}

type Subjected = DeepReadonly<{
  metadata: { name: string; namespace?: string | undefined };
  roleRef: RoleRef;
  subjects?: { kind: string; name: string; namespace?: string | undefined }[] | null | undefined;
}>;

/** Who is bound to what: bindings by `User:name` or `Group:name`, kept from the watch caches. */
export class BindingIndex implements Disposable {
  readonly #reader: ObjectReader;
  readonly #watches: Disposable[];
  #bySubject: Map<string, Subjected[]> | undefined;
  /** Changes with every change of a role or binding: what was derived before is stale. */
  generation = 0;

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    const changed = (): void => {
      this.generation++;
      this.#bySubject = undefined;
    };
    this.#watches = [
      reader.onChange(roles, changed),
      reader.onChange(clusterRoles, changed),
      reader.onChange(roleBindings, changed),
      reader.onChange(clusterRoleBindings, changed),
    ];
  }

  /** Every rule that `user` has, in the cluster or in some namespace. */
  rulesOf(user: UserInfo): GrantedRule[] {
    this.#bySubject ??= this.#index();
    const subjects = [`User:${user.name}`, ...user.groups.map((group) => `Group:${group}`)];
    const bindings = new Set(subjects.flatMap((subject) => this.#bySubject!.get(subject) ?? []));
    return [...bindings].flatMap((binding) => this.#granted(binding));
  }

  /** The rules that a reference stands for; undefined when the role does not exist. */
  rulesOfRole(ref: DeepReadonly<RoleRef>, namespace: string): readonly Rule[] | undefined {
    const role =
      ref.kind === "ClusterRole"
        ? this.#reader.get(clusterRoles, "", ref.name)
        : this.#reader.get(roles, namespace, ref.name);
    return role && (role.rules ?? []);
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches) watch[Symbol.dispose]();
  }

  #granted(binding: Subjected): GrantedRule[] {
    const { name, namespace = "" } = binding.metadata;
    const { roleRef } = binding;
    const rules = this.rulesOfRole(roleRef, namespace) ?? [];
    const where =
      namespace === "" ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
    const source = `${where} of ${roleRef.kind} "${roleRef.name}"`;
    return rules.map((rule) => ({ rule, namespace, source }));
  }

  #index(): Map<string, Subjected[]> {
    const index = new Map<string, Subjected[]>();
    const bindings: Subjected[] = [
      ...this.#reader.list(clusterRoleBindings, ""),
      ...this.#reader.list(roleBindings, ""),
    ];
    for (const binding of bindings) {
      for (const { kind, name, namespace = "" } of binding.subjects ?? []) {
        const key =
          kind === "ServiceAccount"
            ? `User:${userName(namespace || (binding.metadata.namespace ?? ""), name)}`
            : `${kind}:${name}`;
        const list = index.get(key);
        if (list) list.push(binding);
        else index.set(key, [binding]);
      }
    }
    return index;
  }
}
