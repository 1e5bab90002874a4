import { type Path, path } from "#machinery/field-error.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  nameIsLabel,
  portNumber,
  qualifiedName,
} from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { isDualStack, isIpv6, parseIp, specialIp } from "#machinery/validation/ip.ts";
import { validateLabels } from "#machinery/validation/labels.ts";
import { Problems } from "#machinery/validation/problems.ts";
import type { FieldError } from "#machinery/field-error.ts";
import type { Service, ServicePort, ServiceSpec } from "./service.ts";

const at = path("spec");
const protocols = ["SCTP", "TCP", "UDP"];
const affinitySecondsMax = 86_400;

type Spec = DeepReadonly<ServiceSpec>;

export function isHeadless({ clusterIPs }: Spec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === "None";
}

export function isExternallyAccessible({ externalIPs = [], type }: Spec): boolean {
  if (type === "LoadBalancer" || type === "NodePort") return true;
  return type === "ClusterIP" && externalIPs.length > 0;
}

export function needsHealthCheckPort({ externalTrafficPolicy, type }: Spec): boolean {
  return type === "LoadBalancer" && externalTrafficPolicy === "Local";
}

/** The cluster IPs and families of a Service; what allocation looks at before all else. */
export function serviceIpErrors(spec: Spec): FieldError[] {
  const problems = new Problems();
  if (spec.type === "ExternalName") return [];
  const ipsAt = at.child("clusterIPs");
  const { clusterIP = "", clusterIPs = [], ipFamilies = [] } = spec;
  if (clusterIP !== "") {
    if (clusterIPs.length === 0) problems.required(ipsAt);
    else if (clusterIPs[0] !== clusterIP) {
      problems.invalid(ipsAt, clusterIPs, "first value must match `clusterIP`");
    }
  } else if (clusterIPs.length > 0) {
    problems.invalid(ipsAt, clusterIPs, "must be empty when `clusterIP` is not specified");
  }
  for (const [i, family] of ipFamilies.entries()) {
    const familyAt = at.child("ipFamilies").index(i);
    problems.oneOf(familyAt, family, ["IPv4", "IPv6"]);
    if (ipFamilies.indexOf(family) < i) problems.duplicate(familyAt, family);
  }
  problems.oneOf(at.child("ipFamilyPolicy"), spec.ipFamilyPolicy, [
    "PreferDualStack",
    "RequireDualStack",
    "SingleStack",
  ]);
  let bad = false;
  for (const [i, ip] of clusterIPs.entries()) {
    if (i === 0 && ip === "None") {
      if (clusterIPs.length === 1) continue;
      bad = true;
      problems.invalid(ipsAt, clusterIPs, "'None' must be the first and only value");
    } else if (!problems.ip(ipsAt.index(i), ip)) bad = true;
  }
  if (clusterIPs.length > 2) {
    problems.invalid(ipsAt, clusterIPs, "may only hold up to 2 values");
  }
  if (bad) return problems.list;
  if (clusterIPs.length > 1 && !isDualStack(clusterIPs)) {
    problems.invalid(ipsAt, clusterIPs, "may specify no more than one IP for each IP family");
  }
  if (isHeadless(spec)) return problems.list;
  for (const [i, ip] of clusterIPs.entries()) {
    const family = ipFamilies[i];
    if (family === undefined || (family === "IPv6") === isIpv6(ip)) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    problems.invalid(ipsAt.index(i), ip, detail);
  }
  return problems.list;
}

export const serviceName = nameIsLabel;

/** A Service as it is to be stored, its IPs and ports allocated. */
export function validateService(
  problems: Problems,
  { metadata, spec }: DeepReadonly<Service>,
): void {
  validateTopologyAnnotations(problems, metadata.annotations);
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== "ExternalName") {
    problems.required(at.child("ports"));
  }
  validateTypeFields(problems, spec);
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    validatePort(problems, at.child("ports").index(i), port, ports.length > 1, names);
  }
  validateLabels(problems, at.child("selector"), spec.selector);
  validateAffinity(problems, spec);
  problems.add(...serviceIpErrors(spec));
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) {
    const ipAt = at.child("externalIPs").index(i);
    if (problems.ip(ipAt, ip)) problems.each(ipAt, ip, specialIp(ip));
  }
  problems.requiredOneOf(at.child("type"), spec.type, [
    "ClusterIP",
    "ExternalName",
    "LoadBalancer",
    "NodePort",
  ]);
  validatePortClashes(problems, spec);
  validateSourceRanges(problems, spec, metadata.annotations);
  validateBalancer(problems, spec);
  validateTrafficPolicies(problems, spec);
}

