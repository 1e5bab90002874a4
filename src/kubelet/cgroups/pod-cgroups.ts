/**
 * The cgroups above containers: `kubepods`, one per quality-of-service class, one per pod. The
 * runtime makes those of the containers below. Names as upstream's kubelet for both drivers.
 */
import { join } from "node:path";
import type { Logger } from "#base/log.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Files } from "../host/files.ts";
import { qosOf } from "../pod/qos.ts";
import { podLimits, podRequests } from "../pod/resources.ts";
import { cpuPeriodUs, quotaOf, sharesOf } from "../runtime/container-resources.ts";

export type CgroupDriver = "cgroupfs" | "systemd";

export interface PodCgroups {
  /** The parent of the pod's containers, as the runtime is told. */
  parentOf(pod: Pod): string;
  /** Makes the pod's cgroup with its limits. Never fails: containers have their own limits. */
  ensure(pod: Pod): Promise<void>;
  /** Sets limits anew after a resize. */
  update(pod: Pod): Promise<void>;
  remove(pod: Pod): Promise<void>;
  /** Removes the cgroups of pods that are not among these, by uid. */
  removeOthers(uids: ReadonlySet<string>): Promise<void>;
  /** Gives the Burstable class the weight that its pods have asked for together. */
  balance(pods: readonly Pod[]): Promise<void>;
  /** Makes the cgroups of all pods and of the classes. */
  start(node: { cpuMilli: number; memoryBytes: number }): Promise<void>;
}

export interface PodCgroupOptions {
  files: Files;
  log: Logger;
  driver: CgroupDriver;
  version: 1 | 2;
  /** What lies above `kubepods`, such as `/coxswain`; "" is the top. */
  root: string;
  /** Where the hierarchies are mounted. */
  mountDir?: string;
}

const qosFolders = { Guaranteed: "", Burstable: "burstable", BestEffort: "besteffort" } as const;
/**
 * The hierarchies of version 1 in which pods have limits of their own. In the others the runtime
 * makes the folders; it never removes what it did not make alone, so that is for us in all of them.
 */
const limitedIn = ["cpu", "memory"];

export function createPodCgroups(options: PodCgroupOptions): PodCgroups {
  return new Cgroups(options);
}

class Cgroups implements PodCgroups {
  readonly #options: PodCgroupOptions;
  #hierarchies: string[] = [];

  constructor(options: PodCgroupOptions) {
    this.#options = options;
  }

  parentOf(pod: Pod): string {
    const { driver, root } = this.#options;
    const qos = qosFolders[qosOf(pod)];
    const uid = pod.metadata.uid ?? "";
    if (driver === "cgroupfs") return join("/", root, "kubepods", qos, `pod${uid}`);
    const parts = [...root.split("/").filter(Boolean), "kubepods", ...(qos ? [qos] : [])];
    return `${parts.join("-")}-pod${uid.replaceAll("-", "_")}.slice`;
  }

