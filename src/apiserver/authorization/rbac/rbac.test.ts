import { beforeEach, expect, test } from "vitest";
import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import { clusterRoles } from "#apis/rbac/cluster-role.ts";
import { roleBindings } from "#apis/rbac/role-binding.ts";
import { roles } from "#apis/rbac/role.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import { MemoryReader } from "#apiserver/testkit.ts";
import type { AuthorizationAttributes } from "../authorizer.ts";
import { BindingIndex } from "./bindings.ts";
import { RbacAuthorizer } from "./rbac.ts";
import type { Rule } from "./rules.ts";

const ann: UserInfo = { name: "ann", groups: ["dev"] };
const readPods: Rule = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
const readNodes: Rule = { apiGroups: [""], resources: ["nodes"], verbs: ["get"] };
const user = (name: string) => ({ kind: "User", name, apiGroup: "rbac.authorization.k8s.io" });

let reader: MemoryReader;
let rbac: RbacAuthorizer;

beforeEach(() => {
  reader = new MemoryReader();
  rbac = new RbacAuthorizer(new BindingIndex(reader));
  reader.put(clusterRoles, { metadata: { name: "pod-reader" }, rules: [readPods] });
  reader.put(clusterRoles, { metadata: { name: "node-reader" }, rules: [readNodes] });
  reader.put(roles, { metadata: { name: "local", namespace: "shop" }, rules: [readPods] });
});

function bind(subjects: object[], role: string, namespace?: string, kind = "ClusterRole"): void {
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: role };
  const [resource, place] = namespace ? [roleBindings, { namespace }] : [clusterRoleBindings, {}];
  reader.put(resource, {
    metadata: { name: "b", ...place },
    roleRef,
    subjects,
  });
}

function may(who: UserInfo, resource: string, namespace = "") {
  const asked: AuthorizationAttributes = {
    user: who,
    verb: "get",
    isResource: true,
    group: "",
    version: "v1",
    resource,
    subresource: "",
    namespace,
    name: "x",
    path: "",
  };
  return rbac.authorize(asked);
}

test("who is bound to nothing is allowed nothing", () => {
  expect(may(ann, "pods")).toEqual({ decision: "noOpinion", reason: "" });
});

test("a ClusterRoleBinding grants in all namespaces and tells so", () => {
  bind([user("ann")], "pod-reader");
  expect(may(ann, "pods", "shop")).toEqual({
    decision: "allow",
    reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "pod-reader"',
  });
  expect(may(ann, "pods").decision).toBe("allow");
  expect(may(ann, "nodes").decision).toBe("noOpinion");
});

test("a RoleBinding grants in its namespace, be it to a Role or a ClusterRole", () => {
  bind([user("ann")], "local", "shop", "Role");
  expect(may(ann, "pods", "shop")).toEqual({
    decision: "allow",
    reason: 'RBAC: allowed by RoleBinding "b/shop" of Role "local"',
  });
  bind([user("ann")], "pod-reader", "shop");
  expect(may(ann, "pods", "shop").decision).toBe("allow");
  expect(may(ann, "pods", "other").decision).toBe("noOpinion");
  expect(may(ann, "pods").decision).toBe("noOpinion");
});

test.each([
  ["a group", { kind: "Group", name: "dev" }, ann, true],
  ["another group", { kind: "Group", name: "ops" }, ann, false],
  ["a group that is called as the user", { kind: "Group", name: "ann" }, ann, false],
  [
    "a service account",
    { kind: "ServiceAccount", name: "web", namespace: "shop" },
    { name: "system:serviceaccount:shop:web", groups: [] },
    true,
  ],
  [
    "a service account of another namespace",
    { kind: "ServiceAccount", name: "web", namespace: "other" },
    { name: "system:serviceaccount:shop:web", groups: [] },
    false,
  ],
])("%s is a subject", (_what, subject, who, allowed) => {
  bind([user("bob"), subject], "pod-reader");
  expect(may(who, "pods").decision).toBe(allowed ? "allow" : "noOpinion");
});

test("decisions follow every change of roles and bindings", () => {
  expect(may(ann, "pods").decision).toBe("noOpinion");
  bind([user("ann")], "pod-reader");
  expect(may(ann, "pods").decision).toBe("allow");
  reader.put(clusterRoles, { metadata: { name: "pod-reader" }, rules: [readNodes] });
  expect(may(ann, "pods").decision).toBe("noOpinion");
  expect(may(ann, "nodes").decision).toBe("allow");
  reader.remove(clusterRoleBindings, "", "b");
  expect(may(ann, "nodes").decision).toBe("noOpinion");
});

test("a binding to a role that does not exist grants nothing until it does", () => {
  bind([user("ann")], "later");
  expect(may(ann, "pods").decision).toBe("noOpinion");
  reader.put(clusterRoles, { metadata: { name: "later" }, rules: [readPods] });
  expect(may(ann, "pods").decision).toBe("allow");
});

test("the rules of a user are those of the cluster and of the namespace", () => {
  bind([user("ann")], "node-reader");
  bind([{ kind: "Group", name: "dev" }], "local", "shop", "Role");
  expect(rbac.rulesFor(ann, "shop")).toEqual([readNodes, readPods]);
  expect(rbac.rulesFor(ann, "")).toEqual([readNodes]);
  expect(rbac.rulesFor(ann, "other")).toEqual([readNodes]);
});

test("a user who has the same binding twice has its rules once", () => {
  bind([user("ann"), { kind: "Group", name: "dev" }], "node-reader");
  expect(rbac.rulesFor(ann, "")).toEqual([readNodes]);
});

test("a disposed index no longer follows", () => {
  rbac[Symbol.dispose]();
  const { generation } = rbac.bindings;
  bind([user("ann")], "pod-reader");
  expect(rbac.bindings.generation).toBe(generation);
});
