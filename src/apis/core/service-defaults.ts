import type { Service } from "./service.ts";

/** Three hours, as long as a client's connections stick to one endpoint. */
const affinitySeconds = 10_800;

export function applyDefaultsToService({ spec, status }: Service): void {
  spec.sessionAffinity ??= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === "ClientIP") {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= affinitySeconds;
  }
  spec.type ??= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ??= "TCP";
    if (port.targetPort === 0 || port.targetPort === "") port.targetPort = port.port;
  }
  const { type } = spec;
  const isBalanced = type === "LoadBalancer";
  const isExternal = isBalanced || type === "NodePort";
  const hasExternalIP = type === "ClusterIP" && (spec.externalIPs ?? []).length > 0;
  if (isExternal || hasExternalIP) spec.externalTrafficPolicy ??= "Cluster";
  if (isExternal || type === "ClusterIP") spec.internalTrafficPolicy ??= "Cluster";
  if (!isBalanced) return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of status?.loadBalancer.ingress ?? []) {
    if (ingress.ip !== undefined) ingress.ipMode ??= "VIP";
  }
}
