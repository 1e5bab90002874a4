import type { ClusterRoleBinding } from "./cluster-role-binding.ts";
import type { RoleBinding } from "./role-binding.ts";

const group = "rbac.authorization.k8s.io";

/** Roles, users and groups belong to this API group unless a binding says otherwise. */
export function applyDefaultsToBinding({
  roleRef,
  subjects,
}: RoleBinding | ClusterRoleBinding): void {
  roleRef.apiGroup ||= group;
  for (const subject of subjects ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ??= group;
  }
}
