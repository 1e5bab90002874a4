import type { Path } from "#machinery/field-error.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  dns1123SubdomainWithUnderscore,
  nameIsSubdomain,
  qualifiedName,
  rangeMessage,
} from "#machinery/names.ts";
import { addQuantity, compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { validateLabels } from "#machinery/validation/labels.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { type AffinityLeniency, validateAffinity } from "./affinity-validation.ts";
import {
  type ContainerContext,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from "./container-validation.ts";
import type { PodSpec } from "./pod-spec.ts";
import { validateContainerResources, validatePodLevelResources } from "./resource-validation.ts";
import {
  validatePodResourceClaims,
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from "./scheduling-validation.ts";
import { validateHostUsers, validatePodSecurityContext } from "./security-validation.ts";
import { validateVolumes } from "./volume-validation.ts";
import { validateHostProcess, validateOs } from "./windows-validation.ts";

export interface PodSpecOptions extends AffinityLeniency {
  /** The pod's own name; "" in templates. */
  readonly podName?: string;
  /** In a pod itself, not in a template. */
  readonly isPod?: boolean;
  readonly allowPrivileged: boolean;
  /** The old object's spread constraints had bad selectors already. */
  readonly spreadSelectors?: boolean;
}

const int32Max = 2 ** 31 - 1;

/** A pod's spec, by itself or in a template. */
export function validatePodSpec(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<PodSpec>,
  options: PodSpecOptions,
): void {
  const { isPod = false, podName = "" } = options;
  if (spec.terminationGracePeriodSeconds === undefined) {
    problems.required(at.child("terminationGracePeriodSeconds"));
  }
  const volumes = validateVolumes(problems, at.child("volumes"), spec.volumes ?? [], {
    podName,
    isPod,
  });
  const claims = spec.resourceClaims ?? [];
  const claimNames = new Set(claims.map(({ name }) => name).filter((name) => name !== ""));
  validatePodResourceClaims(problems, at.child("resourceClaims"), claims);
  const context: ContainerContext = {
    spec,
    volumes,
    claimNames,
    isPod,
    allowPrivileged: options.allowPrivileged,
  };
  validateContainers(problems, at.child("containers"), context);
  validateInitContainers(problems, at.child("initContainers"), context);
  validateEphemeralContainers(problems, at.child("ephemeralContainers"), context);
  validatePodResources(problems, at.child("resources"), spec, claimNames);
  validateHostNetworkPorts(problems, at, spec, isPod);
  problems.requiredOneOf(at.child("restartPolicy"), spec.restartPolicy, [
    "Always",
    "OnFailure",
    "Never",
  ]);
  problems.requiredOneOf(at.child("dnsPolicy"), spec.dnsPolicy, [
    "ClusterFirstWithHostNet",
    "ClusterFirst",
    "Default",
    "None",
  ]);
  validateLabels(problems, at.child("nodeSelector"), spec.nodeSelector);
  validatePodSecurityContext(problems, at.child("securityContext"), spec);
  validateAffinity(problems, at.child("affinity"), spec.affinity, options);
  validateDns(problems, at.child("dnsConfig"), spec);
  for (const [i, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    const gateAt = at.child("readinessGates").index(i).child("conditionType");
    problems.each(gateAt, conditionType, qualifiedName(conditionType));
  }
  validateSchedulingGates(problems, at.child("schedulingGates"), spec.schedulingGates ?? []);
  validateTopologySpread(
    problems,
    at.child("topologySpreadConstraints"),
    spec.topologySpreadConstraints ?? [],
    options.spreadSelectors,
  );
  validateHostProcess(problems, at, spec, options.allowPrivileged);
  validateHostUsers(problems, at, spec);
  validateNamesAndLimits(problems, at, spec);
  if (spec.overhead) {
    validateContainerResources(
      problems,
      at.child("overhead"),
      { limits: spec.overhead },
      new Set(),
    );
  }
  validateOs(problems, at, spec);
}

function validateNamesAndLimits(problems: Problems, at: Path, spec: DeepReadonly<PodSpec>): void {
  for (const field of [
    "serviceAccountName",
    "nodeName",
    "priorityClassName",
    "runtimeClassName",
  ] as const) {
    const name = spec[field];
    if (name || (field === "runtimeClassName" && name !== undefined)) {
      problems.each(at.child(field), name, nameIsSubdomain(name ?? "", false));
    }
  }
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > int32Max)) {
    problems.invalid(at.child("activeDeadlineSeconds"), deadline, rangeMessage(1, int32Max));
  }
  for (const field of ["hostname", "subdomain"] as const) {
    const name = spec[field];
    if (name) problems.each(at.child(field), name, dns1123Label(name));
  }
  validateHostnameOverride(problems, at, spec);
  validateTolerations(problems, at.child("tolerations"), spec.tolerations ?? []);
  for (const [i, { hostnames = [], ip }] of (spec.hostAliases ?? []).entries()) {
    const path = at.child("hostAliases").index(i);
    problems.ip(path.child("ip"), ip);
    for (const [j, name] of hostnames.entries()) {
      problems.each(path.child("hostnames").index(j), name, dns1123Subdomain(name));
    }
  }
  if (spec.preemptionPolicy !== undefined) {
    const policyAt = at.child("preemptionPolicy");
    problems.requiredOneOf(policyAt, spec.preemptionPolicy, ["PreemptLowerPriority", "Never"]);
  }
  const group = spec.schedulingGroup?.podGroupName;
  if (group !== undefined) {
    const groupAt = at.child("schedulingGroup", "podGroupName");
    problems.each(groupAt, group, nameIsSubdomain(group, false));
  }
}

function validateHostnameOverride(
  problems: Problems,
  at: Path,
  { hostnameOverride, hostNetwork, setHostnameAsFQDN }: DeepReadonly<PodSpec>,
): void {
  if (hostnameOverride === undefined) return;
  const overrideAt = at.child("hostnameOverride");
  problems.each(overrideAt, hostnameOverride, dns1123Subdomain(hostnameOverride));
  problems.maxBytes(overrideAt, hostnameOverride, 64);
  if (setHostnameAsFQDN === true) {
    const detail = "may not be specified when `setHostnameAsFQDN` is true";
    problems.forbidden(overrideAt, detail);
  }
  if (hostNetwork) {
    problems.forbidden(overrideAt, "may not be specified when `hostNetwork` is true");
  }
}

/** With the node's network, the ports of containers are the ports of the node. */
function validateHostNetworkPorts(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<PodSpec>,
  isPod: boolean,
): void {
  if (!spec.hostNetwork) return;
  for (const [i, { ports = [] }] of (spec.containers ?? []).entries()) {
    for (const [j, { containerPort, hostPort = 0 }] of ports.entries()) {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) continue;
      const path = at.child("containers").index(i).child("ports").index(j).child("hostPort");
      const detail = "must match `containerPort` when `hostNetwork` is true";
      problems.invalid(path, hostPort, detail);
    }
  }
}

const nameserversMax = 3;
const searchesMax = 32;
const searchCharsMax = 2048;

function validateDns(
  problems: Problems,
  at: Path,
  { dnsConfig: config, dnsPolicy }: DeepReadonly<PodSpec>,
): void {
  const nameservers = config?.nameservers ?? [];
  if (dnsPolicy === "None") {
    if (!config) {
      problems.required(at, "must provide `dnsConfig` when `dnsPolicy` is None");
      return;
    }
    if (nameservers.length === 0) {
      const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      problems.required(at.child("nameservers"), detail);
      return;
    }
  }
  if (nameservers.length > nameserversMax) {
    const detail = `must not have more than ${nameserversMax} nameservers`;
    problems.invalid(at.child("nameservers"), nameservers, detail);
  }
  for (const [i, server] of nameservers.entries()) {
    problems.ip(at.child("nameservers").index(i), server);
  }
  const searches = config?.searches ?? [];
  const searchesAt = at.child("searches");
  if (searches.length > searchesMax) {
    const detail = `must not have more than ${searchesMax} search paths`;
    problems.invalid(searchesAt, searches, detail);
  }
  if (searches.join(" ").length > searchCharsMax) {
    const detail = `must not have more than ${searchCharsMax} characters (including spaces) in the search list`;
    problems.invalid(searchesAt, searches, detail);
  }
  for (const [i, search] of searches.entries()) {
    if (search === ".") continue;
    const name = search.endsWith(".") ? search.slice(0, -1) : search;
    problems.each(searchesAt.index(i), name, dns1123SubdomainWithUnderscore(name));
  }
  for (const [i, { name }] of (config?.options ?? []).entries()) {
    if (!name) problems.required(at.child("options").index(i), "must not be empty");
  }
}

/** The pod's own resources, which its containers share. */
function validatePodResources(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<PodSpec>,
  claimNames: ReadonlySet<string>,
): void {
  const { resources } = spec;
  if (!resources) return;
  if (resources.claims) {
    problems.forbidden(at.child("claims"), "claims cannot be set for Resources at pod-level");
  }
  validatePodLevelResources(problems, at, resources, claimNames);
  for (const [name, total] of Object.entries(containerRequests(spec))) {
    const own = resources.requests?.[name] ?? "0";
    if (compareQuantity(total, own) <= 0) continue;
    const detail = `must be greater than or equal to aggregate container requests of ${total}`;
    problems.invalid(at.child("requests").key(name), own, detail);
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = resources.limits?.[name];
      if (own === undefined || compareQuantity(limit, own) <= 0) continue;
      const path = at.child("containers").index(i).key(name).child("limits");
      problems.invalid(path, limit, `must be less than or equal to pod limits of ${own}`);
    }
  }
}

/** What the containers ask for together; init containers count by the largest. */
function containerRequests(spec: DeepReadonly<PodSpec>): Record<string, string> {
  const total: Record<string, string> = {};
  const sidecars: Record<string, string> = {};
  const peak: Record<string, string> = {};
  const add = (sum: Record<string, string>, more: DeepReadonly<Record<string, string>>) => {
    for (const [name, amount] of Object.entries(more)) {
      sum[name] = addQuantity(sum[name] ?? "0", amount);
    }
  };
  const raise = (high: Record<string, string>, other: Record<string, string>) => {
    for (const [name, amount] of Object.entries(other)) {
      if (compareQuantity(amount, high[name] ?? "0") > 0) high[name] = amount;
    }
  };
  for (const { resources } of spec.containers ?? []) add(total, resources?.requests ?? {});
  for (const { resources, restartPolicy } of spec.initContainers ?? []) {
    const requests = resources?.requests ?? {};
    if (restartPolicy === "Always") {
      add(total, requests);
      add(sidecars, requests);
      raise(peak, sidecars);
    } else {
      const beside = { ...sidecars };
      add(beside, requests);
      raise(peak, beside);
    }
  }
  raise(total, peak);
  return total;
}
