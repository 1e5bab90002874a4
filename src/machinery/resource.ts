import type { KubeObject } from "./meta.ts";
import type { ObjectSchema } from "./schema/schema.ts";

/** Identifies a type of object. The core group is "". */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Identifies a collection that the API serves. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  /** The plural, such as `pods`. */
  readonly resource: string;
}

export type Verb =
  | "create"
  | "delete"
  | "deletecollection"
  | "get"
  | "list"
  | "patch"
  | "update"
  | "watch";

/** What lies below an object, such as `status`. */
export interface Subresource extends GroupVersionKind {
  readonly verbs: readonly Verb[];
}

/** What most resources can do. */
export const standardVerbs: readonly Verb[] = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
];
const subresourceVerbs: readonly Verb[] = ["get", "patch", "update"];

/** What discovery says of a resource. */
export interface ResourceIdentity<T> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The name in URLs, such as `pods`. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly namespaced: boolean;
  /** `standardVerbs` unless given. */
  readonly verbs?: readonly Verb[];
  readonly schema: ObjectSchema<T>;
  /** Their kind is the resource's own, and their verbs are get, patch and update, unless given. */
  readonly subresources?: Readonly<Record<string, Partial<Subresource>>>;
}

/**
 * The identity of a served resource: what clients, servers and tools need to name it. How the API
 * server treats its objects (defaults, validation, strategy) lies elsewhere.
 */
export interface Resource<T extends KubeObject = KubeObject> extends Required<ResourceIdentity<T>> {
  readonly subresources: Readonly<Record<string, Subresource>>;
  /** `apps/v1`, or `v1` for the core group. */
  readonly apiVersion: string;
  readonly gvk: GroupVersionKind;
  readonly gvr: GroupVersionResource;
  /** The kind of its lists, such as `PodList`. */
  readonly listKind: string;
  /**
   * The URL path: of the collection, in one namespace or all; with a name, of an object; with a
   * subresource, of what lies below it. The parts are percent-encoded.
   */
  path(namespace?: string, name?: string, subresource?: string): string;
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

/** The group and version in an `apiVersion`; "" is the core group. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Completes an identity with what follows from it. */
export function defineResource<T extends KubeObject>(identity: ResourceIdentity<T>): Resource<T> {
  const { group, version, kind, plural, namespaced } = identity;
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const part = (text: string | undefined) => (text ? `/${encodeURIComponent(text)}` : "");
  const below = Object.entries(identity.subresources ?? {}).map(
    ([name, own]) => [name, { group, version, kind, verbs: subresourceVerbs, ...own }] as const,
  );
  return {
    shortNames: [],
    categories: [],
    verbs: standardVerbs,
    ...identity,
    subresources: Object.fromEntries(below),
    apiVersion: apiVersionOf(identity),
    gvk: { group, version, kind },
    gvr: { group, version, resource: plural },
    listKind: `${kind}List`,
    path(namespace, name, subresource) {
      const within = namespaced && namespace ? `/namespaces${part(namespace)}` : "";
      return `${root}${within}/${plural}${part(name)}${part(subresource)}`;
    },
  };
}
