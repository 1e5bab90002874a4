import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * How this machine's control groups are laid out. Version 1 has one tree per controller, version 2
 * a single one. With systemd on version 2 the pods' groups are systemd's to make.
 */
export interface CgroupLayout {
  readonly version: 1 | 2;
  readonly driver: "cgroupfs" | "systemd";
  /** The mounted trees: one per controller in version 1, one in all in version 2. */
  readonly roots: readonly string[];
  /** An extra version 2 tree without controllers, into which runtimes put processes all the same. */
  readonly hybrid?: string;
}

/** Reads the layout out of `/proc/mounts`' text. Pure. */
export function cgroupLayout(mounts: string, systemd: boolean): CgroupLayout {
  const trees = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .map(([, path = "", type = ""]) => ({ path, type }))
    .filter(({ path }) => path.startsWith("/sys/fs/cgroup"));
  const unified = trees.find(({ type }) => type === "cgroup2")?.path;
  if (unified === "/sys/fs/cgroup") {
    return { version: 2, driver: systemd ? "systemd" : "cgroupfs", roots: [unified] };
  }
  const roots = trees.filter(({ type }) => type === "cgroup").map(({ path }) => path);
  const hybrid = unified === undefined ? {} : { hybrid: unified };
  return { version: 1, driver: "cgroupfs", roots, ...hybrid };
}

/** The layout of this machine. */
export function readCgroupLayout(): CgroupLayout {
  return cgroupLayout(readFileSync("/proc/mounts", "utf8"), existsSync("/run/systemd/system"));
}

/**
 * Makes the parent group of all pods in every tree. In version 1 a new cpuset is empty and accepts
 * no process, so it is given its parent's processors and memory nodes; in version 2 the controllers
 * are passed down. With systemd nothing is to be done: slices appear on demand.
 */
export function makeCgroup(layout: CgroupLayout, name: string): void {
  if (layout.driver === "systemd") return;
  for (const root of layout.roots) {
    const group = join(root, name);
    mkdirSync(group, { recursive: true });
    if (layout.version === 2) {
      passControllersDown(root);
      passControllersDown(group);
    } else if (existsSync(join(group, "cpuset.cpus"))) {
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        if (readFileSync(join(group, file), "utf8").trim() !== "") continue;
        writeFileSync(join(group, file), readFileSync(join(root, file)));
      }
    }
  }
}

/**
 * Every group called `name` (or, with systemd, its slice) and those below it, deepest first. Groups
 * come and go while one looks.
 */
export function cgroupsBelow(layout: CgroupLayout, name: string): string[] {
  const trees = layout.hybrid === undefined ? layout.roots : [...layout.roots, layout.hybrid];
  return trees.flatMap((root) =>
    foldersIn(root)
      .filter((folder) => folder === name || folder.startsWith(`${name}.slice`))
      .flatMap((folder) => deepestFirst(join(root, folder))),
  );
}

/** The processes inside the groups `groups`. */
export function processesIn(groups: readonly string[]): number[] {
  const lines = groups.flatMap((group) => textOf(join(group, "cgroup.procs")).split("\n"));
  return [...new Set(lines.filter((line) => line !== "").map(Number))];
}

function deepestFirst(folder: string): string[] {
  return [...foldersIn(folder).flatMap((below) => deepestFirst(join(folder, below))), folder];
}

function foldersIn(folder: string): string[] {
  return ifThere([], () =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name),
  );
}

function textOf(file: string): string {
  return ifThere("", () => readFileSync(file, "utf8"));
}

/** ENOENT or ENODEV: the group went away between two looks. */
function ifThere<T>(otherwise: T, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENODEV") return otherwise;
    throw error;
  }
}

function passControllersDown(group: string): void {
  const offered = readFileSync(join(group, "cgroup.controllers"), "utf8").trim().split(" ");
  for (const controller of offered) {
    try {
      writeFileSync(join(group, "cgroup.subtree_control"), `+${controller}`);
    } catch {
      // a controller that the machine keeps for itself; pods do without its limits
    }
  }
}
