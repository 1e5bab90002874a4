import {
  type Check,
  containersNamed,
  containersOf,
  type ContainerLike,
  hasUserNamespace,
  namesWhere,
  plural,
  quoted,
  setters,
  sorted,
  type Subject,
  type Violation,
} from "./check.ts";

/**
 * The baseline standard: nothing that is known to lead out of a container.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
 */

const allowedCapabilities = new Set([
  "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
  "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]); // prettier-ignore

function capabilities(subject: Subject): Violation | undefined {
  const added = (one: ContainerLike) =>
    (one.securityContext?.capabilities?.add ?? []).filter((name) => !allowedCapabilities.has(name));
  const bad = namesWhere(subject, (one) => added(one).length > 0);
  if (bad.length === 0) return undefined;
  const names = quoted(sorted(containersOf(subject).flatMap(added)));
  return {
    reason: "non-default capabilities",
    detail: `${containersNamed(bad)} must not include ${names} in securityContext.capabilities.add`,
  };
}

function hostNamespaces({ spec }: Subject): Violation | undefined {
  const used = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name]);
  if (used.length === 0) return undefined;
  return { reason: "host namespaces", detail: used.map((name) => `${name}=true`).join(", ") };
}

function hostPathVolumes({ spec }: Subject): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => volume.hostPath).map(({ name }) => name);
  if (bad.length === 0) return undefined;
  return {
    reason: "hostPath volumes",
    detail: `${plural(bad.length, "volume")} ${quoted(bad)}`,
  };
}

