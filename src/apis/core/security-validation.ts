import type { Path } from "#machinery/field-error.ts";
import { unixId } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { validateLocalDescendingPath } from "./path-validation.ts";
import type { PodSpec } from "./pod-spec.ts";
import type {
  AppArmorProfile,
  PodSecurityContext,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from "./security-context.ts";
import { validateWindowsOptions } from "./windows-validation.ts";

const profileTypes = ["Localhost", "RuntimeDefault", "Unconfined"];

function validateIds(
  problems: Problems,
  at: Path,
  context: { readonly [field: string]: unknown },
  ...fields: readonly string[]
): void {
  for (const field of fields) {
    const id = context[field];
    if (typeof id === "number") problems.each(at.child(field), id, unixId(id));
  }
}

function validateSeccomp(
  problems: Problems,
  at: Path,
  profile: DeepReadonly<SeccompProfile> | undefined,
): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const profileAt = at.child("localhostProfile");
  if (type === "") {
    problems.required(at.child("type"), "type is required when seccompProfile is set");
  } else {
    problems.oneOf(at.child("type"), type, profileTypes);
  }
  if (type !== "Localhost") {
    if (localhostProfile !== undefined) {
      problems.invalid(profileAt, profile, "can only be set when seccomp type is Localhost");
    }
  } else if (localhostProfile === undefined) {
    problems.required(profileAt, "must be set when seccomp type is Localhost");
  } else {
    validateLocalDescendingPath(problems, profileAt, localhostProfile);
  }
}

const localhostProfileBytesMax = 4095;

function validateAppArmor(
  problems: Problems,
  at: Path,
  profile: DeepReadonly<AppArmorProfile> | undefined,
): void {
  if (!profile) return;
  const { type, localhostProfile } = profile;
  const profileAt = at.child("localhostProfile");
  if (type === "Localhost") {
    if (localhostProfile === undefined) {
      problems.required(profileAt, "must be set when AppArmor type is Localhost");
      return;
    }
    if (localhostProfile.trim() !== localhostProfile) {
      problems.invalid(profileAt, localhostProfile, "must not be padded with whitespace");
    } else if (localhostProfile === "") {
      problems.required(profileAt, "must be set when AppArmor type is Localhost");
    }
    problems.maxBytes(profileAt, localhostProfile, localhostProfileBytesMax);
  } else if (type === "") {
    problems.required(at.child("type"), "type is required when appArmorProfile is set");
  } else if (!profileTypes.includes(type)) {
    problems.notSupported(at.child("type"), type, profileTypes);
  } else if (localhostProfile !== undefined) {
    const detail = "can only be set when AppArmor type is Localhost";
    problems.invalid(profileAt, localhostProfile, detail);
  }
}

const sysctlRegex = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;
const sysctlPattern = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const sysctlBytesMax = 253;

function sysctlNamespace(name: string): "net" | "ipc" | undefined {
  const dotted = name.replaceAll("/", ".");
  if (dotted.startsWith("net.")) return "net";
  if (/^(kernel\.shm|kernel\.msg|fs\.mqueue\.)/.test(dotted) || dotted === "kernel.sem") {
    return "ipc";
  }
  return undefined;
}

function validateSysctls(
  problems: Problems,
  at: Path,
  sysctls: readonly DeepReadonly<Sysctl>[],
  spec: DeepReadonly<PodSpec>,
): void {
  const seen = new Set<string>();
  for (const [i, { name }] of sysctls.entries()) {
    const path = at.index(i).child("name");
    if (name === "") problems.required(path);
    else if (name.length > sysctlBytesMax || !sysctlRegex.test(name)) {
      const detail = `must have at most ${sysctlBytesMax} characters and match regex ${sysctlPattern}`;
      problems.invalid(path, name, detail);
    } else if (seen.has(name)) problems.duplicate(path, name);
    seen.add(name);
    const namespace = sysctlNamespace(name);
    if (spec.hostNetwork && namespace === "net") {
      problems.invalid(path, name, "may not be specified when 'hostNetwork' is true");
    } else if (spec.hostIPC && namespace === "ipc") {
      problems.invalid(path, name, "may not be specified when 'hostIPC' is true");
    }
  }
}

/** `spec.securityContext` of a pod, and the pod-wide namespaces that upstream counts to it. */
export function validatePodSecurityContext(
  problems: Problems,
  at: Path,
  spec: DeepReadonly<PodSpec>,
): void {
  const context: DeepReadonly<PodSecurityContext> = spec.securityContext ?? {};
  validateIds(problems, at, context, "fsGroup", "runAsUser", "runAsGroup");
  for (const [i, id] of (context.supplementalGroups ?? []).entries()) {
    problems.each(at.child("supplementalGroups").index(i), id, unixId(id));
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = "ShareProcessNamespace and HostPID cannot both be enabled";
    problems.invalid(at.child("shareProcessNamespace"), true, detail);
  }
  validateSysctls(problems, at.child("sysctls"), context.sysctls ?? [], spec);
  problems.oneOf(at.child("fsGroupChangePolicy"), context.fsGroupChangePolicy, [
    "Always",
    "OnRootMismatch",
  ]);
  validateSeccomp(problems, at.child("seccompProfile"), context.seccompProfile);
  validateWindowsOptions(problems, at.child("windowsOptions"), context.windowsOptions);
  validateAppArmor(problems, at.child("appArmorProfile"), context.appArmorProfile);
  problems.oneOf(at.child("supplementalGroupsPolicy"), context.supplementalGroupsPolicy, [
    "Merge",
    "Strict",
  ]);
  problems.oneOf(at.child("seLinuxChangePolicy"), context.seLinuxChangePolicy, [
    "MountOption",
    "Recursive",
  ]);
}

/** `securityContext` of a container. */
export function validateSecurityContext(
  problems: Problems,
  at: Path,
  context: DeepReadonly<SecurityContext> | undefined,
  { hostUsers, allowPrivileged }: { hostUsers: boolean; allowPrivileged: boolean },
): void {
  if (!context) return;
  if (context.privileged && !allowPrivileged) {
    problems.forbidden(at.child("privileged"), "disallowed by cluster policy");
  }
  validateIds(problems, at, context, "runAsUser", "runAsGroup");
  if (context.procMount !== undefined) {
    problems.oneOf(at.child("procMount"), context.procMount, ["Default", "Unmasked"]);
    if (hostUsers && context.procMount === "Unmasked") {
      const detail = "`hostUsers` must be false to use `Unmasked`";
      problems.invalid(at.child("procMount"), context.procMount, detail);
    }
  }
  validateSeccomp(problems, at.child("seccompProfile"), context.seccompProfile);
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      const detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
      problems.invalid(at, context, detail);
    }
    if (context.capabilities?.add?.includes("CAP_SYS_ADMIN")) {
      const detail =
        "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
      problems.invalid(at, context, detail);
    }
  }
  validateWindowsOptions(problems, at.child("windowsOptions"), context.windowsOptions);
  validateAppArmor(problems, at.child("appArmorProfile"), context.appArmorProfile);
}

/** What a pod with its own user namespace may not share with the node. */
export function validateHostUsers(problems: Problems, at: Path, spec: DeepReadonly<PodSpec>): void {
  if (spec.hostUsers !== false) return;
  const detail = "when `hostUsers` is false";
  if (spec.hostNetwork) problems.forbidden(at.child("hostNetwork"), detail);
  if (spec.hostPID) problems.forbidden(at.child("HostPID"), detail);
  if (spec.hostIPC) problems.forbidden(at.child("HostIPC"), detail);
}
