import { readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { exec, programEnvironment } from "./exec.ts";

/** What set-up asks of the machine, each question answered by trying or by reading `/proc`. */

/** An address under which pods and other machines reach this node. */
export interface NodeAddress {
  readonly interface: string;
  readonly address: string;
  /** Largest packet in bytes. */
  readonly mtu: number;
}

/** The IPv4 address of the interface with the default route, else of the first real interface. */
export async function nodeAddress(): Promise<NodeAddress | undefined> {
  const interfaces = networkInterfaces();
  const preferred = defaultRouteInterface(readFileSync("/proc/net/route", "utf8"));
  const names = [...(preferred === undefined ? [] : [preferred]), ...Object.keys(interfaces)];
  for (const name of names) {
    const found = interfaces[name]?.find((entry) => entry.family === "IPv4" && !entry.internal);
    if (found && !/^(cox|docker|br-|veth|cni)/.test(name)) {
      return { interface: name, address: found.address, mtu: await interfaceMtu(name) };
    }
  }
  return undefined;
}

/** The interface of the default route with the lowest metric, from `/proc/net/route`'s text. Pure. */
export function defaultRouteInterface(routes: string): string | undefined {
  const defaults = routes
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter((field) => field[1] === "00000000" && field[7] === "00000000")
    .map((field) => ({ name: field[0] ?? "", metric: Number(field[6]) }));
  return defaults.toSorted((a, b) => a.metric - b.metric)[0]?.name;
}

/** Whether this process is kept from lowering its oom_score_adj (it lacks CAP_SYS_RESOURCE). */
export function oomScoreRestricted(): boolean {
  const file = "/proc/self/oom_score_adj";
  const own = Number(readFileSync(file, "utf8"));
  if (own <= -999) return false;
  try {
    writeFileSync(file, `${own - 1}`);
    writeFileSync(file, `${own}`);
    return false;
  } catch {
    return true;
  }
}

const usualMtu = 1500;

/** By netlink: `/sys` may belong to another network namespace than this process. */
async function interfaceMtu(name: string): Promise<number> {
  const options = { env: programEnvironment(), mayFail: true };
  const { stdout } = await exec("ip", ["-o", "link", "show", "dev", name], options);
  return Number(/\bmtu (\d+)\b/.exec(stdout)?.[1] ?? usualMtu);
}
