import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { type CgroupLayout, makeCgroup, readCgroupLayout } from "./cgroup.ts";
import { findCniPlugins, writeCniConfig } from "./cni.ts";
import { renderContainerdConfig } from "./containerd.ts";
import { applyRules, egressRules } from "./egress.ts";
import { exec, programEnvironment } from "./exec.ts";
import { type NodeAddress, nodeAddress, oomScoreRestricted } from "./facts.ts";
import { imageNames } from "./images/recipes.ts";
import type { NodePaths } from "./paths.ts";
import { startSupervised } from "./supervise.ts";
import {
  nodeModules,
  nodeSettings,
  planSettings,
  readSetting,
  type SettingChange,
  writeSetting,
} from "./sysctl.ts";

/** Sets the machine up for pods, step by step; every step may be repeated at any time. */

/** What set-up found out about this machine. */
export interface MachineFacts {
  readonly cgroup: CgroupLayout;
  readonly address: NodeAddress | undefined;
  readonly oomScoreRestricted: boolean;
  readonly cniBinDir: string;
  /** As `containerd --version` says it. */
  readonly containerdVersion: string;
}

/** Asks the machine; throws when a program that set-up installs is not there. */
export async function machineFacts(): Promise<MachineFacts> {
  const { stdout } = await exec("containerd", ["--version"], { env: programEnvironment() });
  return {
    cgroup: readCgroupLayout(),
    address: await nodeAddress(),
    oomScoreRestricted: oomScoreRestricted(),
    cniBinDir: findCniPlugins(),
    containerdVersion: /\s(v?\d+\.\d+\S*)/.exec(stdout)?.[1] ?? "1.6",
  };
}

/** The state of the machine before the first set-up, by which a purge restores it. */
export interface MachineBefore {
  readonly settings: readonly SettingChange[];
  /** nft tables as `family name`. */
  readonly nftTables: readonly string[];
}

/** Loads modules, changes kernel settings, notes what they were. Returns the changes made. */
export async function prepareKernel(paths: NodePaths): Promise<SettingChange[]> {
  // tolerated: modules may be built in, and containers may not load any
  await exec("modprobe", ["-a", ...nodeModules], { env: programEnvironment(), mayFail: true });
  const changes = planSettings(nodeSettings, readSetting).filter((change) =>
    writeSetting(change.name, change.to),
  );
  const known = readBefore(paths);
  const names = new Set(known?.settings.map((change) => change.name));
  const before: MachineBefore = {
    settings: [...(known?.settings ?? []), ...changes.filter(({ name }) => !names.has(name))],
    nftTables: known?.nftTables ?? (await nftTables()),
  };
  await writeFile(paths.beforeFile, `${JSON.stringify(before, null, 2)}\n`, { mode: 0o600 });
  return changes;
}

/** What `prepareKernel` noted, or undefined when it never ran. */
export function readBefore(paths: NodePaths): MachineBefore | undefined {
  if (!existsSync(paths.beforeFile)) return undefined;
  return JSON.parse(readFileSync(paths.beforeFile, "utf8")) as MachineBefore;
}

/** The nft tables of this machine, as `family name`. */
export async function nftTables(): Promise<string[]> {
  const { stdout } = await exec("nft", ["list", "tables"], {
    env: programEnvironment(),
    mayFail: true,
  });
  return [...stdout.matchAll(/^table (\S+ \S+)$/gm)].map(([, table = ""]) => table);
}

/** Network of the pods on this node: CNI configuration and the rule for traffic that leaves. */
export async function prepareNetwork(
  paths: NodePaths,
  facts: MachineFacts,
  ranges: { podCIDR: string; nodePodCIDR: string },
): Promise<void> {
  await writeCniConfig(paths.cniConfDir, {
    bridge: paths.bridge,
    podCIDR: ranges.nodePodCIDR,
    dataDir: paths.cniDataDir,
    mtu: facts.address?.mtu ?? 1500,
  });
  await applyRules(
    egressRules({ table: paths.nftTable, bridge: paths.bridge, podCIDR: ranges.podCIDR }),
  );
}

/** containerd answers within this time even on a slow disk, in milliseconds. */
const containerdStartMsMax = 30_000;

/** Starts containerd with a configuration of its own, unless it runs. Waits until it answers. */
export async function startContainerd(
  paths: NodePaths,
  facts: MachineFacts,
  clock: Clock,
): Promise<boolean> {
  for (const folder of [paths.containerdRoot, paths.registryConfigDir, paths.runDir]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  makeCgroup(facts.cgroup, paths.cgroup);
  const config = renderContainerdConfig({
    version: facts.containerdVersion,
    root: paths.containerdRoot,
    state: paths.containerdState,
    socket: paths.containerdSocket,
    sandboxImage: imageNames.pause,
    cniBinDir: facts.cniBinDir,
    cniConfDir: paths.cniConfDir,
    registryConfigDir: paths.registryConfigDir,
    systemdCgroup: facts.cgroup.driver === "systemd",
    restrictOomScoreAdj: facts.oomScoreRestricted,
    runtimeBinary: "runc",
  });
  await writeFile(paths.containerdConfig, config, { mode: 0o600 });
  const reaper = join(paths.imageCacheDir, "catatonit");
  const started = await startSupervised(paths, {
    name: "containerd",
    command: ["containerd", "--config", paths.containerdConfig],
    env: programEnvironment(),
    ...(existsSync(reaper) ? { reaper } : {}),
  });
  const deadline = clock.monotonic() + containerdStartMsMax;
  while (!(await accepts(paths.containerdSocket))) {
    if (clock.monotonic() > deadline) {
      throw new Error(`containerd does not answer; see ${paths.logFile("containerd")}`);
    }
    await clock.sleep(25);
  }
  return started;
}

const markFile = ".coxswain";

/**
 * Makes the data folder and marks it as ours. A folder that holds other things is refused, for a
 * purge deletes the whole of it.
 */
export async function claimDataDir(paths: NodePaths): Promise<void> {
  await mkdir(paths.dataDir, { recursive: true, mode: 0o700 });
  const names = await readdir(paths.dataDir);
  if (names.includes(markFile)) return;
  if (names.length > 0) {
    throw new Error(`${paths.dataDir} is not empty and not coxswain's: choose another --data-dir`);
  }
  await writeFile(
    join(paths.dataDir, markFile),
    "coxswain's data; `cox down --purge` deletes it\n",
  );
}

/** Whether the data folder was made by `claimDataDir`. */
export function isOurDataDir(paths: NodePaths): boolean {
  return existsSync(join(paths.dataDir, markFile));
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket);
    connection.once("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}
