/** What the machine is and how much of it is used. */
import os from "node:os";
import type { Files } from "./files.ts";

export interface MachineFacts {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  /** Number of pages by size in bytes. */
  readonly hugepages: Readonly<Record<number, number>>;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** As in Go: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly pidsMax: number;
  readonly cgroupVersion: 1 | 2;
  /** Whether the kernel enforces AppArmor profiles. */
  readonly appArmor: boolean;
}

export interface MachineUsage {
  readonly memoryAvailableBytes: number;
  readonly memoryWorkingSetBytes: number;
  readonly cpuNanoseconds: number;
  readonly pids: number;
}

export interface Machine {
  facts(): Promise<MachineFacts>;
  usage(): Promise<MachineUsage>;
  /** The node's addresses that pods and other nodes may use, the preferred one first. */
  addresses(): string[];
}

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
const mebibyte = 2 ** 20;

/** The machine that this process runs on. */
export function systemMachine(files: Files): Machine {
  const read = async (path: string) => ((await files.readFile(path)) ?? "").trim();
  return {
    async facts() {
      const memory = parseMemInfo(await read("/proc/meminfo"));
      const release = await read("/etc/os-release");
      const pretty = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? os.type();
      const total = memory.get("MemTotal") ?? os.totalmem();
      const pageBytes = memory.get("Hugepagesize") ?? 2 * mebibyte;
      const machineId = await read("/etc/machine-id");
      return {
        cores: os.availableParallelism(),
        memoryBytes: total,
        swapBytes: memory.get("SwapTotal") ?? 0,
        hugepages: await hugepages(files, pageBytes),
        machineId,
        systemUuid: (await read("/sys/class/dmi/id/product_uuid").catch(() => "")) || machineId,
        bootId: await read("/proc/sys/kernel/random/boot_id"),
        kernelVersion: os.release(),
        osImage: pretty,
        architecture: architectures[process.arch] ?? process.arch,
        pidsMax: Number(await read("/proc/sys/kernel/pid_max")) || 32_768,
        cgroupVersion: (await files.stat("/sys/fs/cgroup/cgroup.controllers")) ? 2 : 1,
        appArmor: (await read("/sys/module/apparmor/parameters/enabled")) === "Y",
      };
    },
    async usage() {
      const memory = parseMemInfo(await read("/proc/meminfo"));
      const total = memory.get("MemTotal") ?? os.totalmem();
      const available = memory.get("MemAvailable") ?? os.freemem();
      const cpu = os
        .cpus()
        .reduce((sum, { times }) => sum + times.user + times.sys + times.nice, 0);
      const pids = /\/(\d+)/.exec(await read("/proc/loadavg"))?.[1];
      return {
        memoryAvailableBytes: available,
        memoryWorkingSetBytes: total - available,
        cpuNanoseconds: cpu * 1e6,
        pids: Number(pids ?? 0),
      };
    },
    addresses: () => ownAddresses(os.networkInterfaces()),
  };
}

/** Lines of /proc/meminfo in bytes. */
export function parseMemInfo(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const match = /^(\w+):\s+(\d+)( kB)?/.exec(line);
    if (match) values.set(match[1]!, Number(match[2]) * (match[3] ? 1_024 : 1));
  }
  return values;
}

async function hugepages(files: Files, defaultBytes: number): Promise<Record<number, number>> {
  const folder = "/sys/kernel/mm/hugepages";
  const pages: Record<number, number> = {};
  for (const { name } of await files.readdir(folder)) {
    const kilobytes = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    if (kilobytes === undefined) continue;
    const count = await files.readFile(`${folder}/${name}/nr_hugepages`);
    pages[Number(kilobytes) * 1_024] = Number(count ?? 0);
  }
  if (Object.keys(pages).length === 0) pages[defaultBytes] = 0;
  return pages;
}

const virtualInterface = /^(lo|cni|cox|veth|docker|br-|flannel|cali|nodelocaldns|kube-ipvs)/;

function ownAddresses(interfaces: NodeJS.Dict<os.NetworkInterfaceInfo[]>): string[] {
  const found = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    virtualInterface.test(name) ? [] : addresses.filter(({ internal }) => !internal),
  );
  const v4 = found.filter(({ family }) => family === "IPv4").map(({ address }) => address);
  const v6 = found
    .filter(({ family, address }) => family === "IPv6" && !address.startsWith("fe80"))
    .map(({ address }) => address);
  // One address: a node with two says so by itself, because its pods' network must have two, too.
  return [v4[0] ?? v6[0] ?? "127.0.0.1"];
}
