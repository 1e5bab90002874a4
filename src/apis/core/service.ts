import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int32,
  intOrString,
  kind,
  list,
  map,
  object,
  string,
  struct,
} from "#machinery/schema/schema.ts";
import { type Condition, condition } from "../meta/condition.ts";

export const servicePort = object("core.v1.ServicePort", {
  name: string({ tag: 1 }),
  protocol: string({ tag: 2, default: "TCP", enum: ["SCTP", "TCP", "UDP"] }),
  port: int32({ tag: 3, always: true, required: true }),
  targetPort: intOrString({ tag: 4 }),
  nodePort: int32({ tag: 5 }),
  appProtocol: string({ tag: 6, pointer: true }),
});
export interface ServicePort extends Infer<typeof servicePort> {}

export const clientIPConfig = object("core.v1.ClientIPConfig", {
  timeoutSeconds: int32({ tag: 1, pointer: true }),
});
export interface ClientIPConfig extends Infer<typeof clientIPConfig> {}

export const sessionAffinityConfig = object("core.v1.SessionAffinityConfig", {
  clientIP: struct<ClientIPConfig>(clientIPConfig, { tag: 1, pointer: true }),
});
export interface SessionAffinityConfig extends Infer<typeof sessionAffinityConfig> {}

export const serviceSpec = object("core.v1.ServiceSpec", {
  ports: list(struct<ServicePort>(servicePort), {
    tag: 1,
    listType: "map",
    listMapKeys: ["port", "protocol"],
    patchStrategy: "merge",
    patchMergeKey: "port",
  }),
  selector: map(string(), { tag: 2, mapType: "atomic" }),
  clusterIP: string({ tag: 3 }),
  type: string({ tag: 4, enum: ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"] }),
  externalIPs: list(string(), { tag: 5, listType: "atomic" }),
  sessionAffinity: string({ tag: 7, enum: ["ClientIP", "None"] }),
  loadBalancerIP: string({ tag: 8 }),
  loadBalancerSourceRanges: list(string(), { tag: 9, listType: "atomic" }),
  externalName: string({ tag: 10 }),
  externalTrafficPolicy: string({ tag: 11, enum: ["Cluster", "Local"] }),
  healthCheckNodePort: int32({ tag: 12 }),
  publishNotReadyAddresses: bool({ tag: 13 }),
  sessionAffinityConfig: struct<SessionAffinityConfig>(sessionAffinityConfig, {
    tag: 14,
    pointer: true,
  }),
  ipFamilyPolicy: string({
    tag: 17,
    pointer: true,
    enum: ["PreferDualStack", "RequireDualStack", "SingleStack"],
  }),
  clusterIPs: list(string(), { tag: 18, listType: "atomic" }),
  ipFamilies: list(string({ enum: ["", "IPv4", "IPv6"] }), { tag: 19, listType: "atomic" }),
  allocateLoadBalancerNodePorts: bool({ tag: 20, pointer: true }),
  loadBalancerClass: string({ tag: 21, pointer: true }),
  internalTrafficPolicy: string({ tag: 22, pointer: true, enum: ["Cluster", "Local"] }),
  trafficDistribution: string({ tag: 23, pointer: true }),
});
export interface ServiceSpec extends Infer<typeof serviceSpec> {}

export const portStatus = object("core.v1.PortStatus", {
  port: int32({ tag: 1, always: true, required: true }),
  protocol: string({ tag: 2, always: true, required: true, enum: ["SCTP", "TCP", "UDP"] }),
  error: string({ tag: 3, pointer: true }),
});
export interface PortStatus extends Infer<typeof portStatus> {}

export const loadBalancerIngress = object("core.v1.LoadBalancerIngress", {
  ip: string({ tag: 1 }),
  hostname: string({ tag: 2 }),
  ipMode: string({ tag: 3, pointer: true }),
  ports: list(struct<PortStatus>(portStatus), { tag: 4, listType: "atomic" }),
});
export interface LoadBalancerIngress extends Infer<typeof loadBalancerIngress> {}

export const loadBalancerStatus = object("core.v1.LoadBalancerStatus", {
  ingress: list(struct<LoadBalancerIngress>(loadBalancerIngress), { tag: 1, listType: "atomic" }),
});
export interface LoadBalancerStatus extends Infer<typeof loadBalancerStatus> {}

export const serviceStatus = object("core.v1.ServiceStatus", {
  loadBalancer: struct<LoadBalancerStatus>(loadBalancerStatus, { tag: 1 }),
  conditions: list(struct<Condition>(condition), {
    tag: 2,
    listType: "map",
    listMapKeys: ["type"],
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
});
export interface ServiceStatus extends Infer<typeof serviceStatus> {}

export const service = kind("core.v1.Service", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<ServiceSpec>(serviceSpec, { tag: 2 }),
  status: struct<ServiceStatus>(serviceStatus, { tag: 3, optional: true }),
});
export interface Service extends Infer<typeof service> {}

export const services = defineResource<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  singular: "service",
  shortNames: ["svc"],
  categories: ["all"],
  namespaced: true,
  schema: service,
  subresources: {
    proxy: { kind: "ServiceProxyOptions", verbs: ["create", "delete", "get", "patch", "update"] },
    status: {},
  },
});
