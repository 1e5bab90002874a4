import { listSchemaOf } from "#machinery/list-schema.ts";
import {
  apiVersionOf,
  type GroupVersionKind,
  parseApiVersion,
  type Resource,
} from "#machinery/resource.ts";
import type { ObjectSchema } from "#machinery/schema/schema.ts";
import { allResources } from "./all.ts";
import { tokenRequest } from "./authentication/token-request.ts";
import { scale } from "./autoscaling/scale.ts";
import { apiResourceList } from "./meta/api-resource-list.ts";
import { condition } from "./meta/condition.ts";
import { deleteOptions } from "./meta/delete-options.ts";
import { status } from "./meta/status.ts";
import { watchEvent } from "./meta/watch-event.ts";
import { eviction } from "./policy/eviction.ts";

/** Every built-in kind that travels, found by group, version and kind. */

/** Kinds that are bodies of subresources only. */
const bodies: readonly (readonly [apiVersion: string, schema: ObjectSchema])[] = [
  ["authentication.k8s.io/v1", tokenRequest],
  ["autoscaling/v1", scale],
  ["policy/v1", eviction],
];

/** Types of requests and answers that belong to no resource. */
const shared: readonly ObjectSchema[] = [
  apiResourceList,
  condition,
  deleteOptions,
  status,
  watchEvent,
];

const byKind = new Map<string, ObjectSchema>();
const kinds = new Map<ObjectSchema, GroupVersionKind>();

function add(gvk: GroupVersionKind, schema: ObjectSchema): void {
  byKind.set(`${apiVersionOf(gvk)}/${gvk.kind}`, schema);
  kinds.set(schema, gvk);
}

for (const resource of allResources) {
  add(resource.gvk, resource.schema);
  if (resource.verbs.includes("list")) {
    add({ ...resource.gvk, kind: resource.listKind }, listSchemaOf(resource));
  }
}
for (const [apiVersion, schema] of bodies) {
  add({ ...parseApiVersion(apiVersion), kind: schema.name }, schema);
}

/**
 * The schema of a kind, a list kind, or a body such as `Scale`. `DeleteOptions` and `Status` are
 * the same in every group and version.
 */
export function schemaOfKind(gvk: GroupVersionKind): ObjectSchema | undefined {
  if (gvk.kind === "DeleteOptions") return deleteOptions;
  if (gvk.kind === "Status") return status;
  return byKind.get(`${apiVersionOf(gvk)}/${gvk.kind}`);
}

/** The kind that a schema describes; undefined for types that are no top-level kinds. */
export function kindOfSchema(schema: ObjectSchema): GroupVersionKind | undefined {
  return kinds.get(schema);
}

/** All types at the top of an OpenAPI document of one group and version. */
export function topLevelTypes(apiVersion: string): ObjectSchema[] {
  const own = allResources.filter((resource) => resource.apiVersion === apiVersion);
  const found = new Set<ObjectSchema>(shared);
  for (const resource of own) for (const schema of typesOf(resource)) found.add(schema);
  return [...found];
}

function typesOf(resource: Resource): ObjectSchema[] {
  const { listKind, gvk, subresources } = resource;
  const wanted = [gvk, { ...gvk, kind: listKind }, ...Object.values(subresources)];
  return wanted.flatMap((each) => schemaOfKind(each) ?? []);
}
