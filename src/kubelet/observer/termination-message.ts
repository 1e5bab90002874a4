import type { ContainerStatus } from "../cri/types.ts";
import type { Files } from "../host/files.ts";
import { textOf } from "../logs/cri-log.ts";
import type { ContainerNotes } from "../runtime/labels.ts";

const messageBytesMax = 4_096;
const fallbackBytesMax = 2_048;
const fallbackLinesMax = 80;

/**
 * What a container that ended has to say: what it wrote to its termination message file, or, where
 * its policy wants that and it failed, the end of its log; after the runtime's own words.
 */
export async function terminationMessage(
  files: Files,
  status: ContainerStatus,
  notes: ContainerNotes,
): Promise<string> {
  const file = status.mounts.find(({ containerPath }) => containerPath === notes.messagePath);
  let own = "";
  if (file?.hostPath && notes.messagePath !== "") {
    own = (await files.readTail(file.hostPath, messageBytesMax).catch(() => "")) ?? "";
  }
  const failed = status.exitCode !== 0 || status.reason === "OOMKilled";
  if (own === "" && failed && notes.messagePolicy === "FallbackToLogsOnError") {
    own = await endOfLog(files, status.logPath);
  }
  return [status.message, own].filter((part) => part !== "").join(": ");
}

async function endOfLog(files: Files, path: string): Promise<string> {
  // Records carry a head of some 45 bytes per line beside the text.
  const tail = await files.readTail(path, 4 * fallbackBytesMax).catch(() => undefined);
  const text = textOf(Buffer.from(tail ?? "", "utf8"));
  const lines = text.split("\n");
  const last = lines.slice(-fallbackLinesMax - 1).join("\n");
  return Buffer.from(last, "utf8").subarray(-fallbackBytesMax).toString("utf8");
}
