import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import { type Infer, int32, kind, list, object, string, struct } from "#machinery/schema/schema.ts";
import { type TypedLocalObjectReference, typedLocalObjectReference } from "../core/references.ts";

export const serviceBackendPort = object(
  "networking.v1.ServiceBackendPort",
  {
    name: string({ tag: 1 }),
    number: int32({ tag: 2 }),
  },
  { mapType: "atomic" },
);
export interface ServiceBackendPort extends Infer<typeof serviceBackendPort> {}

export const ingressServiceBackend = object("networking.v1.IngressServiceBackend", {
  name: string({ tag: 1, always: true, required: true }),
  port: struct<ServiceBackendPort>(serviceBackendPort, { tag: 2 }),
});
export interface IngressServiceBackend extends Infer<typeof ingressServiceBackend> {}

export const ingressBackend = object("networking.v1.IngressBackend", {
  resource: struct<TypedLocalObjectReference>(typedLocalObjectReference, { tag: 3, pointer: true }),
  service: struct<IngressServiceBackend>(ingressServiceBackend, { tag: 4, pointer: true }),
});
export interface IngressBackend extends Infer<typeof ingressBackend> {}

export const httpIngressPath = object("networking.v1.HTTPIngressPath", {
  path: string({ tag: 1 }),
  backend: struct<IngressBackend>(ingressBackend, { tag: 2, always: true, required: true }),
  pathType: string({
    tag: 3,
    always: true,
    pointer: true,
    required: true,
    enum: ["Exact", "ImplementationSpecific", "Prefix"],
  }),
});
export interface HTTPIngressPath extends Infer<typeof httpIngressPath> {}

export const httpIngressRuleValue = object("networking.v1.HTTPIngressRuleValue", {
  paths: list(struct<HTTPIngressPath>(httpIngressPath), {
    tag: 1,
    always: true,
    required: true,
    listType: "atomic",
  }),
});
export interface HTTPIngressRuleValue extends Infer<typeof httpIngressRuleValue> {}

export const ingressRule = object("networking.v1.IngressRule", {
  host: string({ tag: 1 }),
  http: struct<HTTPIngressRuleValue>(httpIngressRuleValue, { tag: [2, 1], pointer: true }),
});
export interface IngressRule extends Infer<typeof ingressRule> {}

export const ingressTLS = object("networking.v1.IngressTLS", {
  hosts: list(string(), { tag: 1, listType: "atomic" }),
  secretName: string({ tag: 2 }),
});
export interface IngressTLS extends Infer<typeof ingressTLS> {}

export const ingressSpec = object("networking.v1.IngressSpec", {
  defaultBackend: struct<IngressBackend>(ingressBackend, { tag: 1, pointer: true }),
  tls: list(struct<IngressTLS>(ingressTLS), { tag: 2, listType: "atomic" }),
  rules: list(struct<IngressRule>(ingressRule), { tag: 3, listType: "atomic" }),
  ingressClassName: string({ tag: 4, pointer: true }),
});
export interface IngressSpec extends Infer<typeof ingressSpec> {}

export const ingressPortStatus = object("networking.v1.IngressPortStatus", {
  port: int32({ tag: 1, always: true, required: true }),
  protocol: string({ tag: 2, always: true, required: true, enum: ["SCTP", "TCP", "UDP"] }),
  error: string({ tag: 3, pointer: true }),
});
export interface IngressPortStatus extends Infer<typeof ingressPortStatus> {}

export const ingressLoadBalancerIngress = object("networking.v1.IngressLoadBalancerIngress", {
  ip: string({ tag: 1 }),
  hostname: string({ tag: 2 }),
  ports: list(struct<IngressPortStatus>(ingressPortStatus), { tag: 4, listType: "atomic" }),
});
export interface IngressLoadBalancerIngress extends Infer<typeof ingressLoadBalancerIngress> {}

export const ingressLoadBalancerStatus = object("networking.v1.IngressLoadBalancerStatus", {
  ingress: list(struct<IngressLoadBalancerIngress>(ingressLoadBalancerIngress), {
    tag: 1,
    listType: "atomic",
  }),
});
export interface IngressLoadBalancerStatus extends Infer<typeof ingressLoadBalancerStatus> {}

export const ingressStatus = object("networking.v1.IngressStatus", {
  loadBalancer: struct<IngressLoadBalancerStatus>(ingressLoadBalancerStatus, { tag: 1 }),
});
export interface IngressStatus extends Infer<typeof ingressStatus> {}

export const ingress = kind("networking.v1.Ingress", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<IngressSpec>(ingressSpec, { tag: 2 }),
  status: struct<IngressStatus>(ingressStatus, { tag: 3, optional: true }),
});
export interface Ingress extends Infer<typeof ingress> {}

export const ingresses = defineResource<Ingress>({
  group: "networking.k8s.io",
  version: "v1",
  kind: "Ingress",
  plural: "ingresses",
  singular: "ingress",
  shortNames: ["ing"],
  namespaced: true,
  schema: ingress,
  subresources: {
    status: {},
  },
});
