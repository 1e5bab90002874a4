import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, list, struct } from "#machinery/schema/schema.ts";
import { type RoleRef, roleRef, type Subject, subject } from "./subject.ts";

export const roleBinding = kind("rbac.v1.RoleBinding", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  subjects: list(struct<Subject>(subject), { tag: 2, listType: "atomic" }),
  roleRef: struct<RoleRef>(roleRef, { tag: 3, always: true, required: true }),
});
export interface RoleBinding extends Infer<typeof roleBinding> {}

export const roleBindings = defineResource<RoleBinding>({
  group: "rbac.authorization.k8s.io",
  version: "v1",
  kind: "RoleBinding",
  plural: "rolebindings",
  singular: "rolebinding",
  namespaced: true,
  schema: roleBinding,
});