function hostPorts(subject: Subject): Violation | undefined {
  const ports = (one: ContainerLike) =>
    (one.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const bad = namesWhere(subject, (one) => ports(one).length > 0);
  if (bad.length === 0) return undefined;
  const used = sorted(containersOf(subject).flatMap(ports));
  const verb = plural(bad.length, "uses", "use");
  return {
    reason: "hostPort",
    detail: `${containersNamed(bad)} ${verb} ${plural(used.length, "hostPort")} ${used.join(", ")}`,
  };
}

function hostsOf(container: ContainerLike): string[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const handlers = [
    livenessProbe,
    readinessProbe,
    startupProbe,
    lifecycle?.postStart,
    lifecycle?.preStop,
  ];
  return handlers.flatMap((handler) =>
    [handler?.httpGet?.host, handler?.tcpSocket?.host].flatMap((host) => (host ? [host] : [])),
  );
}

function handlerHosts(subject: Subject): Violation | undefined {
  const bad = sorted(namesWhere(subject, (one) => hostsOf(one).length > 0));
  if (bad.length === 0) return undefined;
  const hosts = sorted(containersOf(subject).flatMap(hostsOf));
  const verb = plural(bad.length, "uses", "use");
  const what = plural(hosts.length, "probe or lifecycle host");
  return {
    reason: "probe or lifecycle host",
    detail: `${containersNamed(bad)} ${verb} ${what} ${quoted(hosts)}`,
  };
}

function privileged(subject: Subject): Violation | undefined {
  const bad = namesWhere(subject, (one) => one.securityContext?.privileged === true);
  if (bad.length === 0) return undefined;
  const detail = `${containersNamed(bad)} must not set securityContext.privileged=true`;
  return { reason: "privileged", detail };
}

function procMount(subject: Subject): Violation | undefined {
  const masked = (one: ContainerLike) =>
    (one.securityContext?.procMount ?? "Default") === "Default";
  const bad = namesWhere(subject, (one) => !masked(one));
  if (bad.length === 0) return undefined;
  const types = containersOf(subject).flatMap((one) =>
    masked(one) ? [] : [one.securityContext?.procMount ?? ""],
  );
  const values = quoted(sorted(types));
  return {
    reason: "procMount",
    detail: `${containersNamed(bad)} must not set securityContext.procMount to ${values}`,
  };
}

function seLinux(types: readonly string[]): (subject: Subject) => Violation | undefined {
  type Options = NonNullable<NonNullable<ContainerLike["securityContext"]>["seLinuxOptions"]>;
  const badType = (options: Options) => !types.includes(options.type ?? "");
  const isBad = (options: Options | undefined) =>
    options !== undefined && (badType(options) || Boolean(options.user) || Boolean(options.role));
  return (subject) => {
    const pod = subject.spec.securityContext?.seLinuxOptions;
    const bad = namesWhere(subject, (one) => isBad(one.securityContext?.seLinuxOptions));
    if (!isBad(pod) && bad.length === 0) return undefined;
    const all = [
      pod,
      ...containersOf(subject).map((one) => one.securityContext?.seLinuxOptions),
    ].filter((options) => options !== undefined);
    const wrong = sorted(all.filter(badType).map(({ type }) => type ?? ""));
    const data = [
      ...(wrong.length > 0 ? [`${plural(wrong.length, "type")} ${quoted(wrong)}`] : []),
      ...(all.some(({ user }) => user) ? ["user may not be set"] : []),
      ...(all.some(({ role }) => role) ? ["role may not be set"] : []),
    ];
    return {
      reason: "seLinuxOptions",
      detail: `${setters(isBad(pod), bad)} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`,
    };
  };
}

const seccompPodKey = "seccomp.security.alpha.kubernetes.io/pod";
const seccompContainerPrefix = "container.seccomp.security.alpha.kubernetes.io/";

/** Before 1.19 profiles were annotations. */
function seccompAnnotations(subject: Subject): Violation | undefined {
  const keys = [
    seccompPodKey,
    ...containersOf(subject).map(({ name }) => seccompContainerPrefix + name),
  ];
  const fine = (value: string) =>
    value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
  const bad = sorted(keys).filter((key) => !fine(subject.annotations[key] ?? "runtime/default"));
  if (bad.length === 0) return undefined;
  const shown = bad.map((key) => `${key}=${JSON.stringify(subject.annotations[key])}`).join(", ");
  const detail = `forbidden ${plural(bad.length, "annotation")} ${shown}`;
  return { reason: "seccompProfile", detail };
}

/** Profiles other than the runtime's own and those on the node. */
export function forbiddenSeccomp(subject: Subject): Violation | undefined {
  const isBad = (type: string | undefined) =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const pod = subject.spec.securityContext?.seccompProfile?.type;
  const typeOf = (one: ContainerLike) => one.securityContext?.seccompProfile?.type;
  const bad = namesWhere(subject, (one) => isBad(typeOf(one)));
  if (!isBad(pod) && bad.length === 0) return undefined;
  const values = [pod, ...containersOf(subject).map(typeOf)].filter(isBad) as string[];
  return {
    reason: "seccompProfile",
    detail: `${setters(isBad(pod), bad)} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}`,
  };
}

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

function appArmor(subject: Subject): Violation | undefined {
  const isBad = (type: string | undefined) =>
    type !== undefined && type !== "RuntimeDefault" && type !== "Localhost";
  const pod = subject.spec.securityContext?.appArmorProfile?.type;
  const typeOf = (one: ContainerLike) => one.securityContext?.appArmorProfile?.type;
  const bad = namesWhere(subject, (one) => isBad(typeOf(one)));
  const annotations = Object.entries(subject.annotations)
    .filter(([key]) => key.startsWith(appArmorPrefix))
    .filter(([, value]) => !["", "runtime/default"].includes(value))
    .filter(([, value]) => !value.startsWith("localhost/"))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const types = [pod, ...containersOf(subject).map(typeOf)].filter(isBad) as string[];
  const values = [...sorted(types), ...annotations.toSorted()];
  if (values.length === 0) return undefined;
  const who = [
    setters(isBad(pod), bad),
    ...(annotations.length > 0 ? [plural(annotations.length, "annotation")] : []),
  ].filter((text) => text !== "");
  return {
    reason: `forbidden AppArmor ${plural(values.length, "profile")}`,
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${quoted(values)}`,
  };
}

const sysctls10 = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
];
const sysctls27 = [...sysctls10, "net.ipv4.ip_local_reserved_ports"];
const sysctls29 = [
  ...sysctls27,
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const sysctls32 = [...sysctls29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"];

function sysctls(allowed: readonly string[]): (subject: Subject) => Violation | undefined {
  return ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
    const bad = names.filter((name) => !allowed.includes(name));
    if (bad.length === 0) return undefined;
    return { reason: "forbidden sysctls", detail: bad.join(", ") };
  };
}

function windowsHostProcess(subject: Subject): Violation | undefined {
  const pod = subject.spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = namesWhere(
    subject,
    (one) => one.securityContext?.windowsOptions?.hostProcess === true,
  );
  if (!pod && bad.length === 0) return undefined;
  const detail = `${setters(pod, bad)} must not set securityContext.windowsOptions.hostProcess=true`;
  return { reason: "hostProcess", detail };
}

const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"];

/** In the order in which violations are told. */
export const baselineChecks: readonly Check[] = [
  { id: "appArmorProfile", versions: [{ since: 0, check: appArmor }] },
  { id: "capabilities_baseline", versions: [{ since: 0, check: capabilities }] },
  { id: "hostNamespaces", versions: [{ since: 0, check: hostNamespaces }] },
  { id: "hostPathVolumes", versions: [{ since: 0, check: hostPathVolumes }] },
  { id: "hostPorts", versions: [{ since: 0, check: hostPorts }] },
  { id: "hostProbesAndHostLifecycle", versions: [{ since: 34, check: handlerHosts }] },
  { id: "privileged", versions: [{ since: 0, check: privileged }] },
  {
    id: "procMount",
    versions: [
      { since: 0, check: procMount },
      {
        since: 35,
        check: (subject) => (hasUserNamespace(subject) ? undefined : procMount(subject)),
      },
    ],
  },
  {
    id: "seLinuxOptions",
    versions: [
      { since: 0, check: seLinux(seLinuxTypes) },
      { since: 31, check: seLinux([...seLinuxTypes, "container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    versions: [
      { since: 0, check: seccompAnnotations },
      { since: 19, check: forbiddenSeccomp },
    ],
  },
  {
    id: "sysctls",
    versions: [
      { since: 0, check: sysctls(sysctls10) },
      { since: 27, check: sysctls(sysctls27) },
      { since: 29, check: sysctls(sysctls29) },
      { since: 32, check: sysctls(sysctls32) },
    ],
  },
  { id: "windowsHostProcess", versions: [{ since: 0, check: windowsHostProcess }] },
];
