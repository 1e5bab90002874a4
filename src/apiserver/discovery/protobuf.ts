import { apiResourceList } from "#apis/meta/api-resource-list.ts";
import { type ListMeta, listMeta, type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { encodeEnveloped } from "#machinery/protobuf/envelope.ts";
import { kind, list, object, string, struct, type TypeMeta } from "#machinery/schema/schema.ts";

/** The protobuf forms of discovery (apidiscovery/v2 and meta/v1). */

const responseKind = object("apidiscovery.v2.GroupVersionKind", {
  group: string({ tag: 1, always: true }),
  version: string({ tag: 2, always: true }),
  kind: string({ tag: 3, always: true }),
});

const subresource = object("apidiscovery.v2.APISubresourceDiscovery", {
  subresource: string({ tag: 1, always: true }),
  responseKind: struct(responseKind, { tag: 2, pointer: true }),
  acceptedTypes: list(struct(responseKind), { tag: 3 }),
  verbs: list(string(), { tag: 4 }),
});

const resource = object("apidiscovery.v2.APIResourceDiscovery", {
  resource: string({ tag: 1, always: true }),
  responseKind: struct(responseKind, { tag: 2, pointer: true }),
  scope: string({ tag: 3, always: true }),
  singularResource: string({ tag: 4, always: true }),
  verbs: list(string(), { tag: 5 }),
  shortNames: list(string(), { tag: 6 }),
  categories: list(string(), { tag: 7 }),
  subresources: list(struct(subresource), { tag: 8 }),
});

const version = object("apidiscovery.v2.APIVersionDiscovery", {
  version: string({ tag: 1, always: true }),
  resources: list(struct(resource), { tag: 2 }),
  freshness: string({ tag: 3, always: true }),
});

const group = object("apidiscovery.v2.APIGroupDiscovery", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  versions: list(struct(version), { tag: 2 }),
});

const groupList = kind("apidiscovery.v2.APIGroupDiscoveryList", {
  metadata: struct<ListMeta>(listMeta, { tag: 1 }),
  items: list(struct(group), { tag: 2 }),
});

/** An `APIGroupDiscoveryList` in its envelope. */
export function encodeAggregated(discovery: object): Uint8Array {
  return encodeEnveloped(groupList, discovery as TypeMeta);
}

/** An `APIResourceList` in its envelope; that of the core group names no version of its own. */
export function encodeResourceList(resources: object): Uint8Array {
  return encodeEnveloped(apiResourceList, { apiVersion: "", ...resources } as TypeMeta);
}
