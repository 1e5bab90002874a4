import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, kind, object, string, struct } from "#machinery/schema/schema.ts";

export const parentReference = object("networking.v1.ParentReference", {
  group: string({ tag: 1 }),
  resource: string({ tag: 2, required: true }),
  namespace: string({ tag: 3 }),
  name: string({ tag: 4, required: true }),
});
export interface ParentReference extends Infer<typeof parentReference> {}

export const ipAddressSpec = object("networking.v1.IPAddressSpec", {
  parentRef: struct<ParentReference>(parentReference, { tag: 1, pointer: true, required: true }),
});
export interface IPAddressSpec extends Infer<typeof ipAddressSpec> {}

export const ipAddress = kind("networking.v1.IPAddress", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<IPAddressSpec>(ipAddressSpec, { tag: 2, required: true }),
});
export interface IPAddress extends Infer<typeof ipAddress> {}

export const ipAddresses = defineResource<IPAddress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "IPAddress",
  plural: "ipaddresses",
  singular: "ipaddress",
  shortNames: ["ip"],
  namespaced: false,
  schema: ipAddress,
});
