import { beforeEach, expect, test } from "vitest";
import { clusterRoleBindings } from "#apis/rbac/cluster-role-binding.ts";
import { clusterRoles } from "#apis/rbac/cluster-role.ts";
import { roleBindings } from "#apis/rbac/role-binding.ts";
import { roles } from "#apis/rbac/role.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { AdmissionAttributes } from "#apiserver/admission/admission.ts";
import { MemoryReader } from "#apiserver/testkit.ts";
import { BindingIndex } from "./bindings.ts";
import { escalationCheck } from "./escalation.ts";
import { RbacAuthorizer } from "./rbac.ts";
import type { Rule } from "./rules.ts";

const rbacGroup = "rbac.authorization.k8s.io";
const readPods: Rule = { apiGroups: [""], resources: ["pods"], verbs: ["get"] };
const readSecrets: Rule = { apiGroups: [""], resources: ["secrets"], verbs: ["get"] };
let reader: MemoryReader;
let check: (attributes: Partial<AdmissionAttributes>) => Promise<void>;

beforeEach(() => {
  reader = new MemoryReader();
  const rbac = new RbacAuthorizer(new BindingIndex(reader));
  const plugin = escalationCheck(rbac, rbac);
  check = async (attributes) =>
    plugin.validate?.({
      operation: "CREATE",
      subresource: "",
      namespace: "",
      name: "x",
      oldObject: undefined,
      object: undefined,
      user: { name: "ann", groups: ["dev"] },
      dryRun: false,
      options: {},
      warn: () => undefined,
      annotate: () => undefined,
      ...attributes,
    } as AdmissionAttributes);
  reader.put(clusterRoles, { metadata: { name: "secret-reader" }, rules: [readSecrets] });
  grant(readPods);
});

/** Gives ann a rule. */
function grant(rule: Rule): void {
  const roleRef = { apiGroup: rbacGroup, kind: "ClusterRole", name: "ann" };
  const subjects = [{ kind: "User", name: "ann" }];
  reader.put(clusterRoles, { metadata: { name: "ann" }, rules: [readPods, rule] });
  reader.put(clusterRoleBindings, { metadata: { name: "ann" }, roleRef, subjects });
}

const of = (resource: unknown) => resource as Resource;
const object = (fields: object) =>
  ({ metadata: { name: "x" }, ...fields }) as unknown as KubeObject;
const role = (...rules: Rule[]) => ({
  resource: of(roles),
  namespace: "shop",
  object: object({ rules }),
});
const binding = (kind: string, name: string) => ({
  resource: of(roleBindings),
  namespace: "shop",
  object: object({ roleRef: { apiGroup: rbacGroup, kind, name }, subjects: [] }),
});

test("a role may hold what its author holds", async () => {
  await check(role(readPods));
});

test("a role may not hold more, and the refusal tells what", async () => {
  await expect(check(role(readPods, readSecrets))).rejects.toMatchObject({
    reason: "Forbidden",
    message: expect.stringContaining(
      'user "ann" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}',
    ),
  });
});

test("a role that gathers others needs everything", async () => {
  const aggregated = { rules: [], aggregationRule: { clusterRoleSelectors: [] } };
  const attributes = { resource: of(clusterRoles), object: object(aggregated) };
  await expect(check(attributes)).rejects.toMatchObject({ reason: "Forbidden" });
});

test("the verb escalate lifts the limit for roles", async () => {
  grant({ apiGroups: [rbacGroup], resources: ["roles"], verbs: ["escalate"] });
  await check(role(readSecrets));
});

test("a role that is bound must be held", async () => {
  await expect(check(binding("ClusterRole", "secret-reader"))).rejects.toMatchObject({
    reason: "Forbidden",
  });
  grant(readSecrets);
  await check(binding("ClusterRole", "secret-reader"));
});

test("the verb bind lifts the limit for the role that it names", async () => {
  const rule = { apiGroups: [rbacGroup], resources: ["clusterroles"], verbs: ["bind"] };
  grant({ ...rule, resourceNames: ["secret-reader"] });
  await check(binding("ClusterRole", "secret-reader"));
  grant({ ...rule, resourceNames: ["other"] });
  await expect(check(binding("ClusterRole", "secret-reader"))).rejects.toMatchObject({
    reason: "Forbidden",
  });
});

test("a role that does not exist cannot be bound", async () => {
  await expect(check(binding("Role", "none"))).rejects.toMatchObject({ reason: "NotFound" });
});

test("members of system:masters may grant anything", async () => {
  await check({ ...role(readSecrets), user: { name: "root", groups: ["system:masters"] } });
});

test("an update that grants nothing new is not looked at", async () => {
  const changed = role(readSecrets);
  const oldObject = object({ rules: [readSecrets] });
  await check({ ...changed, operation: "UPDATE", oldObject });
  const narrower = object({ rules: [readPods] });
  await expect(
    check({ ...changed, operation: "UPDATE", oldObject: narrower }),
  ).rejects.toMatchObject({ reason: "Forbidden" });
});
