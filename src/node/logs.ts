import { closeSync, ftruncateSync, openSync } from "node:fs";
import { copyFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { NodePaths } from "./paths.ts";

/** A process's log is cut when it is longer than this; one older part is kept. */
const logBytesMax = 20_000_000;

/**
 * Moves logs that have grown too long to `<name>.log.1`. Writers go on undisturbed: they append, so
 * that after the cut they write at the new end. To be called every few minutes by a process that
 * runs for long. Returns the names of the logs that it cut.
 */
export async function trimLogs(paths: NodePaths, bytesMax = logBytesMax): Promise<string[]> {
  const cut: string[] = [];
  for (const name of await readdir(paths.logDir)) {
    const file = join(paths.logDir, name);
    if (!name.endsWith(".log") || (await stat(file)).size <= bytesMax) continue;
    await copyFile(file, `${file}.1`);
    const log = openSync(file, "r+");
    ftruncateSync(log, 0);
    closeSync(log);
    cut.push(name);
  }
  return cut;
}
