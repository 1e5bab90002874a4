import type { ApiGroup } from "#apis/groups.ts";
import type { Resource, Subresource } from "#machinery/resource.ts";
import { isBuiltIn, servedGroups, subresourcesOf } from "./groups.ts";

/** Aggregated discovery (apidiscovery.k8s.io/v2, KEP-3352): everything in two answers. */

export interface GroupDiscovery {
  readonly metadata: { readonly name?: string; readonly creationTimestamp: null };
  readonly versions: readonly object[];
}

/** `/api` (the core group alone) or `/apis` (all others). */
export function aggregated(resources: Iterable<Resource>, core: boolean): object {
  const all = [...resources];
  const byVersion = Map.groupBy(all, ({ group, version }) => `${group}/${version}`);
  const groups = servedGroups(all).filter(({ name }) => (name === "") === core);
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => groupDiscovery(group, byVersion)),
  };
}

function groupDiscovery(
  { name, versions }: ApiGroup,
  byVersion: ReadonlyMap<string, readonly Resource[]>,
): GroupDiscovery {
  return {
    metadata: { ...(name === "" ? {} : { name }), creationTimestamp: null },
    versions: versions.map((version) => ({
      version,
      resources: (byVersion.get(`${name}/${version}`) ?? []).map(resourceDiscovery),
      freshness: "Current",
    })),
  };
}

function resourceDiscovery(resource: Resource): object {
  const { plural, kind, namespaced, singular, verbs, shortNames, categories } = resource;
  const subresources = subresourcesOf(resource);
  return {
    resource: plural,
    // As upstream: built-in ones say the kind alone when it is of the group and version served.
    responseKind: isBuiltIn(resource) ? { group: "", version: "", kind } : { ...resource.gvk },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0
      ? { subresources: subresources.map(([name, each]) => below(resource, name, each)) }
      : {}),
  };
}

function below(resource: Resource, subresource: string, answer: Subresource): object {
  const { group, version, kind, verbs } = answer;
  const own = isBuiltIn(resource) && group === resource.group && version === resource.version;
  const responseKind = own ? { group: "", version: "", kind } : { group, version, kind };
  return { subresource, responseKind, verbs };
}
