import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int32,
  kind,
  list,
  map,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { objectReference, type ObjectReference } from "../core/references.ts";

export const endpointConditions = object("discovery.v1.EndpointConditions", {
  ready: bool({ tag: 1, pointer: true }),
  serving: bool({ tag: 2, pointer: true }),
  terminating: bool({ tag: 3, pointer: true }),
});
export interface EndpointConditions extends Infer<typeof endpointConditions> {}

export const forNode = object("discovery.v1.ForNode", {
  name: string({ tag: 1, always: true, required: true }),
});
export interface ForNode extends Infer<typeof forNode> {}

export const forZone = object("discovery.v1.ForZone", {
  name: string({ tag: 1, always: true, required: true }),
});
export interface ForZone extends Infer<typeof forZone> {}

export const endpointHints = object("discovery.v1.EndpointHints", {
  forZones: list(struct<ForZone>(forZone), { tag: 1, listType: "atomic" }),
  forNodes: list(struct<ForNode>(forNode), { tag: 2, listType: "atomic" }),
});
export interface EndpointHints extends Infer<typeof endpointHints> {}

export const endpoint = object("discovery.v1.Endpoint", {
  addresses: list(string(), { tag: 1, always: true, required: true, listType: "set" }),
  conditions: struct<EndpointConditions>(endpointConditions, { tag: 2 }),
  hostname: string({ tag: 3, pointer: true }),
  targetRef: struct<ObjectReference>(objectReference, { tag: 4, pointer: true }),
  deprecatedTopology: map(string(), { tag: 5 }),
  nodeName: string({ tag: 6, pointer: true }),
  zone: string({ tag: 7, pointer: true }),
  hints: struct<EndpointHints>(endpointHints, { tag: 8, pointer: true }),
});
export interface Endpoint extends Infer<typeof endpoint> {}

export const endpointPort = object(
  "discovery.v1.EndpointPort",
  {
    name: string({ tag: 1, pointer: true }),
    protocol: string({ tag: 2, pointer: true, enum: ["SCTP", "TCP", "UDP"] }),
    port: int32({ tag: 3, pointer: true }),
    appProtocol: string({ tag: 4, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSlice = kind("discovery.v1.EndpointSlice", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  endpoints: list(struct<Endpoint>(endpoint), { tag: 2, always: true, listType: "atomic" }),
  ports: list(struct<EndpointPort>(endpointPort), { tag: 3, always: true, listType: "atomic" }),
  addressType: string({ tag: 4, always: true, required: true, enum: ["FQDN", "IPv4", "IPv6"] }),
});
export interface EndpointSlice extends Infer<typeof endpointSlice> {}

export const endpointSlices = defineResource<EndpointSlice>({
  group: "discovery.k8s.io",
  version: "v1",
  kind: "EndpointSlice",
  plural: "endpointslices",
  singular: "endpointslice",
  namespaced: true,
  schema: endpointSlice,
});
