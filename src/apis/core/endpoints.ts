import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, int32, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { objectReference, type ObjectReference } from "./references.ts";

export const endpointAddress = object(
  "core.v1.EndpointAddress",
  {
    ip: string({ tag: 1, always: true, required: true }),
    targetRef: struct<ObjectReference>(objectReference, { tag: 2, pointer: true }),
    hostname: string({ tag: 3 }),
    nodeName: string({ tag: 4, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface EndpointAddress extends Infer<typeof endpointAddress> {}

export const endpointPort = object(
  "core.v1.EndpointPort",
  {
    name: string({ tag: 1 }),
    port: int32({ tag: 2, always: true, required: true }),
    protocol: string({ tag: 3, enum: ["SCTP", "TCP", "UDP"] }),
    appProtocol: string({ tag: 4, pointer: true }),
  },
  { mapType: "atomic" },
);
export interface EndpointPort extends Infer<typeof endpointPort> {}

export const endpointSubset = object("core.v1.EndpointSubset", {
  addresses: list(struct<EndpointAddress>(endpointAddress), { tag: 1, listType: "atomic" }),
  notReadyAddresses: list(struct<EndpointAddress>(endpointAddress), { tag: 2, listType: "atomic" }),
  ports: list(struct<EndpointPort>(endpointPort), { tag: 3, listType: "atomic" }),
});
export interface EndpointSubset extends Infer<typeof endpointSubset> {}

export const endpointsSchema = kind("core.v1.Endpoints", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  subsets: list(struct<EndpointSubset>(endpointSubset), { tag: 2, listType: "atomic" }),
});
export interface Endpoints extends Infer<typeof endpointsSchema> {}

export const endpoints = defineResource<Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  singular: "endpoints",
  shortNames: ["ep"],
  namespaced: true,
  schema: endpointsSchema,
});
