/** `/logs/`: the machine's log files, as `kubectl get --raw /api/v1/nodes/N/proxy/logs/` shows them. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join, normalize, sep } from "node:path";
import type { Files } from "../host/files.ts";
import { type Answer, HttpError } from "./answer.ts";

/** A folder's entries as links, or a file's bytes. Nothing outside of `root` is shown. */
export async function hostLogs(
  files: Files,
  root: string | undefined,
  path: string,
): Promise<Answer> {
  const found = root === undefined ? undefined : await inside(root, path);
  if (found === undefined) throw new HttpError(404, "404 page not found\n");
  const { size, isFolder } = found;
  if (isFolder)
    return { status: 200, contentType: htmlType, body: await listing(files, found.path) };
  // The file may grow while it is sent: what was there when it was asked for is sent.
  const body = size === 0 ? "" : createReadStream(found.path, { end: size - 1 });
  return { status: 200, contentType: "text/plain; charset=utf-8", body };
}

const htmlType = "text/html; charset=utf-8";

async function inside(root: string, path: string) {
  try {
    const top = await realpath(root);
    const real = await realpath(join(top, normalize(`/${path}`)));
    if (real !== top && !real.startsWith(top + sep)) return undefined;
    const stats = await stat(real);
    if (!stats.isDirectory() && !stats.isFile()) return undefined;
    return { path: real, size: stats.size, isFolder: stats.isDirectory() };
  } catch {
    return undefined;
  }
}

async function listing(files: Files, folder: string): Promise<string> {
  const entries = await files.readdir(folder);
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  const lines = names
    .toSorted()
    .map((name) => `<a href="${encodeURI(name)}">${escapeHtml(name)}</a>\n`);
  return `<!doctype html>\n<pre>\n${lines.join("")}</pre>\n`;
}

function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return text.replace(/[&<>"]/g, (found) => `&${names[found]};`);
}
