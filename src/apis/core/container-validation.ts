import type { Path } from "#machinery/field-error.ts";
import { dns1123Label, portName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { AnyContainer } from "./container-visit.ts";
import type { Container, ContainerPort } from "./container.ts";
import { validateEnv, validateEnvFrom } from "./env-validation.ts";
import type { EphemeralContainer } from "./ephemeral-container.ts";
import { validateDevices, validateMounts } from "./mount-validation.ts";
import type { PodSpec } from "./pod-spec.ts";
import { type ProbeKind, validateLifecycle, validateProbe } from "./probe-validation.ts";
import { validateContainerResources } from "./resource-validation.ts";
import { validateSecurityContext } from "./security-validation.ts";
import type { VolumesByName } from "./volume-validation.ts";

/** What a container's rules need to know of its pod. */
export interface ContainerContext {
  readonly spec: DeepReadonly<PodSpec>;
  readonly volumes: VolumesByName;
  readonly claimNames: ReadonlySet<string>;
  readonly allowPrivileged: boolean;
  /** In a pod itself, not in a template. */
  readonly isPod: boolean;
}

const protocols = ["SCTP", "TCP", "UDP"];
const probeKinds: readonly ProbeKind[] = ["livenessProbe", "readinessProbe", "startupProbe"];

function validatePorts(
  problems: Problems,
  at: Path,
  ports: readonly DeepReadonly<ContainerPort>[],
): void {
  const names = new Set<string>();
  for (const [i, { containerPort, hostPort, name, protocol }] of ports.entries()) {
    const path = at.index(i);
    if (name) {
      const errors = portName(name);
      problems.each(path.child("name"), name, errors);
      if (errors.length === 0 && names.has(name)) problems.duplicate(path.child("name"), name);
      else if (errors.length === 0) names.add(name);
    }
    if (containerPort === 0) problems.required(path.child("containerPort"));
    else problems.port(path.child("containerPort"), containerPort);
    if (hostPort) problems.port(path.child("hostPort"), hostPort);
    problems.requiredOneOf(path.child("protocol"), protocol, protocols);
  }
}

/** No two of the containers may want the same port of the node. */
function validateHostPorts(
  problems: Problems,
  at: Path,
  containers: readonly AnyContainer[],
): void {
  const seen = new Set<string>();
  for (const [i, container] of containers.entries()) {
    for (const [j, { hostIP = "", hostPort, protocol = "" }] of (container.ports ?? []).entries()) {
      if (!hostPort) continue;
      const key = `${protocol}/${hostIP}/${hostPort}`;
      const path = at.index(i).child("ports").index(j).child("hostPort");
      if (seen.has(key)) problems.duplicate(path, key);
      seen.add(key);
    }
  }
}

function validateResizePolicy(
  problems: Problems,
  at: Path,
  container: AnyContainer,
  podRestartPolicy: string | undefined,
): void {
  const seen = new Set<string>();
  for (const [i, { resourceName, restartPolicy }] of (container.resizePolicy ?? []).entries()) {
    if (seen.has(resourceName)) problems.duplicate(at.index(i), resourceName);
    seen.add(resourceName);
    problems.requiredOneOf(at, resourceName, ["cpu", "memory"]);
    problems.requiredOneOf(at, restartPolicy, ["NotRequired", "RestartContainer"]);
    if (podRestartPolicy === "Never" && restartPolicy !== "NotRequired") {
      const detail = "must be 'NotRequired' when `restartPolicy` is 'Never'";
      problems.invalid(at, restartPolicy, detail);
    }
  }
}

function validateCommon(
  problems: Problems,
  at: Path,
  container: AnyContainer,
  context: ContainerContext,
): void {
  const { claimNames, spec, volumes } = context;
  problems.name(at.child("name"), container.name, dns1123Label);
  if (!container.image) problems.required(at.child("image"));
  problems.requiredOneOf(at.child("terminationMessagePolicy"), container.terminationMessagePolicy, [
    "FallbackToLogsOnError",
    "File",
  ]);
  validatePorts(problems, at.child("ports"), container.ports ?? []);
  validateEnv(problems, at.child("env"), container.env ?? [], {
    isEmptyDir: (name) => {
      const volume = volumes.get(name);
      return volume && volume.emptyDir !== undefined;
    },
  });
  validateEnvFrom(problems, at.child("envFrom"), container.envFrom ?? []);
  validateMounts(problems, at.child("volumeMounts"), container, volumes);
  validateDevices(problems, at.child("volumeDevices"), container, volumes);
  problems.requiredOneOf(at.child("imagePullPolicy"), container.imagePullPolicy, [
    "Always",
    "IfNotPresent",
    "Never",
  ]);
  validateContainerResources(problems, at.child("resources"), container.resources, claimNames);
  validateResizePolicy(problems, at.child("resizePolicy"), container, spec.restartPolicy);
  validateSecurityContext(problems, at.child("securityContext"), container.securityContext, {
    hostUsers: spec.hostUsers !== false,
    allowPrivileged: context.allowPrivileged,
  });
}

/** What may be said of containers that keep running: hooks and probes. */
function validateRunning(
  problems: Problems,
  at: Path,
  container: DeepReadonly<Container>,
  { spec }: ContainerContext,
): void {
  const grace = spec.terminationGracePeriodSeconds;
  const os = spec.os?.name;
  validateLifecycle(problems, at.child("lifecycle"), container.lifecycle, grace, os);
  for (const kind of probeKinds) {
    validateProbe(problems, at.child(kind), kind, container[kind], grace);
  }
}

const restartRulesMax = 20;
const exitCodesMax = 255;

function validateRestart(
  problems: Problems,
  at: Path,
  { restartPolicy, restartPolicyRules = [] }: DeepReadonly<Container>,
): void {
  problems.oneOf(at.child("restartPolicy"), restartPolicy, ["Always", "Never", "OnFailure"]);
  const rulesAt = at.child("restartPolicyRules");
  if (restartPolicyRules.length === 0) return;
  if (restartPolicy === undefined) {
    problems.required(at.child("restartPolicy"), "must specify restartPolicy when rules are used");
  }
  if (restartPolicyRules.length > restartRulesMax) {
    problems.tooMany(rulesAt, restartPolicyRules.length, restartRulesMax);
  }
  for (const [i, { action, exitCodes }] of restartPolicyRules.entries()) {
    const path = rulesAt.index(i);
    problems.oneOf(path.child("action"), action, ["Restart", "RestartAllContainers"]);
    if (!exitCodes) {
      problems.required(path.child("exitCodes"), "must be specified");
      continue;
    }
    const codesAt = path.child("exitCodes");
    problems.oneOf(codesAt.child("operator"), exitCodes.operator, ["In", "NotIn"]);
    const count = exitCodes.values?.length ?? 0;
    if (count > exitCodesMax) problems.tooMany(codesAt.child("values"), count, exitCodesMax);
  }
}

export function validateContainers(problems: Problems, at: Path, context: ContainerContext): void {
  const containers = context.spec.containers ?? [];
  if (containers.length === 0) {
    problems.required(at);
    return;
  }
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const path = at.index(i);
    validateCommon(problems, path, container, context);
    if (names.has(container.name)) problems.duplicate(path.child("name"), container.name);
    names.add(container.name);
    validateRunning(problems, path, container, context);
    validateRestart(problems, path, container);
  }
  validateHostPorts(problems, at, containers);
}

