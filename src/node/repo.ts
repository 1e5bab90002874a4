import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Where a checkout keeps the images made at set-up: like its npm packages they belong to it, not
 * to a cluster, and outlive one.
 */
export function imageCacheOf(repo: string): string {
  return join(repo, ".cox", "images");
}

/**
 * The root of the checkout (or installed package) that this file runs from, be it as a source or
 * inside a bundle below `.cox/dist`.
 */
export function repoRoot(): string {
  for (let at = import.meta.dirname; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json")) && existsSync(join(at, "cox"))) return at;
    if (at === dirname(at)) throw new Error("coxswain's own folder was not found");
  }
}
