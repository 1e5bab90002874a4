/** What a kubelet can be told, with upstream's defaults. */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { Taint } from "#apis/core/node.ts";
import type { Client } from "#client/client.ts";
import type { CgroupDriver } from "./cgroups/pod-cgroups.ts";
import type { CriClient } from "./cri/cri.ts";
import type { EvictionFlags } from "./eviction/thresholds.ts";
import type { Host } from "./host/host.ts";
import type { KubeletServerOptions } from "./server/server.ts";
import type { NodeSources } from "./sources.ts";

export interface KubeletOptions {
  readonly client: Client;
  readonly cri: CriClient;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Logger;
  /** Ends the kubelet; containers go on running. */
  readonly signal: AbortSignal;
  readonly nodeName: string;
  /** Default: the Linux machine that this process runs on. */
  readonly host?: Host;
  /** Default: informers of its own. Kubelets of one process share theirs; see `sharedSources`. */
  readonly sources?: NodeSources;
  readonly settings?: Partial<KubeletSettings>;
  /** The server on port 10250; none by default. */
  readonly server?: KubeletServerOptions;
}

export interface KubeletSettings {
  /** The kubelet's own folder. */
  readonly rootDir: string;
  readonly podLogsDir: string;
  readonly containerLogsDir: string;
  /** Folder of static pods; none by default. */
  readonly staticPodDir: string | undefined;
  readonly hostname: string;
  /** Default: the machine's own. */
  readonly addresses: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  /** Written into a node that registers; otherwise a controller assigns one. */
  readonly podCidr: string | undefined;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** The resolv.conf that pods with dnsPolicy Default get; "" is none. */
  readonly resolvConf: string;
  /** What lies above `kubepods` in the cgroup tree. */
  readonly cgroupRoot: string;
  /** Default: what the runtime says, else cgroupfs. */
  readonly cgroupDriver: CgroupDriver | undefined;
  readonly podsMax: number;
  /** Kept from pods for the system and for the node's own processes. */
  readonly reserved: { readonly cpuMilli: number; readonly memoryBytes: number };
  readonly allowedUnsafeSysctls: readonly string[];
  /** The port that the node's object names. */
  readonly serverPort: number;
  readonly logBytesMax: number;
  readonly logFilesMax: number;
  /** Percent of the image file system at which images are collected, and down to which. */
  readonly imageGcHighPercent: number;
  readonly imageGcLowPercent: number;
  /** When pods have to go because the node runs short of something. */
  readonly eviction: EvictionFlags;
  /** How often everything is listed while the runtime gives no events, in milliseconds. */
  readonly relistMs: number;
  /** Sandboxes that start at the same time. */
  readonly parallelSandboxes: number;
}

const mebibyte = 2 ** 20;

export function defaultSettings(nodeName: string): KubeletSettings {
  return {
    rootDir: "/var/lib/kubelet",
    podLogsDir: "/var/log/pods",
    containerLogsDir: "/var/log/containers",
    staticPodDir: undefined,
    hostname: nodeName,
    addresses: [],
    labels: {},
    taints: [],
    podCidr: undefined,
    clusterDns: [],
    clusterDomain: "cluster.local",
    resolvConf: "/etc/resolv.conf",
    cgroupRoot: "",
    cgroupDriver: undefined,
    podsMax: 110,
    reserved: { cpuMilli: 0, memoryBytes: 0 },
    allowedUnsafeSysctls: [],
    serverPort: 10_250,
    logBytesMax: 10 * mebibyte,
    logFilesMax: 5,
    imageGcHighPercent: 85,
    imageGcLowPercent: 80,
    eviction: { hard: "memory.available<100Mi,nodefs.available<10%,nodefs.inodesFree<5%" },
    relistMs: 1_000,
    parallelSandboxes: 8,
  };
}
