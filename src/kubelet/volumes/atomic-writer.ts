/**
 * Writes a set of files so that a container sees all of one version or all of the next: the files
 * lie in a folder with a time stamp, `..data` is a symbolic link to it that is replaced by a
 * rename, and each visible name links through `..data`.
 */
import { dirname, join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { type Chance, nameSuffix } from "#base/chance.ts";
import type { Files } from "../host/files.ts";

export interface PayloadFile {
  readonly data: Uint8Array;
  readonly mode: number;
  /** Owner, where it is not root: tokens of pods that run as one user. */
  readonly uid?: number;
}

/** Content by path relative to the volume. */
export type Payload = ReadonlyMap<string, PayloadFile>;

export interface WriterContext {
  readonly files: Files;
  readonly clock: Pick<Clock, "now">;
  readonly chance: Chance;
}

const dataLink = "..data";
const newDataLink = "..data_tmp";

/**
 * Makes `folder` show exactly `payload`; `prepare` may set owners in the new folder before it is
 * seen. Returns false when everything was as it should be already.
 */
export async function writePayload(
  { files, clock, chance }: WriterContext,
  folder: string,
  payload: Payload,
  prepare: (path: string) => Promise<void>,
): Promise<boolean> {
  const old = await files.readlink(join(folder, dataLink));
  if (old !== undefined && (await isCurrent(files, join(folder, old), payload))) return false;
  const stamp = stampOf(clock.now(), nameSuffix(chance, 10));
  const fresh = join(folder, stamp);
  await files.mkdir(fresh, 0o755);
  for (const [path, { data, mode, uid }] of payload) {
    const at = join(fresh, path);
    if (path.includes("/")) await files.mkdir(dirname(at), 0o755);
    await files.writeFile(at, data, mode);
    // The umask may have taken bits away.
    await files.chmod(at, mode);
    if (uid !== undefined) await files.chown(at, uid, -1);
  }
  await prepare(fresh);
  await files.remove(join(folder, newDataLink));
  await files.symlink(stamp, join(folder, newDataLink));
  await files.rename(join(folder, newDataLink), join(folder, dataLink));
  await showNames(files, folder, payload);
  if (old !== undefined) await files.remove(join(folder, old));
  return true;
}

/** `..2026_11_20_10_30_00.xxxxxxxxxx` */
function stampOf(ms: number, suffix: string): string {
  const digits = new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:T]/g, "_");
  return `..${digits}.${suffix}`;
}

async function isCurrent(files: Files, folder: string, payload: Payload): Promise<boolean> {
  const present = new Set(await pathsBelow(files, folder, ""));
  if (present.size !== payload.size) return false;
  for (const [path, { data }] of payload) {
    if (!present.has(path)) return false;
    const content = await files.readFile(join(folder, path));
    if (content === undefined || content !== Buffer.from(data).toString("utf8")) return false;
  }
  return true;
}

async function pathsBelow(files: Files, folder: string, below: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await files.readdir(join(folder, below))) {
    const path = join(below, entry.name);
    if (entry.isDirectory()) paths.push(...(await pathsBelow(files, folder, path)));
    else paths.push(path);
  }
  return paths;
}

/** Links for the first part of each path; links to what is gone are taken away. */
async function showNames(files: Files, folder: string, payload: Payload): Promise<void> {
  const wanted = new Set(Array.from(payload.keys(), (path) => path.split("/", 1)[0]!));
  const present = await files.readdir(folder);
  for (const { name } of present) {
    if (name.startsWith("..")) continue;
    if (!wanted.delete(name)) await files.remove(join(folder, name));
  }
  for (const name of wanted) await files.symlink(join(dataLink, name), join(folder, name));
}
