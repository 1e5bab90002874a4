/**
 * A part of a volume as a mount of its own. Whoever writes to the volume could put a symbolic link
 * in its way, so the path is walked link by link and must stay inside; and what was found is
 * mounted under a name of the kubelet's own, which the container cannot replace any more.
 */
import { dirname, join, relative, sep } from "node:path";
import type { Pod } from "#apis/core/pod.ts";
import type { Host } from "../host/host.ts";
import { podDir, type PodLayout } from "./layout.ts";

const createdMode = 0o750;

export interface SubPathInput {
  readonly host: Host;
  readonly layout: PodLayout;
  readonly pod: Pod;
  readonly volumePath: string;
  readonly volumeName: string;
  readonly containerName: string;
  /** Which of the container's mounts this is, to tell several apart. */
  readonly mountIndex: number;
  readonly subPath: string;
}

/** The path on the node to mount. Throws when the sub path leaves the volume. */
export async function prepareSubPath(input: SubPathInput): Promise<string> {
  const { host, volumePath, subPath } = input;
  const { files } = host;
  if (subPath.startsWith("/")) throw new Error("must not be an absolute path");
  if (subPath.split("/").includes("..")) throw new Error("must not contain '..'");
  const root = (await files.realpath(volumePath)) ?? volumePath;
  const wanted = join(root, subPath);
  const found = (await files.realpath(wanted)) ?? (await create(input, root, wanted));
  if (!isInside(root, found)) {
    throw new Error(`path ${JSON.stringify(found)} is not allowed: it leaves the volume`);
  }
  return pin(input, root, found);
}

/** Makes the missing folders below the deepest one that exists, which must be inside. */
async function create(
  { host: { files } }: SubPathInput,
  root: string,
  wanted: string,
): Promise<string> {
  let existing = wanted;
  let real: string | undefined;
  while ((real = await files.realpath(existing)) === undefined) {
    if ((await files.lstat(existing)) !== undefined) {
      throw new Error(`${existing} is a link to nothing`);
    }
    existing = dirname(existing);
  }
  if (!isInside(root, real)) throw new Error(`path ${JSON.stringify(real)} leaves the volume`);
  const path = join(real, relative(existing, wanted));
  const { mode = createdMode } = (await files.stat(root)) ?? {};
  await files.mkdir(path, mode & 0o7777);
  return path;
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/** Bind-mounts what was found to a place that only the kubelet reaches. */
async function pin(input: SubPathInput, root: string, found: string): Promise<string> {
  const { host, layout, pod, volumeName, containerName, mountIndex } = input;
  const { files, mounts } = host;
  const folder = join(
    podDir(layout, pod.metadata.uid ?? ""),
    "volume-subpaths",
    volumeName,
    containerName,
  );
  const target = join(folder, String(mountIndex));
  for (const { path } of await mounts.below(target)) await mounts.unmount(path);
  const stats = await files.stat(found);
  if (stats?.isDirectory()) await files.mkdir(target);
  else {
    await files.mkdir(folder);
    await files.writeFile(target, "");
  }
  await mounts.bindInside(root, found, target);
  return target;
}
