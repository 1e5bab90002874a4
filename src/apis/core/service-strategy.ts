import { path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { Strategy } from "#machinery/strategy.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { ipWarnings } from "./pod-warnings-strategy.ts";
import {
  isExternallyAccessible,
  needsHealthCheckPort,
  serviceIpErrors,
  serviceName,
  validateService,
  validateServiceStatus,
  validateServiceUpdate,
} from "./service-validation.ts";
import { type Service, services, type ServiceSpec } from "./service.ts";

export function needsClusterIp({ type }: ServiceSpec): boolean {
  return type === "ClusterIP" || type === "NodePort" || type === "LoadBalancer";
}

export function needsNodePort({ allocateLoadBalancerNodePorts, type }: ServiceSpec): boolean {
  if (type === "NodePort") return true;
  return type === "LoadBalancer" && allocateLoadBalancerNodePorts !== false;
}

/** `clusterIP` and the first of `clusterIPs` are the same, whichever the client gave. */
function syncClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  const ips = spec.clusterIPs ?? [];
  const ip = spec.clusterIP ?? "";
  if (!old) {
    if (ip !== "" && ips.length === 0) spec.clusterIPs = [ip];
    return;
  }
  const sameIps = equalJson(ips, old.clusterIPs ?? []);
  if (ip !== (old.clusterIP ?? "")) {
    if (!sameIps) return;
    if (ip === "") delete spec.clusterIPs;
    else spec.clusterIPs = [ip, ...ips.slice(1)];
  } else if (ips.length === 0 && !sameIps) {
    delete spec.clusterIP;
  }
}

/** Puts back what the server allocated and an update does not mention. */
function keepAllocated(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
    if (!spec.clusterIPs?.length && spec.clusterIP === old.clusterIP && old.clusterIPs) {
      spec.clusterIPs = [...old.clusterIPs];
    }
    if (spec.ipFamilyPolicy === undefined && old.ipFamilyPolicy !== undefined) {
      spec.ipFamilyPolicy = old.ipFamilyPolicy;
    }
    if (!spec.ipFamilies?.length && old.ipFamilies) spec.ipFamilies = [...old.ipFamilies];
  }
  if (needsNodePort(old) && needsNodePort(spec)) keepNodePorts(spec, old);
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ??= old.healthCheckNodePort;
  }
}

function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  const used = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  const byName = new Map((old.ports ?? []).map(({ name = "", nodePort }) => [name, nodePort]));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const before = byName.get(port.name ?? "");
    if (!before || used.has(before)) continue;
    port.nodePort = before;
    used.add(before);
  }
}

function dropIfSame<K extends keyof ServiceSpec>(
  spec: ServiceSpec,
  old: ServiceSpec,
  ...fields: K[]
): void {
  for (const field of fields) if (equalJson(spec[field], old[field])) delete spec[field];
}

/** A change of type takes with it what only the old type had, if the client left it alone. */
function dropForType(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && !needsClusterIp(spec)) {
    dropIfSame(spec, old, "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy");
  }
  if (needsNodePort(old) && !needsNodePort(spec)) {
    const ports = ({ ports = [] }: ServiceSpec) => ports.map(({ nodePort }) => nodePort ?? 0);
    if (equalJson(ports(spec), ports(old)))
      for (const port of spec.ports ?? []) delete port.nodePort;
  }
  if (needsHealthCheckPort(old) && !needsHealthCheckPort(spec)) {
    dropIfSame(spec, old, "healthCheckNodePort");
  }
  if (old.type === "LoadBalancer" && spec.type !== "LoadBalancer") {
    dropIfSame(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass");
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec)) {
    dropIfSame(spec, old, "externalTrafficPolicy");
  }
}

function warnings({ metadata, spec }: Service): string[] {
  const found: string[] = [];
  const at = path("spec");
  const hints = "service.kubernetes.io/topology-aware-hints";
  if (metadata.annotations?.[hints] !== undefined) {
    found.push(
      `annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    );
  }
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    found.push(...ipWarnings(at.child("clusterIPs").index(i), ip));
  }
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    found.push(...ipWarnings(at.child("externalIPs").index(i), ip));
  }
  if (spec.loadBalancerIP) {
    found.push(...ipWarnings(at.child("loadBalancerIP"), spec.loadBalancerIP));
  }
  const headless = spec.clusterIP === "None";
  if (spec.type === "ExternalName" && spec.externalIPs?.length) {
    found.push(`spec.externalIPs is ignored when spec.type is "ExternalName"`);
  }
  if (spec.type !== "ExternalName" && spec.externalName) {
    found.push(`spec.externalName is ignored when spec.type is not "ExternalName"`);
  }
  if (headless && spec.loadBalancerIP) {
    found.push("spec.loadBalancerIP is ignored for headless services");
  }
  if (headless && spec.externalIPs?.length) {
    found.push("spec.externalIPs is ignored for headless services");
  }
  if (headless && spec.sessionAffinity === "ClientIP") {
    found.push("spec.SessionAffinity is ignored for headless services");
  }
  return found;
}

const basics = kindStrategy<Service>({
  resource: services,
  updateMetadata: "both",
  generation: false,
  allowCreateOnUpdate: true,
  validateName: serviceName,
  prepareForCreate: ({ spec }) => syncClusterIps(spec, undefined),
  prepareForUpdate({ spec }, old) {
    keepAllocated(spec, old.spec);
    syncClusterIps(spec, old.spec);
    dropForType(spec, old.spec);
  },
  validate: (problems, service) => validateService(problems, service),
  validateUpdate: (problems, service, old) => validateServiceUpdate(problems, service, old),
  warnings,
  status: {
    validateUpdate: (problems, service) => validateServiceStatus(problems, service),
  },
});

/** IPs that make no sense are refused before anything else is looked at. */
export const serviceStrategy: Strategy<Service> = {
  ...basics,
  validate(service, context) {
    const errors = serviceIpErrors(service.spec);
    return errors.length > 0 ? errors : (basics.validate?.(service, context) ?? []);
  },
  validateUpdate(service, old, context) {
    const errors = serviceIpErrors(service.spec);
    return errors.length > 0 ? errors : (basics.validateUpdate?.(service, old, context) ?? []);
  },
};
