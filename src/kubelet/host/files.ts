/** The part of a file system that the kubelet uses, so that a simulated node needs no disk. */
import {
  chmod,
  chown,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  statfs,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import type { BigIntStats, Dirent, Stats } from "node:fs";

export interface Files {
  mkdir(path: string, mode?: number): Promise<void>;
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** Undefined when there is no such file. */
  readFile(path: string): Promise<string | undefined>;
  /** The last `bytesMax` bytes; undefined when there is no such file. */
  readTail(path: string, bytesMax: number): Promise<string | undefined>;
  rename(from: string, to: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  readlink(path: string): Promise<string | undefined>;
  realpath(path: string): Promise<string | undefined>;
  link(existing: string, path: string): Promise<void>;
  /** Removes a file or a whole folder; nothing there is fine. Never crosses into mounts. */
  remove(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  chmod(path: string, mode: number): Promise<void>;
  chown(path: string, uid: number, gid: number): Promise<void>;
  lchown(path: string, uid: number, gid: number): Promise<void>;
  stat(path: string): Promise<Stats | undefined>;
  lstat(path: string): Promise<Stats | undefined>;
  /** Empty when there is no such folder. */
  readdir(path: string): Promise<Dirent[]>;
  /** Size and free space of the file system that holds `path`, in bytes and inodes. */
  space(path: string): Promise<Space>;
}

export interface Space {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly totalInodes: number;
  readonly freeInodes: number;
}

async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** The machine's own file system. */
export const systemFiles: Files = {
  async mkdir(path, mode) {
    const made = await mkdir(path, { recursive: true });
    if (mode !== undefined && made !== undefined) await chmod(path, mode);
  },
  async writeFile(path, content, mode) {
    await writeFile(path, content, mode === undefined ? {} : { mode });
  },
  readFile: (path) => unlessMissing(readFile(path, "utf8")),
  async readTail(path, bytesMax) {
    const file = await unlessMissing(open(path));
    if (!file) return undefined;
    await using handle = file;
    const { size } = await handle.stat();
    const length = Math.min(size, bytesMax);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8");
  },
  rename,
  symlink,
  readlink: (path) => unlessMissing(readlink(path)),
  realpath: (path) => unlessMissing(realpath(path)),
  link,
  remove: (path) => rm(path, { recursive: true, force: true }),
  rmdir,
  unlink,
  chmod,
  chown,
  lchown,
  stat: (path) => unlessMissing(stat(path)),
  lstat: (path) => unlessMissing(lstat(path)),
  async readdir(path) {
    return (await unlessMissing(readdir(path, { withFileTypes: true }))) ?? [];
  },
  async space(path) {
    const { bsize, blocks, bavail, files, ffree } = await statfs(path);
    return {
      totalBytes: bsize * blocks,
      freeBytes: bsize * bavail,
      totalInodes: files,
      freeInodes: ffree,
    };
  },
};

const nothing = () => Promise.resolve(undefined);

/** A file system on which everything succeeds and nothing stays: for simulated nodes. */
export const noFiles: Files = {
  mkdir: nothing,
  writeFile: nothing,
  readFile: nothing,
  readTail: nothing,
  rename: nothing,
  symlink: nothing,
  readlink: nothing,
  realpath: nothing,
  link: nothing,
  remove: nothing,
  rmdir: nothing,
  unlink: nothing,
  chmod: nothing,
  chown: nothing,
  lchown: nothing,
  stat: nothing,
  lstat: nothing,
  readdir: () => Promise.resolve([]),
  space: () =>
    Promise.resolve({
      totalBytes: 100 * 2 ** 30,
      freeBytes: 90 * 2 ** 30,
      totalInodes: 10_000_000,
      freeInodes: 9_000_000,
    }),
};

/** A file's identity, to see whether it was replaced. */
export function identityOf({ dev, ino }: Stats | BigIntStats): string {
  return `${dev}:${ino}`;
}
