/** Pod and container security contexts in the runtime's terms. */
import type { Pod } from "#apis/core/pod.ts";
import type {
  AppArmorProfile,
  SeccompProfile,
  SecurityContext,
  SELinuxOptions,
} from "#apis/core/security-context.ts";
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
  SELinuxOption,
} from "../cri/types.ts";
import { type AnyContainer, describePod } from "../pod/containers.ts";
import { ConfigError } from "./environment.ts";

/** The user that an image runs as. */
export interface ImageUser {
  readonly uid: number | undefined;
  readonly username: string;
}

const maskedPaths = [
  "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys",
  "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
  "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
]; // prettier-ignore
const readonlyPaths = [
  "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
]; // prettier-ignore

/** Refuses a container that must not run as root and would. Throws ConfigError. */
export function refuseRoot(pod: Pod, container: AnyContainer, user: ImageUser): void {
  const own = container.securityContext;
  const pods = pod.spec.securityContext;
  if (!(own?.runAsNonRoot ?? pods?.runAsNonRoot)) return;
  const where = `(pod: ${JSON.stringify(describePod(pod))}, container: ${container.name})`;
  const runAsUser = own?.runAsUser ?? pods?.runAsUser;
  if (runAsUser !== undefined) {
    if (runAsUser !== 0) return;
    throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  }
  if (user.uid === undefined && user.username !== "") {
    const name = `(${user.username})`;
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user ${name}, cannot verify user is non-root ${where}`,
    );
  }
  if ((user.uid ?? 0) === 0) {
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  }
}

export function containerSecurity(
  pod: Pod,
  container: AnyContainer,
  user: ImageUser,
  targetId: string | undefined,
): LinuxContainerSecurityContext {
  const own: SecurityContext = container.securityContext ?? {};
  const pods = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? pods.runAsUser;
  const runAsGroup = own.runAsGroup ?? pods.runAsGroup;
  const selinux = own.seLinuxOptions ?? pods.seLinuxOptions;
  const unmasked = own.procMount === "Unmasked";
  const namespaces = namespacesOf(pod);
  return {
    privileged: own.privileged ?? false,
    ...(own.capabilities
      ? {
          capabilities: {
            addCapabilities: own.capabilities.add ?? [],
            dropCapabilities: own.capabilities.drop ?? [],
          },
        }
      : {}),
    namespaceOptions:
      targetId === undefined ? namespaces : { ...namespaces, pid: "TARGET", targetId },
    ...(selinux ? { selinuxOptions: selinuxOf(selinux) } : {}),
    ...userOf(runAsUser, user),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }),
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: policyOf(pod),
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
    seccomp: seccompOf(own.seccompProfile ?? pods.seccompProfile, own.privileged ?? false),
    ...appArmorOf(own.appArmorProfile ?? pods.appArmorProfile),
  };
}

function userOf(runAsUser: number | undefined, user: ImageUser) {
  if (runAsUser !== undefined) return { runAsUser: { value: runAsUser } };
  if (user.uid !== undefined) return { runAsUser: { value: user.uid } };
  return user.username === "" ? {} : { runAsUsername: user.username };
}

export function sandboxSecurity(pod: Pod): LinuxSandboxSecurityContext {
  const { runAsUser, runAsGroup, seLinuxOptions, seccompProfile } = pod.spec.securityContext ?? {};
  const privileged = pod.spec.containers.some((it) => it.securityContext?.privileged === true);
  return {
    privileged,
    namespaceOptions: namespacesOf(pod),
    ...(seLinuxOptions ? { selinuxOptions: selinuxOf(seLinuxOptions) } : {}),
    ...(runAsUser === undefined ? {} : { runAsUser: { value: runAsUser } }),
    ...(runAsGroup === undefined || runAsUser === undefined
      ? {}
      : { runAsGroup: { value: runAsGroup } }),
    supplementalGroups: supplementalGroups(pod),
    supplementalGroupsPolicy: policyOf(pod),
    // The pause process needs nothing beyond the runtime's default.
    seccomp: seccompProfile
      ? seccompOf(seccompProfile, privileged)
      : { profileType: "RuntimeDefault", localhostRef: "" },
  };
}

function selinuxOf({ user = "", role = "", type = "", level = "" }: SELinuxOptions): SELinuxOption {
  return { user, role, type, level };
}

function namespacesOf(pod: Pod): NamespaceOption {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork ? "NODE" : "POD",
    pid: hostPID ? "NODE" : shareProcessNamespace ? "POD" : "CONTAINER",
    ipc: hostIPC ? "NODE" : "POD",
  };
}

function supplementalGroups(pod: Pod): number[] {
  const { supplementalGroups = [], fsGroup } = pod.spec.securityContext ?? {};
  return fsGroup === undefined ? [...supplementalGroups] : [...supplementalGroups, fsGroup];
}

function policyOf(pod: Pod): "Merge" | "Strict" {
  return pod.spec.securityContext?.supplementalGroupsPolicy === "Strict" ? "Strict" : "Merge";
}

function appArmorOf(profile: AppArmorProfile | undefined): { apparmor?: SecurityProfile } {
  if (!profile) return {};
  const { type, localhostProfile = "" } = profile;
  if (type === "Localhost") {
    return { apparmor: { profileType: "Localhost", localhostRef: localhostProfile } };
  }
  const profileType = type === "Unconfined" ? "Unconfined" : "RuntimeDefault";
  return { apparmor: { profileType, localhostRef: "" } };
}

function seccompOf(profile: SeccompProfile | undefined, privileged: boolean): SecurityProfile {
  if (privileged || !profile || profile.type === "Unconfined") {
    return { profileType: "Unconfined", localhostRef: "" };
  }
  if (profile.type === "Localhost") {
    return { profileType: "Localhost", localhostRef: profile.localhostProfile ?? "" };
  }
  return { profileType: "RuntimeDefault", localhostRef: "" };
}
