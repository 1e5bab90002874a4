import { type Path, path } from "#machinery/field-error.ts";
import { nameIsSubdomain, unixId } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { isDualStack } from "#machinery/validation/ip.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { ContainerStatus } from "./container-status.ts";
import type { Container } from "./container.ts";
import {
  validatePodAnnotations,
  validatePodAnnotationUpdate,
} from "./pod-annotation-validation.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { PodStatus } from "./pod-status.ts";
import { validateConditionTypes, validateNominatedNode } from "./pod-validation.ts";
import type { Pod } from "./pod.ts";

const at = path("status");

/** What a status update may not do to a pod. */
export function validatePodStatusUpdate(problems: Problems, pod: Pod, old: Pod): void {
  const { metadata, spec } = pod;
  const status: DeepReadonly<PodStatus> = pod.status ?? {};
  const before: DeepReadonly<PodStatus> = old.status ?? {};
  const annotationsAt = path("metadata", "annotations");
  validatePodAnnotationUpdate(
    problems,
    annotationsAt,
    metadata.annotations,
    old.metadata.annotations,
  );
  validatePodAnnotations(problems, annotationsAt, metadata.annotations, spec);
  validateConditionTypes(problems, status.conditions ?? []);
  const nominated = status.nominatedNodeName;
  if (nominated && nominated !== before.nominatedNodeName) {
    validateNominatedNode(problems, nominated);
  }
  problems.immutable(at.child("qosClass"), status.qosClass ?? "", before.qosClass ?? "");
  validateTransitions(problems, status, before, old.spec);
  validateClaimStatuses(problems, status, spec);
  validatePodIps(problems, status);
  validateHostIps(problems, status);
  for (const field of [
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
  ] as const) {
    validateUsers(problems, at.child(field), status[field] ?? [], spec.os?.name);
  }
  validateHealth(problems, "containerStatuses", status, spec.containers);
  validateHealth(problems, "initContainerStatuses", status, spec.initContainers);
  for (const [i, container] of (status.ephemeralContainerStatuses ?? []).entries()) {
    if (!container.allocatedResourcesStatus?.length) continue;
    const place = at.child("ephemeralContainerStatuses").index(i).child("allocatedResourcesStatus");
    problems.forbidden(place, "must not be specified in container status");
  }
}

/** A container that shall not restart cannot come back from termination. */
function validateTransitions(
  problems: Problems,
  status: DeepReadonly<PodStatus>,
  old: DeepReadonly<PodStatus>,
  spec: DeepReadonly<PodSpec>,
): void {
  const policy = spec.restartPolicy ?? "Always";
  const byName = (containers: readonly DeepReadonly<Container>[] | undefined, name: string) =>
    containers?.find((container) => container.name === name);
  const check = (
    field: "containerStatuses" | "initContainerStatuses" | "ephemeralContainerStatuses",
    mayRestart: (name: string, exitCode: number) => boolean,
  ) => {
    for (const [i, before] of (old[field] ?? []).entries()) {
      const terminated = before.state?.terminated;
      if (!terminated || mayRestart(before.name, terminated.exitCode)) continue;
      for (const now of status[field] ?? []) {
        if (now.name !== before.name || now.state?.terminated) continue;
        const place = at.child(field).index(i).child("state");
        problems.forbidden(place, "may not be transitioned to non-terminated state");
      }
    }
  };
  const byPolicy = (restart: string, exitCode: number) =>
    restart === "Always" || (restart === "OnFailure" && exitCode !== 0);
  check("containerStatuses", (name, exitCode) => {
    const container = byName(spec.containers, name);
    if (container?.restartPolicyRules?.length) return true;
    return byPolicy(container?.restartPolicy ?? policy, exitCode);
  });
  check("initContainerStatuses", (name, exitCode) => {
    const container = byName(spec.initContainers, name);
    if (container?.restartPolicyRules?.length || container?.restartPolicy === "Always") return true;
    return byPolicy(container?.restartPolicy ?? policy, exitCode);
  });
  check("ephemeralContainerStatuses", () => false);
}