export function validateInitContainers(
  problems: Problems,
  at: Path,
  context: ContainerContext,
): void {
  const names = new Set((context.spec.containers ?? []).map(({ name }) => name));
  for (const [i, container] of (context.spec.initContainers ?? []).entries()) {
    const path = at.index(i);
    validateCommon(problems, path, container, context);
    validateRestart(problems, path, container);
    if (names.has(container.name)) problems.duplicate(path.child("name"), container.name);
    else if (container.name !== "") names.add(container.name);
    // Init containers run one by one, so that only a sidecar's ports could clash, with its own.
    validateHostPorts(problems, at, [container]);
    if (container.restartPolicy === "Always") {
      validateRunning(problems, path, container, context);
      continue;
    }
    for (const field of ["lifecycle", ...probeKinds] as const) {
      if (container[field] === undefined) continue;
      const detail = "may not be set for init containers without restartPolicy=Always";
      problems.forbidden(path.child(field), detail);
    }
    if (container.resizePolicy?.length) {
      const detail = "must not be set for init containers";
      problems.invalid(path.child("resizePolicy"), container.resizePolicy, detail);
    }
  }
}

const ephemeralForbidden = [
  "ports",
  "lifecycle",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
] as const;

export function validateEphemeralContainers(
  problems: Problems,
  at: Path,
  context: ContainerContext,
): void {
  const { spec } = context;
  const others = new Set(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name),
  );
  const names = new Set(others);
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    const path = at.index(i);
    validateCommon(problems, path, container, context);
    validateImageSpaces(problems, path, container);
    if (names.has(container.name)) problems.duplicate(path.child("name"), container.name);
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) {
      problems.notFound(path.child("targetContainerName"), target);
    }
    validateEphemeralFields(problems, path, container);
  }
}

function validateEphemeralFields(
  problems: Problems,
  at: Path,
  container: DeepReadonly<EphemeralContainer>,
): void {
  const detail = "cannot be set for an Ephemeral Container";
  for (const field of ephemeralForbidden) {
    const value = container[field];
    if (value !== undefined) problems.forbidden(at.child(field), detail);
  }
  if (Object.values(container.resources ?? {}).some((value) => value !== undefined)) {
    problems.forbidden(at.child("resources"), detail);
  }
  for (const [i, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
    const path = at.child("volumeMounts").index(i);
    if (subPath) problems.forbidden(path.child("subPath"), detail);
    if (subPathExpr) problems.forbidden(path.child("subPathExpr"), detail);
  }
}

/** Only pods are so strict; templates may have odd images that something replaces. */
export function validateImageSpaces(
  problems: Problems,
  at: Path,
  { image = "" }: { readonly image?: string | undefined },
): void {
  if (image.trim() === image) return;
  problems.invalid(at.child("image"), image, "must not have leading or trailing whitespace");
}
