import { type ApiGroup, apiGroups } from "#apis/groups.ts";
import type { Resource, Subresource } from "#machinery/resource.ts";

/** Aggregated discovery (apidiscovery.k8s.io/v2, KEP-3352): everything in two answers. */

export interface GroupDiscovery {
  readonly metadata: { readonly name?: string; readonly creationTimestamp: null };
  readonly versions: readonly object[];
}

/** `/api` (the core group alone) or `/apis` (all others). */
export function aggregated(resources: Iterable<Resource>, core: boolean): object {
  const byVersion = Map.groupBy(resources, ({ group, version }) => `${group}/${version}`);
  const groups = apiGroups.filter(({ name }) => (name === "") === core);
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
  const subresources = Object.entries(resource.subresources).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    resource: plural,
    // As upstream: the kind alone when it is of the group and version it is served in.
    responseKind: { group: "", version: "", kind },
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
  const own = group === resource.group && version === resource.version;
  const responseKind = own ? { group: "", version: "", kind } : { group, version, kind };
  return { subresource, responseKind, verbs };
}
