import { path, type Path } from "#machinery/field-error.ts";
import {
  dns1123Subdomain,
  nameIsSubdomain,
  pathSegmentName,
  portName,
  portNumber,
  wildcardDns1123Subdomain,
} from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { parseIp } from "#machinery/validation/ip.ts";
import { Problems } from "#machinery/validation/problems.ts";
import { serviceName } from "../core/service-validation.ts";
import type {
  HTTPIngressPath,
  IngressBackend,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressSpec,
  IngressTLS,
} from "./ingress.ts";

type Spec = DeepReadonly<IngressSpec>;
type Backend = DeepReadonly<IngressBackend>;

/** What objects stored by older versions may still have wrong. */
interface Leniency {
  readonly secretName: boolean;
  readonly wildcardRule: boolean;
}

const strict: Leniency = { secretName: false, wildcardRule: false };
const badSequences = ["//", "/./", "/../", "%2f", "%2F"];
const badEndings = ["/..", "/."];
const notAnIp = "must be a DNS name, not an IP address";

/** `old`: what is stored, in an update. */
export function validateIngressSpec(problems: Problems, spec: Spec, old: Spec | undefined): void {
  const at = path("spec");
  const lenient = leniencyOf(old);
  const { defaultBackend, ingressClassName, rules = [], tls = [] } = spec;
  if (rules.length === 0 && !defaultBackend) {
    problems.invalid(at, rules, "either `defaultBackend` or `rules` must be specified");
  }
  if (defaultBackend) validateBackend(problems, at.child("defaultBackend"), defaultBackend);
  for (const [i, rule] of rules.entries()) {
    validateRule(problems, at.child("rules").index(i), rule, lenient);
  }
  for (const [i, each] of tls.entries()) {
    validateTls(problems, at.child("tls").index(i), each, lenient);
  }
  if (ingressClassName !== undefined) {
    const classAt = at.child("ingressClassName");
    problems.each(classAt, ingressClassName, nameIsSubdomain(ingressClassName, false));
  }
}

function leniencyOf(old: Spec | undefined): Leniency {
  if (!old) return strict;
  const badSecret = ({ secretName }: DeepReadonly<IngressTLS>) =>
    Boolean(secretName) && nameIsSubdomain(secretName ?? "", false).length > 0;
  const badRule = (rule: DeepReadonly<IngressRule>) => {
    if (!rule.host?.includes("*")) return false;
    const problems = new Problems();
    validateHttp(problems, path("rule"), rule);
    return problems.any;
  };
  return {
    secretName: (old.tls ?? []).some(badSecret),
    wildcardRule: (old.rules ?? []).some(badRule),
  };
}

function validateHost(problems: Problems, at: Path, host: string): void {
  const check = host.includes("*") ? wildcardDns1123Subdomain : dns1123Subdomain;
  problems.each(at, host, check(host));
}

function validateTls(
  problems: Problems,
  at: Path,
  { hosts = [], secretName }: DeepReadonly<IngressTLS>,
  lenient: Leniency,
): void {
  for (const [i, host] of hosts.entries()) {
    validateHost(problems, at.child("hosts").index(i), host);
  }
  if (!lenient.secretName && secretName) {
    problems.each(at.child("secretName"), secretName, nameIsSubdomain(secretName, false));
  }
}

function validateRule(
  problems: Problems,
  at: Path,
  rule: DeepReadonly<IngressRule>,
  lenient: Leniency,
): void {
  const { host = "" } = rule;
  if (host !== "") {
    if (parseIp(host)) problems.invalid(at.child("host"), host, notAnIp);
    validateHost(problems, at.child("host"), host);
  }
  if (!host.includes("*") || !lenient.wildcardRule) validateHttp(problems, at, rule);
}

function validateHttp(problems: Problems, at: Path, { http }: DeepReadonly<IngressRule>): void {
  if (!http) return;
  const pathsAt = at.child("http").child("paths");
  const paths = http.paths ?? [];
  if (paths.length === 0) problems.required(pathsAt);
  for (const [i, each] of paths.entries()) validatePath(problems, pathsAt.index(i), each);
}

function validatePath(
  problems: Problems,
  at: Path,
  { backend, path: text = "", pathType }: DeepReadonly<HTTPIngressPath>,
): void {
  if (pathType === undefined || pathType === null) {
    problems.required(at.child("pathType"), "pathType must be specified");
    return;
  }
  const place = at.child("path");
  const isAbsolute = text.startsWith("/");
  switch (pathType) {
    case "Exact":
    case "Prefix":
      if (!isAbsolute) problems.invalid(place, text, "must be an absolute path");
      for (const bad of badSequences) {
        if (text.includes(bad)) problems.invalid(place, text, `must not contain '${bad}'`);
      }
      for (const bad of badEndings) {
        if (text.endsWith(bad)) problems.invalid(place, text, `cannot end with '${bad}'`);
      }
      break;
    case "ImplementationSpecific":
      if (text !== "" && !isAbsolute) problems.invalid(place, text, "must be an absolute path");
      break;
    default:
      problems.notSupported(at.child("pathType"), pathType, [
        "Exact",
        "ImplementationSpecific",
        "Prefix",
      ]);
  }
  validateBackend(problems, at.child("backend"), backend);
}

function validateBackend(problems: Problems, at: Path, { resource, service }: Backend): void {
  if (resource && service) {
    problems.invalid(at, "", "cannot set both resource and service backends");
  } else if (resource) {
    validateParameters(problems, at.child("resource"), resource);
  } else if (service) {
    const { name, port } = service;
    const serviceAt = at.child("service");
    problems.name(serviceAt.child("name"), name, (text) => serviceName(text, false));
    const portAt = serviceAt.child("port");
    const byName = port?.name ?? "";
    const byNumber = port?.number ?? 0;
    if (byName !== "" && byNumber !== 0) {
      problems.invalid(at, "", "cannot set both port name & port number");
    } else if (byName !== "") {
      problems.each(portAt.child("name"), byName, portName(byName));
    } else if (byNumber === 0) {
      problems.required(at, "port name or number is required");
    } else {
      problems.each(portAt.child("number"), byNumber, portNumber(byNumber));
    }
  } else {
    problems.invalid(at, "", "resource or service backend is required");
  }
}

/** What an object of any kind is referred to by. */
export function validateParameters(
  problems: Problems,
  at: Path,
  reference: {
    readonly apiGroup?: string | null | undefined;
    readonly kind: string;
    readonly name: string;
  },
): void {
  const { apiGroup } = reference;
  if (apiGroup !== undefined && apiGroup !== null) {
    problems.each(at.child("apiGroup"), apiGroup, dns1123Subdomain(apiGroup));
  }
  problems.name(at.child("kind"), reference.kind, pathSegmentName);
  problems.name(at.child("name"), reference.name, pathSegmentName);
}

/** Where an Ingress can be reached, as its controller says. */
export function validateIngressPoints(
  problems: Problems,
  points: readonly DeepReadonly<IngressLoadBalancerIngress>[],
): void {
  const at = path("status", "loadBalancer", "ingress");
  for (const [i, { hostname, ip }] of points.entries()) {
    const place = at.index(i);
    if (ip) problems.ip(place.child("ip"), ip);
    if (!hostname) continue;
    problems.each(place.child("hostname"), hostname, dns1123Subdomain(hostname));
    if (parseIp(hostname)) problems.invalid(place.child("hostname"), hostname, notAnIp);
  }
}
