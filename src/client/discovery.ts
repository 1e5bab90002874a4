import type { KubeObject } from "#machinery/meta.ts";
import { defineResource, type Resource, type Verb } from "#machinery/resource.ts";
import type { ObjectSchema } from "#machinery/schema/schema.ts";
import type { Client } from "./client.ts";

/** What a server serves: each resource in the version that its group prefers. */
export interface Discovery {
  resources: Resource[];
  /** Groups and versions that the server could not tell about (an aggregated API is down). */
  failed: string[];
}

interface AggregatedDiscovery {
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: string;
      resources?: {
        resource: string;
        responseKind?: { group?: string; version?: string; kind: string };
        scope: string;
        singularResource?: string;
        verbs?: string[];
      }[];
    }[];
  }[];
}

const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Asks the server (aggregated discovery, KEP-3352) for all its resources. */
export async function discover(client: Client, signal?: AbortSignal): Promise<Discovery> {
  const call = { method: "GET", accept, ...(signal ? { signal } : {}) } as const;
  const answers = await Promise.all([
    client.raw({ ...call, path: "/api" }),
    client.raw({ ...call, path: "/apis" }),
  ]);
  const found: Discovery = { resources: [], failed: [] };
  for (const { body } of answers) collect(body as AggregatedDiscovery, found);
  return found;
}

function collect({ items = [] }: AggregatedDiscovery, into: Discovery): void {
  for (const { metadata, versions = [] } of items) {
    const group = metadata?.name ?? "";
    const seen = new Set<string>();
    for (const { version, freshness, resources = [] } of versions) {
      if (freshness === "Stale") into.failed.push(`${group}/${version}`);
      for (const { resource, responseKind, scope, singularResource, verbs } of resources) {
        if (seen.has(resource)) continue;
        seen.add(resource);
        into.resources.push(
          dynamicResource({
            group,
            version,
            kind: responseKind?.kind ?? "",
            plural: resource,
            singular: singularResource ?? "",
            namespaced: scope === "Namespaced",
            verbs: (verbs ?? []) as Verb[],
          }),
        );
      }
    }
  }
}

const anySchema = {
  name: "Unstructured",
  package: "",
  isKind: true,
  fields: {},
} as ObjectSchema<KubeObject>;

/** A resource that is known by name only: its objects are whatever the server says. */
export function dynamicResource(identity: {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular?: string;
  namespaced: boolean;
  verbs?: readonly Verb[];
}): Resource {
  return defineResource<KubeObject>({ singular: "", ...identity, schema: anySchema });
}
