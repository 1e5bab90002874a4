import { type Path, path } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import type { TemplateMeta } from "#machinery/meta.ts";
import { parseQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { formatIp, parseIp } from "#machinery/validation/ip.ts";
import { type AnyContainer, eachContainer } from "./container-visit.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { Pod } from "./pod.ts";

/** What is allowed in a pod, but surely not meant; `Warning` headers say so. */

export function podWarnings(pod: DeepReadonly<Pod>): string[] {
  const warnings: string[] = [];
  for (const message of dns1123Label(pod.metadata.name)) {
    warnings.push(
      `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${message}]`,
    );
  }
  return [...warnings, ...specWarnings(path("spec"), pod.spec, pod.metadata, path("metadata"))];
}

/** Warnings for the template of a workload, which lies at `at`. */
export function templateWarnings(
  at: Path,
  template: { readonly metadata: DeepReadonly<TemplateMeta>; readonly spec: DeepReadonly<PodSpec> },
): string[] {
  return specWarnings(at.child("spec"), template.spec, template.metadata, at.child("metadata"));
}

const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region":
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone":
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type":
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

const deprecatedAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod":
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls":
    'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls":
    'non-functional in v1.11+; use the "sysctls" field instead',
};

function specWarnings(
  at: Path,
  spec: DeepReadonly<PodSpec>,
  meta: DeepReadonly<TemplateMeta>,
  metaAt: Path,
): string[] {
  const warnings: string[] = [];
  const warn = (place: Path, text: string) => void warnings.push(`${String(place)}: ${text}`);
  nodeLabelWarnings(at, spec, warn);
  for (const key in meta.annotations) {
    const text = deprecatedAnnotations[key] ?? profileWarning(key, spec);
    if (text !== undefined) warn(metaAt.child("annotations").key(key), text);
  }
  for (const [i, secret] of (spec.imagePullSecrets ?? []).entries()) {
    if (!secret.name) {
      warn(at.child("imagePullSecrets").index(i), 'invalid empty name ""');
    }
  }
  for (const [i, { ip }] of (spec.hostAliases ?? []).entries()) {
    const place = at.child("hostAliases").index(i).child("ip");
    const first = (spec.hostAliases ?? []).findIndex((alias) => alias.ip === ip);
    if (first < i) warn(place, `duplicate ip ${JSON.stringify(ip)}`);
    warnings.push(...ipWarnings(place, ip));
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = "must be >= 0; negative values are invalid and will be treated as 1.";
    warn(at.child("terminationGracePeriodSeconds"), text);
  }
  for (const [i, server] of (spec.dnsConfig?.nameservers ?? []).entries()) {
    warnings.push(...ipWarnings(at.child("dnsConfig", "nameservers").index(i), server));
  }
  volumeWarnings(at, spec, warn);
  eachContainer(spec, at, (container, place) => containerWarnings(container, place, warn));
  overlappingPorts(at, spec, warn);
  return warnings;
}

type Warn = (place: Path, text: string) => void;

/** An address that is not written as it should be. */
export function ipWarnings(at: Path, text: string): string[] {
  const ip = parseIp(text);
  if (!ip) return [];
  const canonical = formatIp(ip);
  if (canonical === text) return [];
  const odd = ip.family === 4 || text.includes(".");
  return [
    odd
      ? `${String(at)}: non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`
      : `${String(at)}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
  ];
}

function nodeLabelWarnings(at: Path, spec: DeepReadonly<PodSpec>, warn: Warn): void {
  for (const key in spec.nodeSelector) {
    const text = deprecatedNodeLabels[key];
    if (text !== undefined) warn(at.child("nodeSelector").key(key), text);
  }
  for (const [i, constraint] of (spec.topologySpreadConstraints ?? []).entries()) {
    const place = at.child("topologySpreadConstraints").index(i);
    const text = deprecatedNodeLabels[constraint.topologyKey];
    if (text !== undefined) {
      warn(place.child("topologyKey"), `${constraint.topologyKey} is ${text}`);
    }
    if (!constraint.labelSelector) {
      warn(place.child("labelSelector"), "a null labelSelector results in matching no pod");
    }
  }
}

function profileWarning(key: string, spec: DeepReadonly<PodSpec>): string | undefined {
  if (key.startsWith("container.seccomp.security.alpha.kubernetes.io/")) {
    return 'non-functional in v1.27+; use the "seccompProfile" field instead';
  }
  if (key === "seccomp.security.alpha.kubernetes.io/pod") {
    return 'non-functional in v1.27+; use the "seccompProfile" field instead';
  }
  const appArmor = "container.apparmor.security.beta.kubernetes.io/";
  if (!key.startsWith(appArmor) || spec.os?.name === "windows") return undefined;
  const container = spec.containers?.find(({ name }) => name === key.slice(appArmor.length));
  if (container?.securityContext?.appArmorProfile) return undefined;
  return 'deprecated since v1.30; use the "appArmorProfile" field instead';
}

function volumeWarnings(at: Path, spec: DeepReadonly<PodSpec>, warn: Warn): void {
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    const place = at.child("volumes").index(i);
    if (volume.gitRepo) warn(place.child("gitRepo"), "deprecated in v1.11");
    if (volume.photonPersistentDisk) {
      const text = "deprecated in v1.11, non-functional in v1.16+";
      warn(place.child("photonPersistentDisk"), text);
    }
    if (volume.glusterfs) {
      warn(place.child("glusterfs"), "deprecated in v1.25, non-functional in v1.26+");
    }
    if (volume.scaleIO) {
      warn(place.child("scaleIO"), "deprecated in v1.16, non-functional in v1.22+");
    }
    if (volume.flocker) {
      warn(place.child("flocker"), "deprecated in v1.22, non-functional in v1.25+");
    }
    if (volume.storageos) {
      warn(place.child("storageOS"), "deprecated in v1.22, non-functional in v1.25+");
    }
    if (volume.quobyte) {
      warn(place.child("quobyte"), "deprecated in v1.22, non-functional in v1.25+");
    }
    if (volume.cephfs) {
      warn(place.child("cephfs"), "deprecated in v1.28, non-functional in v1.31+");
    }
    if (volume.rbd) warn(place.child("rbd"), "deprecated in v1.28, non-functional in v1.31+");
  }
}

function containerWarnings(container: AnyContainer, at: Path, warn: Warn): void {
  const names = new Set<string>();
  for (const [i, { name }] of (container.env ?? []).entries()) {
    if (names.has(name)) {
      warn(
        at.child("env").index(i),
        `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
      );
    }
    names.add(name);
  }
  for (const field of ["limits", "requests"] as const) {
    for (const name of ["memory", "ephemeral-storage"]) {
      const amount = container.resources?.[field]?.[name];
      if (amount === undefined || parseQuantity(amount).nano % 1_000_000_000n === 0n) continue;
      const text = `fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`;
      warn(at.child("resources", field).key(name), text);
    }
  }
}

/** Ports that are named twice with the same protocol, in one container or in two. */
function overlappingPorts(at: Path, spec: DeepReadonly<PodSpec>, warn: Warn): void {
  const seen = new Map<string, string>();
  for (const [i, { ports = [] }] of (spec.containers ?? []).entries()) {
    for (const [j, port] of ports.entries()) {
      const place = at.child("containers").index(i).child("ports").index(j);
      const { containerPort, hostIP = "", hostPort = 0, protocol = "TCP" } = port;
      const key = `${protocol}/${containerPort}/${hostIP}/${hostPort}`;
      const other = seen.get(key);
      if (other === undefined) seen.set(key, String(place));
      else warn(place, `duplicate port definition with ${other}`);
    }
  }
}
