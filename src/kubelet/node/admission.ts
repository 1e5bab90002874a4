/** Whether this node takes a pod that was assigned to it. Pure; texts are upstream's. */
import { nodeFitsPod } from "#apis/core/node-selector.ts";
import type { Node } from "#apis/core/node.ts";
import { amountsOf, podAmounts } from "#apis/core/pod-requests.ts";
import type { Pod } from "#apis/core/pod.ts";
import { untolerated } from "#apis/core/tolerations.ts";
import { isStaticPod } from "../pod/containers.ts";
import { computeQos } from "../pod/qos.ts";
import type { ResizeRefusal } from "../pod-worker/resize.ts";
import type { PodVerdict } from "../status/pod-status.ts";

export interface AdmissionInput {
  readonly pod: Pod;
  /** The other pods whose resources count as used. */
  readonly others: readonly Pod[];
  /** This node as the API shows it; undefined before it is known. */
  readonly node: Node | undefined;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Patterns of sysctls that are allowed beyond the safe ones. */
  readonly allowedUnsafeSysctls: readonly string[];
  readonly appArmor: boolean;
  /** Pressure conditions that hold now, such as `MemoryPressure`. */
  readonly pressure: readonly string[];
  /** Set while the node shuts down. */
  readonly shuttingDown: boolean;
}

/** The refusal, or undefined when the node takes the pod. */
export function admitPod(input: AdmissionInput): PodVerdict | undefined {
  return (
    admitWhileRunning(input) ??
    admitUnderPressure(input) ??
    admitSysctls(input) ??
    admitAppArmor(input) ??
    admitResources(input) ??
    admitPlacement(input)
  );
}

function admitWhileRunning({ shuttingDown }: AdmissionInput): PodVerdict | undefined {
  if (!shuttingDown) return undefined;
  return { reason: "NodeShutdown", message: "Pod was rejected as the node is shutting down." };
}

function admitUnderPressure({ pod, pressure }: AdmissionInput): PodVerdict | undefined {
  if (pressure.length === 0 || isStaticPod(pod)) return undefined;
  const memoryOnly = pressure.length === 1 && pressure[0] === "MemoryPressure";
  if (memoryOnly) {
    if (computeQos(pod) !== "BestEffort") return undefined;
    const taint = { key: "node.kubernetes.io/memory-pressure", effect: "NoSchedule" };
    if (!untolerated([taint], pod.spec.tolerations, ["NoSchedule"])) return undefined;
  }
  const message = `The node had condition: [${pressure.join(" ")}]. `;
  return { reason: "Evicted", message };
}

const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

function admitSysctls({ pod, allowedUnsafeSysctls }: AdmissionInput): PodVerdict | undefined {
  const forbidden = (name: string, why: string): PodVerdict => ({
    reason: "SysctlForbidden",
    message: `forbidden sysctl: ${JSON.stringify(name)} ${why}`,
  });
  for (const { name } of pod.spec.securityContext?.sysctls ?? []) {
    const dotted = name.replaceAll("/", ".");
    const allowed = allowedUnsafeSysctls.some((pattern) =>
      pattern.endsWith("*") ? dotted.startsWith(pattern.slice(0, -1)) : dotted === pattern,
    );
    if (!allowed && !safeSysctls.has(dotted)) return forbidden(name, "not allowlisted");
    if (dotted.startsWith("net.") && pod.spec.hostNetwork) {
      return forbidden(name, "not allowed with host net enabled");
    }
    if (/^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted) && pod.spec.hostIPC) {
      return forbidden(name, "not allowed with host ipc enabled");
    }
  }
  return undefined;
}

/** A profile that nobody enforces is a promise that nobody keeps. */
function admitAppArmor({ pod, appArmor }: AdmissionInput): PodVerdict | undefined {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const profiles = [pod.spec, ...containers].map((it) => it.securityContext?.appArmorProfile);
  const wanted = profiles.some((profile) => profile && profile.type !== "Unconfined");
  if (appArmor || !wanted) return undefined;
  const message = "Cannot enforce AppArmor: AppArmor is not enabled on the host";
  return { reason: "AppArmor", message };
}

function admitResources({ pod, others, allocatable }: AdmissionInput): PodVerdict | undefined {
  const capacity = amountsOf(allocatable);
  const podsMax = capacity.get("pods");
  if (podsMax !== undefined && others.length + 1 > podsMax) {
    return lacking("pods", 1, others.length, podsMax);
  }
  const requests = podAmounts(pod);
  for (const [name, requested] of requests) {
    // A resource that this node has never heard of was the scheduler's business.
    if (requested === 0 || (name.includes("/") && !capacity.has(name))) continue;
    const available = capacity.get(name) ?? 0;
    const used = others.reduce((sum, other) => sum + (usage(other).get(name) ?? 0), 0);
    if (requested + used > available) return lacking(name, requested, used, available);
  }
  return undefined;
}

function usage(pod: Pod) {
  return podAmounts(pod, { useStatus: true });
}

function lacking(name: string, requested: number, used: number, capacity: number): PodVerdict {
  const numbers = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  const message = `Node didn't have enough resource: ${name}, ${numbers}`;
  return { reason: `OutOf${name}`, message };
}

function admitPlacement({ pod, others, node }: AdmissionInput): PodVerdict | undefined {
  const failed = (name: string, why: string): PodVerdict => ({
    reason: name,
    message: `Predicate ${name} failed: ${why}`,
  });
  if (node && !isStaticPod(pod)) {
    if (!nodeFitsPod(node, pod.spec)) {
      return failed("NodeAffinity", "node(s) didn't match Pod's node affinity/selector");
    }
    if (untolerated(node.spec.taints, pod.spec.tolerations, ["NoExecute"])) {
      return failed("TaintToleration", "node(s) had untolerated taint(s)");
    }
  }
  const taken = others.flatMap(hostPorts);
  const clash = hostPorts(pod).some((port) => taken.some((other) => sameSocket(port, other)));
  if (clash) {
    return failed("NodePorts", "node(s) didn't have free ports for the requested pod ports");
  }
  return undefined;
}

interface HostPort {
  ip: string;
  port: number;
  protocol: string;
}

function hostPorts(pod: Pod): HostPort[] {
  return pod.spec.containers.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort, hostIP, protocol = "TCP" }) =>
      hostPort ? [{ ip: hostIP || "0.0.0.0", port: hostPort, protocol }] : [],
    ),
  );
}

function sameSocket(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0";
}

/** Why a pod cannot grow to what its spec now asks for. */
export function refuseResize(
  pod: Pod,
  others: readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): ResizeRefusal | undefined {
  if (isStaticPod(pod)) {
    return { reason: "Infeasible", message: "In-place resize of static-pods is not supported" };
  }
  const capacity = amountsOf(allocatable);
  const requests = podAmounts(pod);
  for (const name of ["cpu", "memory"]) {
    const requested = requests.get(name) ?? 0;
    const available = capacity.get(name) ?? 0;
    if (requested > available) {
      const numbers = `requested: ${requested}, capacity: ${available}`;
      const message = `Node didn't have enough capacity: ${name}, ${numbers}`;
      return { reason: "Infeasible", message };
    }
  }
  for (const name of ["cpu", "memory"]) {
    const requested = requests.get(name) ?? 0;
    const used = others.reduce((sum, other) => sum + (usage(other).get(name) ?? 0), 0);
    const available = capacity.get(name) ?? 0;
    if (requested + used > available) {
      return { reason: "Deferred", message: lacking(name, requested, used, available).message };
    }
  }
  return undefined;
}
