/** Gives a volume to the pod's fsGroup. */
import { join } from "node:path";
import type { Pod } from "#apis/core/pod.ts";
import type { Files } from "../host/files.ts";

const readWrite = 0o660;
const readOnly = 0o440;
const enter = 0o110;
const setGid = 0o2000;
const permissionBits = 0o7777;

export interface OwnershipOptions {
  readonly fsGroup: number | undefined;
  /** The volume is never written by its containers (secrets and the like). */
  readonly readOnly: boolean;
  /** Leave a volume alone whose root has the right owner and mode already. */
  readonly onRootMismatch?: boolean;
}

/** Sets group and group permissions of everything at and below `path`. */
export async function giveToGroup(
  files: Files,
  path: string,
  options: OwnershipOptions,
): Promise<void> {
  const { fsGroup } = options;
  if (fsGroup === undefined) return;
  if (options.onRootMismatch && (await rootMatches(files, path, options))) return;
  await give(files, path, fsGroup, options.readOnly ? readOnly : readWrite);
}

async function give(files: Files, path: string, gid: number, mask: number): Promise<void> {
  const stats = await files.lstat(path);
  if (!stats) return;
  if (stats.isDirectory()) {
    // Children first: only a finished tree has a finished root.
    for (const { name } of await files.readdir(path))
      await give(files, join(path, name), gid, mask);
  }
  await files.lchown(path, stats.uid, gid);
  if (stats.isSymbolicLink()) return;
  const more = stats.isDirectory() ? mask | enter | setGid : mask;
  await files.chmod(path, (stats.mode & permissionBits) | more);
}

async function rootMatches(files: Files, path: string, o: OwnershipOptions): Promise<boolean> {
  const stats = await files.lstat(path);
  if (!stats || stats.gid !== o.fsGroup) return false;
  const wanted = (o.readOnly ? readOnly : readWrite) | enter | setGid;
  return (stats.mode & wanted) === wanted;
}

export function fsGroupOf(pod: Pod): number | undefined {
  return pod.spec.securityContext?.fsGroup;
}

/** The user that all containers run as, if it is the same for all and said explicitly. */
export function commonUser(pod: Pod): number | undefined {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const users = new Set(
    containers.map((it) => it.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser),
  );
  const [only] = users;
  return users.size === 1 ? only : undefined;
}
