import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The data folder of a node run as root. */
export const systemDataDir = "/var/lib/coxswain";

/**
 * Where everything of one coxswain instance lies. `dataDir` survives a reboot, `runDir` need not.
 * Names that are visible machine-wide (bridge, nft table, cgroup, CNI network) carry a suffix when
 * the data folder is not the usual one, so that two instances never touch each other's things.
 */
export interface NodePaths {
  readonly dataDir: string;
  readonly runDir: string;
  readonly logDir: string;
  readonly clusterFile: string;
  readonly kubeconfig: string;
  readonly pidFile: (process: string) => string;
  readonly logFile: (process: string) => string;
  /** Folder of what can be made again: images, compiled code. */
  readonly cacheDir: string;
  /** Image archives made at set-up, and the `catatonit` program. */
  readonly imageCacheDir: string;
  readonly containerdConfig: string;
  readonly containerdRoot: string;
  readonly containerdState: string;
  readonly containerdSocket: string;
  readonly registryConfigDir: string;
  readonly cniConfDir: string;
  readonly cniDataDir: string;
  readonly kubeletDir: string;
  readonly podLogDir: string;
  readonly staticPodDir: string;
  /** Kernel settings and other facts as they were before the first `cox up`. */
  readonly beforeFile: string;
  /** Linux bridge of the pods; at most 15 characters. Also the name of the CNI network. */
  readonly bridge: string;
  /** nft table with the rules of the node itself (pod traffic that leaves the machine). */
  readonly nftTable: string;
  /** Parent cgroup of all pods, without a leading slash. */
  readonly cgroup: string;
}

/** A Unix socket's path must fit into 107 bytes; the longest name below `runDir` has 40. */
const runDirCharsMax = 60;

/**
 * The paths of the instance whose data folder is `dataDir`. Images may be kept elsewhere, where
 * several instances find them.
 */
export function nodePaths(dataDir: string, imageCacheDir?: string): NodePaths {
  const data = resolve(dataDir);
  const usual = data === systemDataDir;
  const suffix = usual ? "" : createHash("sha256").update(data).digest("hex").slice(0, 8);
  const runDir = usual ? "/run/coxswain" : shortRunDir(data, suffix);
  return {
    dataDir: data,
    runDir,
    logDir: join(data, "log"),
    clusterFile: join(data, "cluster.json"),
    kubeconfig: join(data, "kubeconfig"),
    pidFile: (process) => join(runDir, `${process}.pid`),
    logFile: (process) => join(data, "log", `${process}.log`),
    cacheDir: join(data, "cache"),
    imageCacheDir: imageCacheDir ?? join(data, "cache", "images"),
    containerdConfig: join(data, "containerd", "config.toml"),
    containerdRoot: join(data, "containerd", "root"),
    containerdState: join(runDir, "containerd"),
    containerdSocket: join(runDir, "containerd.sock"),
    registryConfigDir: join(data, "containerd", "certs.d"),
    cniConfDir: join(data, "cni", "net.d"),
    cniDataDir: join(data, "cni", "networks"),
    kubeletDir: join(data, "kubelet"),
    podLogDir: join(data, "log", "pods"),
    staticPodDir: join(data, "manifests"),
    beforeFile: join(data, "before.json"),
    bridge: usual ? "cox0" : `cox-${suffix}`,
    nftTable: usual ? "coxswain-node" : `coxswain-node-${suffix}`,
    cgroup: usual ? "coxswain" : `coxswain-${suffix}`,
  };
}

/** The data folder when nobody names one: root's is the machine's, a user's lies in the home. */
export function defaultDataDir(env: NodeJS.ProcessEnv, uid: number): string {
  const named = env["COX_DATA_DIR"];
  if (named !== undefined && named !== "") return resolve(named);
  if (uid === 0) return systemDataDir;
  return join(env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "coxswain");
}

function shortRunDir(data: string, suffix: string): string {
  const inside = join(data, "run");
  return inside.length <= runDirCharsMax ? inside : `/tmp/coxswain-${suffix}`;
}