  /** The folder of the pod's cgroup below a hierarchy. */
  #pathOf(pod: Pod): string {
    const parent = this.parentOf(pod);
    return this.#options.driver === "cgroupfs" ? parent : systemdPath(parent);
  }

  async ensure(pod: Pod): Promise<void> {
    const path = this.#pathOf(pod);
    await this.#make(path);
    await this.update(pod);
  }

  async update(pod: Pod): Promise<void> {
    const limits = podLimits(pod);
    const requests = podRequests(pod);
    const milli = requests.cpuMilli ?? limits.cpuMilli ?? 0;
    await this.#set(this.#pathOf(pod), {
      shares: sharesOf(milli),
      quota: quotaOf(limits.cpuMilli ?? 0),
      memory: limits.memoryBytes,
    });
  }

  async remove(pod: Pod): Promise<void> {
    const { files, version, mountDir = "/sys/fs/cgroup" } = this.#options;
    const path = this.#pathOf(pod);
    const tops = version === 2 ? [mountDir] : this.#hierarchies;
    for (const top of tops) {
      const folder = join(top, path);
      // As a rule the runtime has taken away what was below.
      await files.rmdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") return this.#removeTree(folder);
        return undefined;
      });
    }
  }

  async start({ cpuMilli, memoryBytes }: { cpuMilli: number; memoryBytes: number }): Promise<void> {
    const { driver, root } = this.#options;
    this.#hierarchies = await this.#findHierarchies();
    const top =
      driver === "cgroupfs"
        ? join("/", root, "kubepods")
        : systemdPath([...root.split("/").filter(Boolean), "kubepods.slice"].join("-"));
    await this.#enableDownTo(top);
    await this.#make(top);
    await this.#set(top, { shares: sharesOf(cpuMilli), quota: 0, memory: memoryBytes });
    if (driver === "systemd") return;
    for (const qos of ["burstable", "besteffort"]) {
      await this.#make(join(top, qos));
      await this.#set(join(top, qos), { shares: 2, quota: 0, memory: undefined });
    }
  }

  async balance(pods: readonly Pod[]): Promise<void> {
    const { files, log, driver, version, root, mountDir = "/sys/fs/cgroup" } = this.#options;
    const burstable = pods.filter((pod) => qosOf(pod) === "Burstable");
    const milli = burstable.reduce((sum, pod) => sum + (podRequests(pod).cpuMilli ?? 0), 0);
    const shares = sharesOf(milli);
    const slice = [...root.split("/").filter(Boolean), "kubepods-burstable.slice"].join("-");
    const path = driver === "cgroupfs" ? join("/", root, "kubepods/burstable") : systemdPath(slice);
    const [file, value] =
      version === 1
        ? [join(mountDir, "cpu", path, "cpu.shares"), shares]
        : [join(mountDir, path, "cpu.weight"), weightOf(shares)];
    await files.writeFile(file, String(value)).catch((error: unknown) => {
      log.debug("cgroup not set", { file, value, error });
    });
  }

  async removeOthers(uids: ReadonlySet<string>): Promise<void> {
    const { files, version, driver, root, mountDir = "/sys/fs/cgroup" } = this.#options;
    // With systemd the slices are its own to remove.
    if (driver === "systemd") return;
    for (const top of version === 2 ? [mountDir] : this.#hierarchies) {
      for (const qos of Object.values(qosFolders)) {
        const folder = join(top, root, "kubepods", qos);
        for (const { name } of await files.readdir(folder)) {
          const uid = /^pod(.+)$/.exec(name)?.[1];
          if (uid !== undefined && !uids.has(uid)) await this.#removeTree(join(folder, name));
        }
      }
    }
  }

  /** In version 2 each level must hand its controllers down to the next. */
  async #enableDownTo(path: string): Promise<void> {
    const { version, mountDir = "/sys/fs/cgroup" } = this.#options;
    if (version !== 2) return;
    let folder = mountDir;
    await this.#enableBelow(folder);
    for (const part of path.split("/").filter(Boolean).slice(0, -1)) {
      folder = join(folder, part);
      await this.#options.files.mkdir(folder);
      await this.#enableBelow(folder);
    }
  }

  /** The folders of all hierarchies; some have several names, of which one is enough. */
  async #findHierarchies(): Promise<string[]> {
    const { files, mountDir = "/sys/fs/cgroup" } = this.#options;
    const entries = await files.readdir(mountDir);
    const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== "unified");
    return folders.map(({ name }) => join(mountDir, name));
  }

  async #make(path: string): Promise<void> {
    const { files, log, version, mountDir = "/sys/fs/cgroup" } = this.#options;
    const folders =
      version === 2 ? [join(mountDir, path)] : limitedIn.map((name) => join(mountDir, name, path));
    for (const folder of folders) {
      try {
        await files.mkdir(folder);
        if (version === 2) await this.#enableBelow(folder);
      } catch (error) {
        log.debug("cgroup not made", { folder, error });
      }
    }
  }

  /** Version 2 controls what lies below only when the parent says so. */
  async #enableBelow(folder: string): Promise<void> {
    const { files } = this.#options;
    const available = (await files.readFile(join(folder, "cgroup.controllers"))) ?? "";
    const wanted = ["cpu", "cpuset", "memory", "pids", "io", "hugetlb"];
    for (const name of wanted) {
      if (!available.split(/\s+/).includes(name)) continue;
      await files.writeFile(join(folder, "cgroup.subtree_control"), `+${name}`).catch(() => {});
    }
  }

  async #set(
    path: string,
    { shares, quota, memory }: { shares: number; quota: number; memory: number | undefined },
  ): Promise<void> {
    const { files, log, version, mountDir = "/sys/fs/cgroup" } = this.#options;
    const settings: [string, string][] =
      version === 1
        ? [
            [join(mountDir, "cpu", path, "cpu.shares"), String(shares)],
            [join(mountDir, "cpu", path, "cpu.cfs_period_us"), String(cpuPeriodUs)],
            [join(mountDir, "cpu", path, "cpu.cfs_quota_us"), String(quota === 0 ? -1 : quota)],
            [join(mountDir, "memory", path, "memory.limit_in_bytes"), String(memory ?? -1)],
          ]
        : [
            [join(mountDir, path, "cpu.weight"), String(weightOf(shares))],
            [join(mountDir, path, "cpu.max"), `${quota === 0 ? "max" : quota} ${cpuPeriodUs}`],
            [join(mountDir, path, "memory.max"), String(memory ?? "max")],
          ];
    for (const [file, value] of settings) {
      await files.writeFile(file, value).catch((error: unknown) => {
        log.debug("cgroup not set", { file, value, error });
      });
    }
  }

  /** Removes a cgroup and those below it, deepest first; busy ones stay for the next time. */
  async #removeTree(folder: string): Promise<void> {
    const { files } = this.#options;
    for (const entry of await files.readdir(folder)) {
      if (entry.isDirectory()) await this.#removeTree(join(folder, entry.name));
    }
    await files.rmdir(folder).catch(() => {});
  }
}

/** CPU shares of version 1 as a weight of version 2 (KEP-2254). */
export function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9_999) / 262_142);
}

/** `a-b-c.slice` lies in `/a.slice/a-b.slice/a-b-c.slice`. */
export function systemdPath(slice: string): string {
  const parts = slice.replace(/\.slice$/, "").split("-");
  return `/${parts.map((_, at) => `${parts.slice(0, at + 1).join("-")}.slice`).join("/")}`;
}

/** Cgroups on a simulated node. */
export const noCgroups: PodCgroups = {
  parentOf: () => "",
  ensure: () => Promise.resolve(),
  update: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  removeOthers: () => Promise.resolve(),
  balance: () => Promise.resolve(),
  start: () => Promise.resolve(),
};
