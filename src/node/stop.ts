import { readdirSync, readFileSync } from "node:fs";
import type { Clock } from "#base/clock.ts";
import { cgroupsBelow, processesIn, readCgroupLayout } from "./cgroup.ts";
import type { NodePaths } from "./paths.ts";
import { signalProcess, startTicks, stopSupervised } from "./supervise.ts";

/** Stops what runs, gently first. Data stays; `purge.ts` is for the rest. */

export interface StopOptions {
  readonly clock: Clock;
  /** Ends all pod sandboxes through the CRI, which also gives back their addresses and ports. */
  readonly stopPods?: (criSocket: string) => Promise<void>;
  /** Time that containers are given after SIGTERM, in milliseconds. Default 5000. */
  readonly containerGraceMs?: number;
  /** Told what is being stopped. */
  readonly progress?: (what: string) => void;
}

const processGraceMs = 15_000;
const shimGraceMs = 3_000;
const pollMs = 50;

/** Stops agent and server, then the containers, then containerd. Returns what had been running. */
export async function stopAll(paths: NodePaths, options: StopOptions): Promise<string[]> {
  const { clock, progress = () => {} } = options;
  const stopped: string[] = [];
  const stop = async (name: string) => {
    progress(name);
    if (await stopSupervised(paths, name, { clock, graceMs: processGraceMs })) stopped.push(name);
  };
  await stop("agent");
  await stop("server");
  if (process.platform === "linux") {
    if (await stopContainers(paths, options)) stopped.push("containers");
  }
  await stop("containerd");
  for (const pid of shimProcesses(paths)) signalProcess(pid, "SIGKILL");
  return stopped;
}

async function stopContainers(paths: NodePaths, options: StopOptions): Promise<boolean> {
  const { clock, stopPods, containerGraceMs = 5_000, progress = () => {} } = options;
  const remaining = () => containerProcesses(paths);
  const any = remaining().length > 0 || shimProcesses(paths).length > 0;
  if (any) progress("containers");
  for (const pid of remaining()) if (isContainerInit(pid)) signalProcess(pid, "SIGTERM");
  await until(clock, containerGraceMs, () => !remaining().some(isContainerInit));
  try {
    await stopPods?.(paths.containerdSocket);
  } catch {
    // containerd is not there, or refuses: the kernel does not
  }
  for (const pid of remaining()) signalProcess(pid, "SIGKILL");
  await until(clock, shimGraceMs, () => shimProcesses(paths).length === 0);
  return any;
}

/** The processes inside the pods' control groups. */
export function containerProcesses(paths: NodePaths): number[] {
  const pids = processesIn(cgroupsBelow(readCgroupLayout(), paths.cgroup));
  return pids.filter((pid) => startTicks(pid) !== undefined);
}

/** The shims that containerd started for our containers: their command line names our socket. */
export function shimProcesses(paths: NodePaths): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = commandLine(pid);
      const shim = words[0]?.includes("containerd-shim") ?? false;
      return shim && words.some((word) => word.startsWith(paths.containerdSocket));
    });
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // it has just ended
  }
}

/** Whether a process is the first one of its PID namespace. */
function isContainerInit(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const ids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    return ids.length > 1 && ids.at(-1) === "1";
  } catch {
    return false;
  }
}

async function until(clock: Clock, msMax: number, done: () => boolean): Promise<void> {
  const deadline = clock.monotonic() + msMax;
  while (!done() && clock.monotonic() < deadline) await clock.sleep(pollMs);
}
