/** Mounts of the node: few, because each costs a process. */
import { execFile } from "node:child_process";
import { open, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import type { Files } from "./files.ts";

const run = promisify(execFile);

/** O_PATH (open(2)): names a file without opening it for anything. */
const openPathOnly = 0o10000000;

export interface MountPoint {
  readonly path: string;
  readonly type: string;
  readonly device: string;
}

export interface Mounts {
  /** Mounts a tmpfs, unless one is there already. `sizeBytes` bounds it. */
  tmpfs(path: string, options?: { sizeBytes?: number; mode?: string }): Promise<void>;
  /**
   * Bind-mounts `from`, which must lie at or below `root` at the very moment of mounting: whoever
   * writes there could swap it for a link meanwhile. Throws when it does not.
   */
  bindInside(root: string, from: string, to: string): Promise<void>;
  unmount(path: string): Promise<void>;
  /** All mounts at or below a folder, deepest first. */
  below(folder: string): Promise<MountPoint[]>;
}

export function systemMounts(files: Pick<Files, "readFile">): Mounts {
  const mounts: Mounts = {
    async tmpfs(path, { sizeBytes, mode } = {}) {
      if ((await mounts.below(path)).some((mount) => mount.path === path)) return;
      const options = [
        ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
        ...(mode === undefined ? [] : [`mode=${mode}`]),
        "noswap",
      ];
      // Kernels before 6.3 do not know noswap.
      await mountTmpfs(path, options).catch(() => mountTmpfs(path, options.slice(0, -1)));
    },
    async bindInside(root, from, to) {
      // What is open cannot be swapped any more: check and mount the opened thing, not the name.
      await using opened = await open(from, openPathOnly);
      const link = `/proc/${process.pid}/fd/${opened.fd}`;
      const actual = await readlink(link);
      if (actual !== root && !actual.startsWith(`${root}/`)) {
        throw new Error(`path ${JSON.stringify(actual)} leaves the volume`);
      }
      await run("mount", ["--no-canonicalize", "--bind", link, to]);
    },
    async unmount(path) {
      await run("umount", [path]).catch(() => run("umount", ["-l", path]));
    },
    async below(folder) {
      const all = parseMountInfo((await files.readFile("/proc/self/mountinfo")) ?? "");
      return all
        .filter(({ path }) => path === folder || path.startsWith(`${folder}/`))
        .toSorted((a, b) => b.path.length - a.path.length);
    },
  };
  return mounts;
}

async function mountTmpfs(path: string, options: readonly string[]): Promise<void> {
  const given = options.length === 0 ? [] : ["-o", options.join(",")];
  await run("mount", ["-t", "tmpfs", ...given, "tmpfs", path]);
}

/** Parses /proc/self/mountinfo (proc(5)). */
export function parseMountInfo(text: string): MountPoint[] {
  return text.split("\n").flatMap((line) => {
    const [head, tail] = line.split(" - ");
    const path = head?.split(" ")[4];
    const [type, device] = tail?.split(" ") ?? [];
    if (path === undefined || type === undefined) return [];
    const plain = path.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return [{ path: plain, type, device: device ?? "" }];
  });
}

/** Mounts on a simulated node. */
export const noMounts: Mounts = {
  tmpfs: () => Promise.resolve(),
  bindInside: () => Promise.resolve(),
  unmount: () => Promise.resolve(),
  below: () => Promise.resolve([]),
};
