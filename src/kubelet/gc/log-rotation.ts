/** Keeps container logs from growing without bound. */
import { basename, dirname, join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { createGzip } from "node:zlib";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { CriClient } from "../cri/cri.ts";
import type { Files } from "../host/files.ts";
import type { Observer } from "../observer/observer.ts";

export interface LogRotationOptions {
  cri: CriClient;
  files: Files;
  observer: Observer;
  clock: Pick<Clock, "now">;
  /** A log is rotated when it is bigger than this. */
  bytesMax: number;
  /** Files of one container, the current one included. */
  filesMax: number;
}

/** Rotates the logs of all running containers that need it. */
export async function rotateLogs(options: LogRotationOptions): Promise<void> {
  const { files, observer, bytesMax } = options;
  for (const { containers } of observer.all()) {
    for (const { id, state, logPath } of containers) {
      if (state !== "running" || logPath === "") continue;
      const stats = await files.stat(logPath);
      if (stats && stats.size > bytesMax) await rotate(options, id, logPath);
    }
  }
}

async function rotate(options: LogRotationOptions, id: string, path: string): Promise<void> {
  const { cri, files, clock, filesMax } = options;
  const folder = dirname(path);
  const name = basename(path);
  const old = (await rotatedLogs(files, path)).toSorted();
  for (const extra of old.slice(0, Math.max(0, old.length - (filesMax - 2)))) {
    await files.remove(join(folder, extra));
  }
  for (const plain of (await rotatedLogs(files, path)).filter((it) => !it.endsWith(".gz"))) {
    await compress(files, join(folder, plain));
  }
  const stamp = new Date(clock.now())
    .toISOString()
    .slice(0, 19)
    .replaceAll(/[-:]/g, "")
    .replace("T", "-");
  await files.rename(path, join(folder, `${name}.${stamp}`));
  try {
    await cri.reopenContainerLog(id);
  } catch (error) {
    // Without the runtime's help the container would go on writing to the renamed file.
    await files.rename(join(folder, `${name}.${stamp}`), path);
    throw error;
  }
}

async function compress(files: Files, path: string): Promise<void> {
  const partial = `${path}.tmp`;
  await pipeline(createReadStream(path), createGzip(), createWriteStream(partial));
  await files.rename(partial, `${path}.gz`);
  await files.remove(path);
}

/** Names of the older files of a log: `0.log.20261120-103000`, the eldest first. */
export async function rotatedLogs(files: Files, path: string): Promise<string[]> {
  const name = `${basename(path)}.`;
  const entries = await files.readdir(dirname(path));
  return entries
    .map((entry) => entry.name)
    .filter(
      (entry) => entry.startsWith(name) && /^\d{8}-\d{6}(\.gz)?$/.test(entry.slice(name.length)),
    )
    .toSorted();
}
