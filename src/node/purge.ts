import { existsSync, readdirSync, readFileSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { cgroupsBelow, readCgroupLayout } from "./cgroup.ts";
import { exec, programEnvironment } from "./exec.ts";
import { isOurDataDir, nftTables, readBefore } from "./machine.ts";
import type { MachineBefore } from "./machine.ts";
import type { NodePaths } from "./paths.ts";
import { containerProcesses, shimProcesses } from "./stop.ts";
import { signalProcess } from "./supervise.ts";
import { readSetting, writeSetting } from "./sysctl.ts";

/** Removes all that a node leaves on a machine, and nothing that is not ours. */

/** What a purge found of ours; also what a test looks at to see that nothing is left. */
export interface Remains {
  readonly processes: readonly number[];
  /** Mount points, innermost first. */
  readonly mounts: readonly string[];
  readonly interfaces: readonly string[];
  /** nft tables as `family name`. */
  readonly nftTables: readonly string[];
  /** Control groups, deepest first. */
  readonly cgroups: readonly string[];
  readonly files: readonly string[];
  /** Kernel settings that are as we set them, with the value they had. */
  readonly settings: readonly { readonly name: string; readonly value: number }[];
}

/** Looks for everything of this instance. */
export async function findRemains(paths: NodePaths): Promise<Remains> {
  if (process.platform !== "linux") return { ...nothing, files: ownFolders(paths) };
  const before = readBefore(paths);
  return {
    processes: [...new Set([...containerProcesses(paths), ...shimProcesses(paths)])],
    mounts: mountsOf([paths.runDir, paths.dataDir]),
    interfaces: await ownInterfaces(paths.bridge),
    nftTables: await ownTables(paths, before),
    cgroups: cgroupsBelow(readCgroupLayout(), paths.cgroup),
    files: [...shimSockets(paths), ...cniResults(paths), ...ownFolders(paths)],
    settings: (before?.settings ?? [])
      .filter(({ name, to }) => readSetting(name) === to)
      .map(({ name, from }) => ({ name, value: from })),
  };
}

const rounds = 3;

/** Removes `findRemains` until nothing is found; everything must have been stopped before. */
export async function purge(paths: NodePaths, clock: Clock): Promise<Remains> {
  const first = await findRemains(paths);
  let remains = first;
  for (let round = 0; round < rounds && !isEmpty(remains); round++) {
    if (round > 0) await clock.sleep(200); // killed processes still hold their mounts and groups
    await removeRemains(remains);
    remains = await findRemains(paths);
  }
  if (!isEmpty(remains)) throw new Error(`could not remove ${JSON.stringify(remains)}`);
  return first;
}

/** Whether nothing at all was found. */
export function isEmpty(remains: Remains): boolean {
  return Object.values(remains).every((found: readonly unknown[]) => found.length === 0);
}

const nothing: Remains = {
  processes: [],
  mounts: [],
  interfaces: [],
  nftTables: [],
  cgroups: [],
  files: [],
  settings: [],
};

async function removeRemains(remains: Remains): Promise<void> {
  if (process.platform === "linux") await releaseKernelObjects(remains);
  // never delete through a mount: it may show a folder of the user's
  if (mountsOf(remains.files).length > 0) return;
  for (const file of remains.files) await rm(file, { recursive: true, force: true });
}

async function releaseKernelObjects(remains: Remains): Promise<void> {
  const options = { env: programEnvironment(), mayFail: true };
  for (const pid of remains.processes) signalProcess(pid, "SIGKILL");
  for (const mount of remains.mounts) await exec("umount", ["--lazy", mount], options);
  for (const link of remains.interfaces) await exec("ip", ["link", "delete", link], options);
  for (const table of remains.nftTables) {
    await exec("nft", ["delete", "table", ...table.split(" ")], options);
  }
  for (const group of remains.cgroups) await rmdir(group).catch(() => {}); // next round
  for (const { name, value } of remains.settings) writeSetting(name, value);
}

function mountsOf(folders: readonly string[]): string[] {
  if (process.platform !== "linux") return [];
  return mountsBelow(readFileSync("/proc/self/mountinfo", "utf8"), folders);
}

/** Mount points below `folders`, innermost first, out of `/proc/self/mountinfo`'s text. Pure. */
export function mountsBelow(mountinfo: string, folders: readonly string[]): string[] {
  return mountinfo
    .split("\n")
    .map((line) => unescapeMount(line.split(" ")[4] ?? ""))
    .filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .toReversed();
}

/** The kernel writes blanks and backslashes in mount points as octal numbers. */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  );
}

