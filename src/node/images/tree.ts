import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { exec } from "../exec.ts";
import type { TarEntry } from "./tar.ts";

/** Helpers that pick single files out of unpacked packages for an image. */

/** A file of the machine as a member of an image; links are followed, the content is what counts. */
export function fileEntry(source: string, path: string, mode = 0o755): TarEntry {
  return { type: "file", path, mode, data: readFileSync(source) };
}

/** A text file of an image. */
export function textEntry(path: string, text: string, mode = 0o644): TarEntry {
  return { type: "file", path, mode, data: Buffer.from(text) };
}

/** Folders of an image, each with its parents' entries left to the caller. */
export function directories(...paths: string[]): TarEntry[] {
  return paths.map((path) => ({ type: "directory", path, mode: path === "tmp" ? 0o1777 : 0o755 }));
}

/**
 * The programs `programs` (paths below `tree`) and every shared library they load, found by asking
 * the dynamic loader that lies in the same tree. Paths are given in the merged-/usr form.
 */
export async function programClosure(
  tree: string,
  programs: readonly string[],
): Promise<TarEntry[]> {
  const files = readdirSync(tree, { recursive: true, encoding: "utf8" });
  const loader = files.find((path) => /\/ld-linux[^/]*\.so\.\d+$/.test(path) && isFile(tree, path));
  if (loader === undefined) throw new Error(`no dynamic loader below ${tree}`);
  const folders = new Set(files.filter((path) => /\.so(\.\d+)*$/.test(path)).map(dirname));
  const search = [...folders].map((folder) => join(tree, folder)).join(":");
  const wanted = new Map<string, string>([[`usr/lib64/${basename(loader)}`, join(tree, loader)]]);
  if (!loader.includes("x86-64")) wanted.set(`usr/lib/${basename(loader)}`, join(tree, loader));
  for (const program of programs) {
    const source = join(tree, program);
    wanted.set(merged(program), source);
    const args = ["--library-path", search, "--list", source];
    const { stdout } = await exec(join(tree, loader), args);
    for (const [, library] of stdout.matchAll(/=> (\S+) \(0x/g)) {
      if (library?.startsWith(tree)) wanted.set(merged(relative(tree, library)), library);
    }
    if (/=> not found/.test(stdout)) throw new Error(`${program} lacks libraries:\n${stdout}`);
  }
  return [...wanted]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, source]) => fileEntry(realpathSync(source), path));
}

/** The folders that the files of `entries` lie in, parents first. */
export function parentsOf(entries: readonly TarEntry[]): TarEntry[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
      folders.add(path.slice(0, at));
    }
  }
  return directories(...[...folders].toSorted());
}

function isFile(tree: string, path: string): boolean {
  return statSync(join(tree, path), { throwIfNoEntry: false })?.isFile() ?? false;
}

function merged(path: string): string {
  return /^(lib|lib64|bin|sbin)\//.test(path) ? `usr/${path}` : path;
}