const hintsAnnotation = "service.kubernetes.io/topology-aware-hints";
const modeAnnotation = "service.kubernetes.io/topology-mode";

function validateTopologyAnnotations(
  problems: Problems,
  annotations: DeepReadonly<Record<string, string>> | undefined,
): void {
  const mode = annotations?.[modeAnnotation];
  const hints = annotations?.[hintsAnnotation];
  if (mode === undefined || hints === undefined || mode === hints) return;
  const detail = `must match annotations[${hintsAnnotation}] when both are specified`;
  problems.invalid(path("metadata", "annotations").key(modeAnnotation), mode, detail);
}

function validateTypeFields(problems: Problems, spec: Spec): void {
  const { type } = spec;
  if ((type === "LoadBalancer" || type === "NodePort") && isHeadless(spec)) {
    const detail = `may not be set to 'None' for ${type} services`;
    problems.invalid(at.child("clusterIPs").index(0), "None", detail);
  }
  if (type !== "ExternalName") return;
  const detail = "may not be set for ExternalName services";
  if (spec.clusterIPs?.length) problems.forbidden(at.child("clusterIPs"), detail);
  if (spec.ipFamilies?.length) problems.forbidden(at.child("ipFamilies"), detail);
  if (spec.ipFamilyPolicy !== undefined) problems.forbidden(at.child("ipFamilyPolicy"), detail);
  problems.name(
    at.child("externalName"),
    (spec.externalName ?? "").replace(/\.$/, ""),
    dns1123Subdomain,
  );
}

function validatePort(
  problems: Problems,
  portAt: Path,
  port: DeepReadonly<ServicePort>,
  needsName: boolean,
  names: Set<string>,
): void {
  const { appProtocol, name, protocol, targetPort } = port;
  if (needsName && !name) problems.required(portAt.child("name"));
  else if (name) {
    problems.each(portAt.child("name"), name, dns1123Label(name));
    if (names.has(name)) problems.duplicate(portAt.child("name"), name);
    names.add(name);
  }
  problems.port(portAt.child("port"), port.port);
  problems.requiredOneOf(portAt.child("protocol"), protocol, protocols);
  problems.portOrName(portAt.child("targetPort"), targetPort);
  if (appProtocol === undefined) return;
  problems.each(portAt.child("appProtocol"), appProtocol, qualifiedName(appProtocol));
}

function validateAffinity(problems: Problems, spec: Spec): void {
  const { sessionAffinity, sessionAffinityConfig: config } = spec;
  problems.requiredOneOf(at.child("sessionAffinity"), sessionAffinity, ["ClientIP", "None"]);
  const configAt = at.child("sessionAffinityConfig");
  if (sessionAffinity === "None" && config) {
    problems.forbidden(configAt, "must not be set when session affinity is None");
  }
  if (sessionAffinity !== "ClientIP") return;
  const missing = "when session affinity type is ClientIP";
  const secondsAt = configAt.child("clientIP", "timeoutSeconds");
  const seconds = config?.clientIP?.timeoutSeconds;
  if (!config) problems.required(configAt, missing);
  else if (!config.clientIP) problems.required(configAt.child("clientIP"), missing);
  else if (seconds === undefined) problems.required(secondsAt, missing);
  else if (seconds <= 0 || seconds > affinitySecondsMax) {
    const detail = `must be greater than 0 and less than ${affinitySecondsMax}`;
    problems.invalid(secondsAt, seconds, detail);
  }
}