function validateClaimStatuses(
  problems: Problems,
  status: DeepReadonly<PodStatus>,
  spec: DeepReadonly<PodSpec>,
): void {
  const seen = new Set<string>();
  for (const [i, { name, resourceClaimName }] of (status.resourceClaimStatuses ?? []).entries()) {
    const place = at.child("resourceClaimStatuses").index(i).child("name");
    if (!(spec.resourceClaims ?? []).some((claim) => claim.name === name)) {
      const detail = "must match the name of an entry in `spec.resourceClaims`";
      problems.invalid(place, name, detail);
    }
    if (seen.has(name)) problems.duplicate(place, name);
    seen.add(name);
    if (resourceClaimName === undefined) continue;
    problems.each(place, resourceClaimName, nameIsSubdomain(resourceClaimName, false));
  }
}

const oneOfEach = "may specify no more than one IP for each IP family";

function validateIpList(
  problems: Problems,
  place: Path,
  ips: readonly { readonly ip: string }[],
): void {
  for (const [i, { ip }] of ips.entries()) problems.ip(place.index(i), ip);
  if (ips.length < 2) return;
  if (ips.length > 2 || !isDualStack(ips.map(({ ip }) => ip))) {
    problems.invalid(place, ips, oneOfEach);
  }
  for (const [i, entry] of ips.entries()) {
    if (ips.findIndex(({ ip }) => ip === entry.ip) < i) problems.duplicate(place.index(i), entry);
  }
}

function validatePodIps(problems: Problems, status: DeepReadonly<PodStatus>): void {
  validateIpList(problems, at.child("podIPs"), status.podIPs ?? []);
}

function validateHostIps(problems: Problems, status: DeepReadonly<PodStatus>): void {
  const ips = status.hostIPs ?? [];
  const first = ips[0];
  if (!first) return;
  const place = at.child("hostIPs");
  if ((status.hostIP ?? "") !== first.ip) {
    problems.invalid(place.index(0).child("ip"), first.ip, "must be equal to `hostIP`");
  }
  validateIpList(problems, place, ips);
}

function validateUsers(
  problems: Problems,
  place: Path,
  statuses: readonly DeepReadonly<ContainerStatus>[],
  os = "linux",
): void {
  for (const [i, { user }] of statuses.entries()) {
    if (!user?.linux) continue;
    const linuxAt = place.index(i).child("linux");
    if (os === "windows") {
      problems.forbidden(linuxAt, "cannot be set for a windows pod");
      continue;
    }
    const { gid, supplementalGroups = [], uid } = user.linux;
    problems.each(linuxAt.child("uid"), uid, unixId(uid));
    problems.each(linuxAt.child("gid"), gid, unixId(gid));
    for (const [j, id] of supplementalGroups.entries()) {
      problems.each(linuxAt.child("supplementalGroups").index(j), id, unixId(id));
    }
  }
}

function validateHealth(
  problems: Problems,
  field: "containerStatuses" | "initContainerStatuses",
  status: DeepReadonly<PodStatus>,
  containers: readonly DeepReadonly<Container>[] = [],
): void {
  for (const [i, own] of (status[field] ?? []).entries()) {
    const container = containers.find(({ name }) => name === own.name);
    for (const [j, { name, resources = [] }] of (own.allocatedResourcesStatus ?? []).entries()) {
      const place = at.child(field).index(i).child("allocatedResourcesStatus").index(j);
      const mistake = container && nameMistake(name, container);
      if (mistake !== undefined) problems.invalid(place.child("name"), name, mistake);
      const seen = new Set<string>();
      for (const [k, { health, resourceID }] of resources.entries()) {
        const resourceAt = place.child("resources").index(k);
        problems.oneOf(resourceAt.child("health"), health ?? "", [
          "Healthy",
          "Unhealthy",
          "Unknown",
        ]);
        if (seen.has(resourceID)) problems.duplicate(resourceAt.child("resourceID"), resourceID);
        seen.add(resourceID);
      }
    }
  }
}

function nameMistake(name: string, container: DeepReadonly<Container>): string | undefined {
  if (!name.startsWith("claim:")) {
    const known = container.resources?.requests?.[name] !== undefined;
    return known ? undefined : "must match one of the container's resource requests";
  }
  const claims = (container.resources?.claims ?? []).map((claim) =>
    claim.request ? `claim:${claim.name}/${claim.request}` : `claim:${claim.name}`,
  );
  if (claims.includes(name)) return undefined;
  return "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty";
}