/**
 * The bridge and whatever is plugged into it. Asked by netlink: `/sys` may belong to another network
 * namespace than this process.
 */
async function ownInterfaces(bridge: string): Promise<string[]> {
  const options = { env: programEnvironment(), mayFail: true };
  const { stdout } = await exec("ip", ["-o", "link", "show"], options);
  const links = stdout.split("\n").map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "");
  const ports = stdout
    .split("\n")
    .filter((line) => line.includes(` master ${bridge} `))
    .map((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? "");
  return links.includes(bridge) ? [...ports, bridge] : [];
}

/**
 * Our tables, the Service proxy's, and the `nat` table if the portmap plug-in alone made it. A
 * table that was there before the first set-up is somebody else's.
 */
async function ownTables(paths: NodePaths, before: MachineBefore | undefined): Promise<string[]> {
  const foreign = new Set(before?.nftTables);
  const present = await nftTables();
  const named = present.filter(
    (table) =>
      table === `ip ${paths.nftTable}` ||
      (before !== undefined && !foreign.has(table) && /^\S+ (kube-proxy|coxswain)/.test(table)),
  );
  const portmaps = [];
  for (const table of ["ip nat", "ip6 nat"]) {
    if (before === undefined || foreign.has(table) || !present.includes(table)) continue;
    const { stdout } = await exec("nft", ["list", "table", ...table.split(" ")], { mayFail: true });
    if (onlyPortmap(stdout)) portmaps.push(table);
  }
  return [...named, ...portmaps];
}

/** Whether a nat table holds nothing but the kernel's own chains and the portmap plug-in's. Pure. */
export function onlyPortmap(ruleset: string): boolean {
  const builtIn = new Set(["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]);
  return [...ruleset.matchAll(/^\s*chain (\S+) \{\n([^}]*)\}/gm)].every(
    ([, name = "", body = ""]) => {
      if (!builtIn.has(name)) return name.startsWith("CNI-");
      const rules = body
        .split("\n")
        .filter((line) => line.trim() !== "" && !/^\s*type /.test(line));
      return rules.every((rule) => /\b(jump|goto) CNI-/.test(rule));
    },
  );
}

/** Shims put their sockets into a folder that all containerds share; each bundle notes its own. */
function shimSockets(paths: NodePaths): string[] {
  const bundles = join(paths.containerdState, "io.containerd.runtime.v2.task", "k8s.io");
  if (!existsSync(bundles)) return [];
  return readdirSync(bundles)
    .flatMap((id) =>
      ["address", "bootstrap.json"].map((name) => join(bundles, id, name)).filter(existsSync),
    )
    .map((file) => /unix:\/\/([^"\s]+)/.exec(readFileSync(file, "utf8"))?.[1] ?? "")
    .filter((socket) => socket !== "" && existsSync(socket));
}

/** libcni notes each pod's result in a folder that cannot be chosen. */
function cniResults(paths: NodePaths): string[] {
  const folder = "/var/lib/cni/results";
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${paths.bridge}-`))
    .map((name) => join(folder, name));
}

function ownFolders(paths: NodePaths): string[] {
  const data = isOurDataDir(paths) ? [paths.dataDir] : [];
  return [...data, paths.runDir].filter(existsSync);
}
