import { createHash } from "node:crypto";
import type { ApiGroup } from "#apis/groups.ts";
import { apiVersionOf, type Resource } from "#machinery/resource.ts";
import { servedGroups, subresourcesOf } from "./groups.ts";

/** Discovery as it was before it was aggregated: one request per group and version. */

/** `/api`. */
export function apiVersions(serverAddress: string): object {
  return {
    kind: "APIVersions",
    versions: ["v1"],
    serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
  };
}

/** `/apis`. */
export function apiGroupList(resources: Iterable<Resource>): object {
  const groups = servedGroups(resources)
    .filter(({ name }) => name !== "")
    .map(groupOf);
  return { kind: "APIGroupList", apiVersion: "v1", groups };
}

/** `/apis/GROUP`; undefined for a group that is not served. */
export function apiGroup(resources: Iterable<Resource>, name: string): object | undefined {
  const group = servedGroups(resources).find((each) => each.name === name && name !== "");
  return group && { kind: "APIGroup", apiVersion: "v1", ...groupOf(group) };
}

function groupOf({ name, versions: all }: ApiGroup): object {
  const versions = all.map((version) => ({
    groupVersion: apiVersionOf({ group: name, version }),
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

/** `/api/v1` or `/apis/GROUP/VERSION`; undefined when nothing is served there. */
export function apiResourceList(
  resources: Iterable<Resource>,
  group: string,
  version: string,
): object | undefined {
  const own = [...resources].filter((each) => each.group === group && each.version === version);
  if (own.length === 0) return undefined;
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: apiVersionOf({ group, version }),
    resources: own.flatMap(rowsOf),
  };
}

function rowsOf(resource: Resource): object[] {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = resource;
  const below = subresourcesOf(resource);
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs,
      ...(shortNames.length > 0 ? { shortNames } : {}),
      ...(categories.length > 0 ? { categories } : {}),
      ...(verbs.includes("list") ? { storageVersionHash: storageVersionHash(resource) } : {}),
    },
    ...below.map(([name, { group, version, kind, verbs }]) => {
      const own = group === resource.group && version === resource.version;
      return {
        name: `${plural}/${name}`,
        singularName: "",
        namespaced,
        ...(own ? {} : { group, version }),
        kind,
        verbs,
      };
    }),
  ];
}

/** Eight characters that change when the stored version does. */
function storageVersionHash({ apiVersion, kind }: Resource): string {
  return createHash("sha256").update(`${apiVersion}/${kind}`).digest("base64").slice(0, 11) + "=";
}