function validatePortClashes(problems: Problems, spec: Spec): void {
  const nodePorts = new Set<string>();
  const ports = new Set<string>();
  for (const [i, { nodePort, port, protocol }] of (spec.ports ?? []).entries()) {
    const portAt = at.child("ports").index(i);
    if (nodePort) {
      if (spec.type === "ClusterIP") {
        problems.forbidden(portAt.child("nodePort"), "may not be used when `type` is 'ClusterIP'");
      }
      const key = `${protocol}/${nodePort}`;
      if (nodePorts.has(key)) problems.duplicate(portAt.child("nodePort"), nodePort);
      nodePorts.add(key);
    }
    const key = `${protocol}/${port}`;
    if (ports.has(key)) problems.duplicate(portAt, { protocol, port });
    ports.add(key);
  }
}

const sourceRangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

function validateSourceRanges(
  problems: Problems,
  spec: Spec,
  annotations: DeepReadonly<Record<string, string>> | undefined,
): void {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const detail = "may only be used when `type` is 'LoadBalancer'";
  const isBalanced = spec.type === "LoadBalancer";
  if (ranges.length > 0) {
    const rangesAt = at.child("LoadBalancerSourceRanges");
    if (!isBalanced) problems.forbidden(rangesAt, detail);
    for (const [i, range] of ranges.entries()) problems.cidr(rangesAt.index(i), range.trim());
    return;
  }
  const annotated = annotations?.[sourceRangesAnnotation];
  if (annotated === undefined) return;
  const annotationAt = path("metadata", "annotations").key(sourceRangesAnnotation);
  if (!isBalanced) problems.forbidden(annotationAt, detail);
  if (annotated.trim() === "") return;
  for (const range of annotated.split(",")) problems.cidr(annotationAt, range.trim());
}

function validateBalancer(problems: Problems, spec: Spec): void {
  const { allocateLoadBalancerNodePorts: allocates, loadBalancerClass: balancer } = spec;
  const isBalanced = spec.type === "LoadBalancer";
  const detail = "may only be used when `type` is 'LoadBalancer'";
  if (allocates !== undefined && !isBalanced) {
    problems.forbidden(at.child("allocateLoadBalancerNodePorts"), detail);
  }
  if (allocates === undefined && isBalanced) problems.required("allocateLoadBalancerNodePorts");
  if (balancer === undefined) return;
  const balancerAt = at.child("loadBalancerClass");
  if (isBalanced) problems.each(balancerAt, balancer, qualifiedName(balancer));
  else problems.forbidden(balancerAt, detail);
}

function validateTrafficPolicies(problems: Problems, spec: Spec): void {
  const external = spec.externalTrafficPolicy;
  const externalAt = at.child("externalTrafficPolicy");
  if (!isExternallyAccessible(spec)) {
    if (external) {
      problems.invalid(externalAt, external, "may only be set for externally-accessible services");
    }
  } else {
    problems.requiredOneOf(externalAt, external, ["Cluster", "Local"]);
  }
  const checkPort = spec.healthCheckNodePort ?? 0;
  const checkAt = at.child("healthCheckNodePort");
  if (!needsHealthCheckPort(spec)) {
    if (checkPort !== 0) {
      const detail =
        "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
      problems.invalid(checkAt, checkPort, detail);
    }
  } else if (checkPort === 0) problems.required(checkAt);
  else problems.each(checkAt, checkPort, portNumber(checkPort));
  const internalAt = at.child("internalTrafficPolicy");
  if (spec.internalTrafficPolicy !== undefined) {
    problems.oneOf(internalAt, spec.internalTrafficPolicy, ["Cluster", "Local"]);
  } else if (["ClusterIP", "NodePort", "LoadBalancer"].includes(spec.type ?? "")) {
    problems.required(internalAt);
  }
  problems.oneOf(at.child("trafficDistribution"), spec.trafficDistribution, [
    "PreferClose",
    "PreferSameNode",
    "PreferSameZone",
  ]);
}

