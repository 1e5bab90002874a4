import { readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * `cluster.json`: what `cox up` tells the server and the agent about the cluster and the machine.
 * Written before they start; both only read it.
 */
export interface ClusterFile {
  readonly nodeName: string;
  /** Address of the node that pods and other machines reach it by. */
  readonly nodeIP: string;
  readonly apiServer: {
    /** Name or address that clients outside pods use. */
    readonly host: string;
    readonly port: number;
    /** Addresses to listen on: the loopback, and the node's so that pods reach it. */
    readonly bindAddresses: readonly string[];
  };
  readonly serviceCIDR: string;
  readonly podCIDR: string;
  /** The first node's part of `podCIDR`; its CNI configuration is written for it. */
  readonly nodePodCIDR: string;
  readonly clusterDNS: string;
  readonly clusterDomain: string;
  /** Simulated nodes to run beside (or, without a container runtime, instead of) the real one. */
  readonly hollowNodes: number;
  /** Absent when there are only hollow nodes. */
  readonly node?: MachineNode;
}

/** What the agent needs to know of the machine that it runs pods on. */
export interface MachineNode {
  readonly criSocket: string;
  readonly cniConfDir: string;
  readonly pauseImage: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly cgroupVersion: 1 | 2;
  /** Parent group of all pods: `/coxswain`, or a slice name with systemd. */
  readonly cgroupRoot: string;
  /** Linux bridge of the pods. */
  readonly bridge: string;
  readonly kubeletDir: string;
  readonly podLogDir: string;
  readonly staticPodDir: string;
  /** This process may not lower oom_score_adj: clamp instead of failing. */
  readonly oomScoreRestricted: boolean;
}

/** The ranges that Kubernetes tools use by custom. */
export const defaultNetwork = {
  serviceCIDR: "10.96.0.0/16",
  podCIDR: "10.244.0.0/16",
  nodePodCIDR: "10.244.0.0/24",
  clusterDNS: "10.96.0.10",
  clusterDomain: "cluster.local",
} as const;

/** Writes the file whole or not at all, readable by its owner alone. */
export async function writeClusterFile(path: string, cluster: ClusterFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${JSON.stringify(cluster, null, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Reads the file; throws when it is missing or not JSON. */
export function readClusterFile(path: string): ClusterFile {
  return JSON.parse(readFileSync(path, "utf8")) as ClusterFile;
}
