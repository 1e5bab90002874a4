import { join } from "node:path";
import type { Pod } from "#apis/core/pod.ts";
import type { LinuxContainerResources, PodSandboxConfig } from "../cri/types.ts";
import { regularContainersOf, initContainersOf } from "../pod/containers.ts";
import type { ResolvConf } from "./dns.ts";
import type { PodHostname } from "./hostname.ts";
import { sandboxLabels } from "./labels.ts";
import { sandboxSecurity } from "./security.ts";

export interface SandboxConfigInput {
  readonly pod: Pod;
  readonly attempt: number;
  readonly dns: ResolvConf;
  readonly hostname: PodHostname;
  /** The folder of all pods' logs. */
  readonly podLogsDir: string;
  readonly cgroupParent: string;
  /** The sum of what the containers get, for runtimes that size a virtual machine. */
  readonly resources: LinuxContainerResources;
  readonly localAnnotations: Readonly<Record<string, string>>;
}

/** `…/namespace_name_uid`: where the logs of a pod's containers lie. */
export function podLogDir(podLogsDir: string, pod: Pod): string {
  const { namespace, name, uid } = pod.metadata;
  return join(podLogsDir, `${namespace}_${name}_${uid}`);
}

export function sandboxConfig(input: SandboxConfigInput): PodSandboxConfig {
  const { pod, attempt, dns, hostname } = input;
  const { name, namespace = "", uid = "", annotations } = pod.metadata;
  const sysctls = (pod.spec.securityContext?.sysctls ?? []).map((sysctl): [string, string] => [
    sysctl.name.replaceAll("/", "."),
    sysctl.value,
  ]);
  return {
    metadata: { name, uid, namespace, attempt },
    hostname: pod.spec.hostNetwork ? "" : hostname.nodename,
    logDirectory: podLogDir(input.podLogsDir, pod),
    dnsConfig: dns,
    portMappings: portMappings(pod),
    labels: sandboxLabels(pod),
    annotations: { ...annotations, ...input.localAnnotations },
    linux: {
      cgroupParent: input.cgroupParent,
      securityContext: sandboxSecurity(pod),
      sysctls: Object.fromEntries(sysctls),
      resources: input.resources,
    },
  };
}

function portMappings(pod: Pod) {
  const containers = [
    ...initContainersOf(pod).filter(({ kind }) => kind === "sidecar"),
    ...regularContainersOf(pod),
  ];
  return containers.flatMap(({ container }) =>
    (container.ports ?? []).map(
      ({ protocol = "TCP", containerPort, hostPort = 0, hostIP = "" }) => ({
        protocol: protocol as "TCP" | "UDP" | "SCTP",
        containerPort,
        hostPort,
        hostIp: hostIP,
      }),
    ),
  );
}
