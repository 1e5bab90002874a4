import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "../exec.ts";
import { aptEnvironment } from "../packages.ts";

/**
 * Fetches Debian packages as image content: they are downloaded and unpacked into a folder, never
 * installed. apt keeps its lists in a folder of ours, so that neither the machine's package lists
 * nor its sources change.
 */
export interface PackageFetch {
  /** Folder for apt's lists and downloads; made when absent. */
  readonly workDir: string;
  /** `own`: the machine's own sources. Else the name of a Debian suite, such as `sid`. */
  readonly suite: string;
  readonly names: readonly string[];
  /** Also fetch everything the packages depend on, as for an empty machine. */
  readonly withDependencies?: boolean;
  /** Folder to unpack into. */
  readonly into: string;
}

/** Downloads and unpacks `fetch.names`; throws with apt's own words when a name is not there. */
export async function fetchPackages(fetch: PackageFetch): Promise<void> {
  const apt = join(fetch.workDir, fetch.suite);
  const downloads = join(apt, "archives");
  for (const folder of [join(apt, "parts"), join(apt, "lists", "partial"), fetch.into]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await rm(downloads, { recursive: true, force: true });
  await mkdir(join(downloads, "partial"), { recursive: true });
  await writeFile(join(apt, "status"), "");
  const options = aptOptions(apt, fetch.suite);
  if (fetch.suite !== "own") await writeSource(apt, fetch.suite);
  await exec("apt-get", [...options, "update", "-q"], { env: aptEnvironment() });
  if (fetch.withDependencies) {
    const flags = ["-o", `Dir::State::status=${join(apt, "status")}`, "-o", "Debug::NoLocking=1"];
    const install = ["install", "-y", "-q", "--download-only", "--no-install-recommends"];
    const args = [...options, ...flags, ...install, ...fetch.names];
    await exec("apt-get", args, { env: aptEnvironment() });
  } else {
    // As on an empty machine: a newer version that is installed here would hide the suite's.
    const empty = ["-o", `Dir::State::status=${join(apt, "status")}`];
    const args = [...options, ...empty, "download", ...fetch.names];
    await exec("apt-get", args, { env: aptEnvironment(), cwd: downloads });
  }
  for (const name of await readdir(downloads)) {
    if (name.endsWith(".deb")) await exec("dpkg", ["-x", join(downloads, name), fetch.into]);
  }
  await rm(downloads, { recursive: true, force: true });
}

/** Go's name of this machine's processor, as images name it. */
export function imageArchitecture(nodeArch: string): string {
  return nodeArch === "x64" ? "amd64" : nodeArch;
}

function aptOptions(apt: string, suite: string): string[] {
  const settings: Record<string, string> = {
    "Dir::State::lists": join(apt, "lists"),
    "Dir::Cache": apt,
    "Dir::Cache::archives": join(apt, "archives"),
    "APT::Sandbox::User": "root", // apt's own user may not enter a 0700 folder
    "Acquire::Languages": "none",
  };
  if (suite !== "own") {
    settings["Dir::Etc::sourcelist"] = "/dev/null";
    settings["Dir::Etc::sourceparts"] = join(apt, "parts");
  }
  return Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const defaultMirror = "http://deb.debian.org/debian";

/** Takes the mirror that the machine's own sources name, for it is known to be reachable. */
async function writeSource(apt: string, suite: string): Promise<void> {
  const targets = await exec("apt-get", ["indextargets", "--format", "$(SITE)"], { mayFail: true });
  const sites = targets.stdout.split("\n").filter((site) => /\/debian\/?$/.test(site));
  const source = `deb [signed-by=${keyring}] ${sites[0] ?? defaultMirror} ${suite} main\n`;
  await writeFile(join(apt, "parts", `${suite}.list`), source);
}
