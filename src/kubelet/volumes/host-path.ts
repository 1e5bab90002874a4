import type { HostPathVolumeSource } from "#apis/core/basic-volumes.ts";
import type { Files } from "../host/files.ts";

const createdDirMode = 0o755;
const createdFileMode = 0o644;

/** Checks that a hostPath is what its type says, creating it where the type asks for that. */
export async function checkHostPath(files: Files, source: HostPathVolumeSource): Promise<void> {
  const { path, type = "" } = source;
  if (type === "") return;
  const stats = await files.stat(path);
  if (type === "DirectoryOrCreate") {
    if (!stats) return files.mkdir(path, createdDirMode);
    if (!stats.isDirectory()) throw mismatch(path, "directory");
  } else if (type === "FileOrCreate") {
    if (!stats) return files.writeFile(path, "", createdFileMode);
    if (!stats.isFile()) throw mismatch(path, "file");
  } else if (type === "Directory") {
    if (!stats?.isDirectory()) throw mismatch(path, "directory");
  } else if (type === "File") {
    if (!stats?.isFile()) throw mismatch(path, "file");
  } else if (type === "Socket") {
    if (!stats?.isSocket()) throw mismatch(path, "socket file");
  } else if (type === "CharDevice") {
    if (!stats?.isCharacterDevice()) throw mismatch(path, "character device");
  } else if (type === "BlockDevice") {
    if (!stats?.isBlockDevice()) throw mismatch(path, "block device");
  } else throw new Error(`${type} is an invalid volume type`);
}

function mismatch(path: string, kind: string): Error {
  return new Error(`hostPath type check failed: ${path} is not a ${kind}`);
}
