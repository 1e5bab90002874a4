import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A kernel setting that the node needs. */
export interface KernelSetting {
  /** Name with slashes, as below `/proc/sys`. */
  readonly name: string;
  readonly value: number;
  /** Leave a larger value alone. */
  readonly atLeast?: boolean;
}

/** What pods, Services and many watched files need of the kernel. */
export const nodeSettings: readonly KernelSetting[] = [
  { name: "net/ipv4/ip_forward", value: 1 },
  // bridged packets pass the Service rules, so that pods of one node reach Services
  { name: "net/bridge/bridge-nf-call-iptables", value: 1 },
  { name: "net/bridge/bridge-nf-call-ip6tables", value: 1 },
  { name: "fs/inotify/max_user_instances", value: 8192, atLeast: true },
  { name: "fs/inotify/max_user_watches", value: 524_288, atLeast: true },
  { name: "net/netfilter/nf_conntrack_max", value: 131_072, atLeast: true },
  // runc makes one key ring per container
  { name: "kernel/keys/root_maxkeys", value: 1_000_000, atLeast: true },
  { name: "kernel/keys/root_maxbytes", value: 25_000_000, atLeast: true },
];

/** Kernel modules behind those settings; `modprobe` fails harmlessly when they are built in. */
export const nodeModules = ["br_netfilter", "overlay", "nf_conntrack", "veth"];

/** One change to make: what the setting is and what it is to become. */
export interface SettingChange {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** The changes that bring the kernel to `settings`. Pure: `read` answers for the machine. */
export function planSettings(
  settings: readonly KernelSetting[],
  read: (name: string) => number | undefined,
): SettingChange[] {
  return settings.flatMap(({ name, value, atLeast }) => {
    const from = read(name);
    if (from === undefined || from === value || (atLeast && from > value)) return [];
    return [{ name, from, to: value }];
  });
}

/** A numeric kernel setting, or undefined where this kernel does not have it. */
export function readSetting(name: string): number | undefined {
  const path = join("/proc/sys", name);
  if (!existsSync(path)) return undefined;
  const value = Number(readFileSync(path, "utf8").trim());
  return Number.isInteger(value) ? value : undefined;
}

/** Writes a kernel setting; false where the kernel does not let us (some are the host's alone). */
export function writeSetting(name: string, value: number): boolean {
  try {
    writeFileSync(join("/proc/sys", name), `${value}\n`);
    return true;
  } catch {
    return false;
  }
}