/** What an update may not do to a Service: its first IP and family stay. */
export function validateServiceUpdate(
  problems: Problems,
  { spec }: DeepReadonly<Service>,
  { spec: old }: DeepReadonly<Service>,
): void {
  if (spec.type !== "ExternalName" && old.type !== "ExternalName") {
    validateIpUpdate(problems, spec, old);
    validateFamilyUpdate(problems, spec, old);
  }
  if (
    spec.type === "LoadBalancer" &&
    old.type === "LoadBalancer" &&
    spec.loadBalancerClass !== old.loadBalancerClass
  ) {
    const value = spec.loadBalancerClass ?? null;
    problems.invalid(at.child("loadBalancerClass"), value, "may not change once set");
  }
  if (
    needsHealthCheckPort(old) &&
    needsHealthCheckPort(spec) &&
    spec.healthCheckNodePort !== old.healthCheckNodePort
  ) {
    problems.forbidden(at.child("healthCheckNodePort"), "field is immutable");
  }
}

const stays = "may not change once set";

function validateIpUpdate(problems: Problems, spec: Spec, old: Spec): void {
  if (isHeadless(old) && isHeadless(spec)) return;
  const ips = spec.clusterIPs ?? [];
  const before = old.clusterIPs ?? [];
  const ipsAt = at.child("clusterIPs");
  if (ips.length === before.length) {
    for (const [i, ip] of before.entries()) {
      if (ip !== ips[i]) problems.invalid(ipsAt.index(i), ips, stays);
    }
    return;
  }
  const released = before.length > ips.length;
  if (released && ips.length === 0) {
    problems.invalid(ipsAt.index(0), ips, "primary clusterIP can not be unset");
  }
  if (before.length > 0 && ips.length > 0 && ips[0] !== before[0]) {
    problems.invalid(ipsAt.index(0), ips, stays);
  }
  if (released && ips.length === 1 && spec.ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    problems.invalid(at.child("ipFamilyPolicy"), spec.ipFamilyPolicy ?? null, detail);
  }
}

function validateFamilyUpdate(problems: Problems, spec: Spec, old: Spec): void {
  if (isHeadless(spec) || isHeadless(old)) return;
  const families = spec.ipFamilies ?? [];
  const before = old.ipFamilies ?? [];
  const firstAt = at.child("ipFamilies").index(0);
  if (families.length === before.length) {
    for (const [i, family] of before.entries()) {
      if (family !== families[i]) problems.invalid(firstAt, families, stays);
    }
    return;
  }
  const released = before.length > families.length;
  if (released && (spec.clusterIPs ?? []).length === 0) {
    problems.invalid(firstAt, families, "primary ipFamily can not be unset");
  }
  if (before.length > 0 && families.length > 0 && families[0] !== before[0]) {
    problems.invalid(firstAt, spec.clusterIPs ?? [], stays);
  }
  if (released && families.length === 1 && spec.ipFamilyPolicy !== "SingleStack") {
    const detail = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    problems.invalid(at.child("ipFamilyPolicy"), spec.ipFamilyPolicy ?? null, detail);
  }
}

/** The status that a load balancer's controller writes. */
export function validateServiceStatus(
  problems: Problems,
  { spec, status }: DeepReadonly<Service>,
): void {
  const ingressAt = path("status", "loadBalancer", "ingress");
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec.type !== "LoadBalancer" && ingress.length > 0) {
    problems.forbidden(ingressAt, "may only be used when `spec.type` is 'LoadBalancer'");
    return;
  }
  for (const [i, { hostname, ip, ipMode }] of ingress.entries()) {
    const place = ingressAt.index(i);
    if (ip) problems.ip(place.child("ip"), ip);
    const modeAt = place.child("ipMode");
    if (ipMode === undefined) {
      if (ip) problems.required(modeAt, "must be specified when `ip` is set");
    } else if (!ip) {
      problems.forbidden(modeAt, "may not be specified when `ip` is not set");
    } else {
      problems.oneOf(modeAt, ipMode, ["Proxy", "VIP"]);
    }
    if (!hostname) continue;
    problems.each(place.child("hostname"), hostname, dns1123Subdomain(hostname));
    if (parseIp(hostname)) {
      const detail = "must be a DNS name, not an IP address";
      problems.invalid(place.child("hostname"), hostname, detail);
    }
  }
}
