import { allResources } from "#apis/all.ts";
import type { OwnerReference } from "#machinery/meta.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { parseApiVersion } from "#machinery/resource.ts";
import type { AuthorizationAttributes, Authorizer } from "../authorization/authorizer.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";
import { forbid } from "./errors.ts";

type Owner = DeepReadonly<OwnerReference>;

/** Finds the plural of a kind. */
export type PluralOf = (apiVersion: string, kind: string) => string | undefined;

const builtInPlural: PluralOf = (apiVersion, kind) =>
  allResources.find((one) => one.apiVersion === apiVersion && one.kind === kind)?.plural;

/**
 * Owners let the garbage collector delete, and can keep it from deleting: who sets them needs the
 * right to delete what is owned, and to change the finalizers of an owner that shall wait.
 */
export function ownerReferencesPermissionEnforcement(
  authorizer: Authorizer,
  pluralOf: PluralOf = builtInPlural,
): AdmissionPlugin {
  async function may(asked: AuthorizationAttributes): Promise<{ ok: boolean; reason: string }> {
    const { decision, reason } = await authorizer.authorize(asked);
    return { ok: decision === "allow", reason };
  }

  return {
    name: "OwnerReferencesPermissionEnforcement",
    matches: { operations: ["CREATE", "UPDATE"], resources: ["*"] },
    async validate(a) {
      if (a.resource.plural === "pods" && a.subresource === "status") return;
      const next = ownersOf(a.object);
      const old = ownersOf(a.oldObject);
      if (equalJson(next, old)) return;
      const asked = await may(about(a, { verb: "delete" }));
      if (!asked.ok) {
        const why = "cannot set an ownerRef on a resource you can't delete";
        throw forbid(a, `${why}: ${asked.reason}, <nil>`);
      }
      for (const owner of newlyBlocking(next, old)) {
        const resource = pluralOf(owner.apiVersion, owner.kind);
        if (resource === undefined) {
          const why = "cannot set blockOwnerDeletion in this case because cannot find RESTMapping";
          throw forbid(a, `${why} for APIVersion ${owner.apiVersion} Kind ${owner.kind}`);
        }
        const { group, version } = parseApiVersion(owner.apiVersion);
        const { name } = owner;
        const change = { verb: "update", group, version, resource, name };
        const allowed = await may(about(a, { ...change, subresource: "finalizers" }));
        if (allowed.ok) continue;
        const why =
          "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
        throw forbid(a, `${why}: ${allowed.reason}, <nil>`);
      }
    },
  };
}

function ownersOf(object: DeepReadonly<{ metadata?: unknown }> | undefined): readonly Owner[] {
  const metadata = object?.metadata as { ownerReferences?: readonly Owner[] } | undefined;
  return metadata?.ownerReferences ?? [];
}

function newlyBlocking(next: readonly Owner[], old: readonly Owner[]): Owner[] {
  return next.filter(
    ({ uid, blockOwnerDeletion }) =>
      blockOwnerDeletion === true &&
      !old.some((was) => was.uid === uid && was.blockOwnerDeletion === true),
  );
}

function about(
  a: AdmissionAttributes,
  asked: Partial<AuthorizationAttributes>,
): AuthorizationAttributes {
  const { user, namespace, name, subresource, resource } = a;
  return {
    user,
    verb: "",
    isResource: true,
    group: resource.group,
    version: resource.version,
    resource: resource.plural,
    subresource,
    namespace,
    name,
    path: "",
    ...asked,
  };
}
