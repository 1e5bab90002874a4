/** What the node may run short of, and how much of it is left. */
import type { FsStats, NodeSummary } from "../server/summary.ts";

export const signals = [
  "memory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
  "imagefs.inodesFree",
  "pid.available",
] as const;
export type Signal = (typeof signals)[number];

/** Conditions of the node that tell of a shortage. */
export type Pressure = "MemoryPressure" | "DiskPressure" | "PIDPressure";
/** What is scarce, as messages name it. */
export type Scarce = "memory" | "ephemeral-storage" | "inodes" | "pids";

/** How much there is of something (bytes, inodes, processes), and how much of it is free. */
export interface Level {
  readonly available: number;
  readonly capacity: number;
}

export type Levels = ReadonlyMap<Signal, Level>;

/** What can be read from the node's statistics; signals that are not known are left out. */
export function levelsOf(node: NodeSummary): Levels {
  const { memory, fs, runtime, rlimit } = node;
  const levels = new Map<Signal, Level>();
  if (memory?.availableBytes !== undefined) {
    const { availableBytes: available, workingSetBytes = 0 } = memory;
    levels.set("memory.available", { available, capacity: available + workingSetBytes });
  }
  addFilesystem(levels, "nodefs", fs);
  addFilesystem(levels, "imagefs", runtime?.imageFs);
  if (rlimit) {
    const { maxpid: capacity, curproc } = rlimit;
    levels.set("pid.available", { available: capacity - curproc, capacity });
  }
  return levels;
}

function addFilesystem(
  levels: Map<Signal, Level>,
  name: "nodefs" | "imagefs",
  fs: FsStats | undefined,
): void {
  if (fs?.availableBytes !== undefined && fs.capacityBytes !== undefined) {
    const level = { available: fs.availableBytes, capacity: fs.capacityBytes };
    levels.set(`${name}.available`, level);
  }
  // File systems that make inodes as they need them (btrfs) say 0.
  if (fs?.inodesFree !== undefined && fs.inodes) {
    levels.set(`${name}.inodesFree`, { available: fs.inodesFree, capacity: fs.inodes });
  }
}

export function pressureOf(signal: Signal): Pressure {
  if (signal === "memory.available") return "MemoryPressure";
  return signal === "pid.available" ? "PIDPressure" : "DiskPressure";
}

export function scarceOf(signal: Signal): Scarce {
  if (signal === "memory.available") return "memory";
  if (signal === "pid.available") return "pids";
  return signal.endsWith(".inodesFree") ? "inodes" : "ephemeral-storage";
}
