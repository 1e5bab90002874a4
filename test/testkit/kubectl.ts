import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fetchPackages } from "#node/images/debian.ts";
import { repoRoot } from "#node/repo.ts";

/** The newest kubectl that Debian has (1.36), fetched once per checkout and not installed. */
export async function newestKubectl(): Promise<string> {
  const tools = join(repoRoot(), ".cox", "tools");
  const kubectl = join(tools, "kubectl");
  if (existsSync(kubectl)) return kubectl;
  await mkdir(tools, { recursive: true });
  const workDir = await mkdtemp(join(tools, "fetch-"));
  const into = join(workDir, "content");
  await fetchPackages({ workDir, suite: "sid", names: ["kubectl"], into });
  await cp(join(into, "usr", "bin", "kubectl"), kubectl);
  await rm(workDir, { recursive: true });
  return kubectl;
}

/** Every other kubectl on the machine, such as `kubectl.1.28`, the oldest first. */
export function installedKubectls(): string[] {
  const found = execFileSync("/bin/sh", ["-c", 'readlink -f "$(command -v kubectl)" || true'], {
    encoding: "utf8",
  }).trim();
  if (found === "") return [];
  const folder = dirname(found);
  const versions = Array.from({ length: 30 }, (_, i) => join(folder, `kubectl.1.${20 + i}`));
  return versions.filter((path) => existsSync(path));
}
