import type { Resource } from "#machinery/resource.ts";
import { horizontalPodAutoscalers } from "./autoscaling/horizontal-pod-autoscaler.ts";
import { events } from "./core/event.ts";

/** Where and as what the objects of a resource are stored. */
export interface StorageLocation {
  /** Keys start with this, then `namespace/name` or `name`; laid out as upstream does in etcd. */
  readonly prefix: string;
  /** The version that is stored; other versions of the kind are views of it. */
  readonly storedAs: Resource;
}

/** Upstream's names for the keys of resources that are not stored under their plural. */
const prefixes: Readonly<Record<string, string>> = {
  endpoints: "services/endpoints",
  ingresses: "ingress",
  nodes: "minions",
  replicationcontrollers: "controllers",
  services: "services/specs",
};

/** Groups of servers of their own upstream, whose keys have the group in front. */
const groupedKeys = new Set(["apiextensions.k8s.io", "apiregistration.k8s.io"]);

/** Kinds that are served in several groups or versions and stored in one. */
const storedVersions: Readonly<Record<string, Resource>> = {
  "events.k8s.io/v1/events": events,
  "autoscaling/v1/horizontalpodautoscalers": horizontalPodAutoscalers,
};

/** Where the objects of `resource` lie. */
export function storageOf(resource: Resource): StorageLocation {
  const { group, version, plural } = resource;
  const storedAs = storedVersions[`${group}/${version}/${plural}`] ?? resource;
  const name = prefixes[plural] ?? plural;
  const prefix = groupedKeys.has(group) ? `/registry/${group}/${name}/` : `/registry/${name}/`;
  return { prefix, storedAs };
}

/** Whether a resource's objects are stored at all (reviews and bindings only ask or tell). */
export function isStored(resource: Resource): boolean {
  return resource.verbs.includes("list") && resource.plural !== "componentstatuses";
}
