import { type ApiGroup, apiGroups } from "#apis/groups.ts";
import type { Resource, Subresource } from "#machinery/resource.ts";
import { compareVersions } from "../crd/kube-versions.ts";

const builtIn: ReadonlySet<string> = new Set(
  apiGroups.flatMap(({ name, versions }) => versions.map((version) => `${name}/${version}`)),
);

/** Whether a resource is of a group and version that every server has. */
export function isBuiltIn({ group, version }: Pick<Resource, "group" | "version">): boolean {
  return builtIn.has(`${group}/${version}`);
}

/** All groups that are served: the built-in ones, then those of custom resources by name. */
export function servedGroups(resources: Iterable<Resource>): ApiGroup[] {
  const custom = new Map<string, Set<string>>();
  for (const resource of resources) {
    if (isBuiltIn(resource)) continue;
    const { group, version } = resource;
    const versions = custom.get(group);
    if (versions) versions.add(version);
    else custom.set(group, new Set([version]));
  }
  if (custom.size === 0) return [...apiGroups];
  const more = (name: string) => [...(custom.get(name) ?? [])].toSorted(compareVersions);
  const known = new Set(apiGroups.map(({ name }) => name));
  return [
    ...apiGroups.map(({ name, versions }) => ({ name, versions: [...versions, ...more(name)] })),
    ...[...custom.keys()]
      .filter((name) => !known.has(name))
      .toSorted()
      .map((name) => ({ name, versions: more(name) })),
  ];
}

/** Subresources in the order in which upstream lists them. */
export function subresourcesOf(resource: Resource): (readonly [string, Subresource])[] {
  const all = Object.entries(resource.subresources);
  return isBuiltIn(resource) ? all.toSorted(([a], [b]) => (a < b ? -1 : 1)) : all;
}
