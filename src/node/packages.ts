import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { exec, findProgram } from "./exec.ts";

/** Something the operating system must bring: present when any of `proofs` is there. */
export interface Requirement {
  /** Debian's name of the package. */
  readonly package: string;
  /** Program names, or absolute paths, one of which shows that it is installed. */
  readonly proofs: readonly string[];
  readonly why: string;
}

/** What a real node needs from the operating system, in the order it is named to the user. */
export const nodeRequirements: readonly Requirement[] = [
  { package: "containerd", proofs: ["containerd"], why: "runs containers" },
  { package: "runc", proofs: ["runc", "crun"], why: "starts one container" },
  {
    package: "containernetworking-plugins",
    proofs: ["/usr/lib/cni/bridge", "/opt/cni/bin/bridge"],
    why: "connects pods to the network",
  },
  { package: "nftables", proofs: ["nft"], why: "carries Service traffic" },
  { package: "conntrack", proofs: ["conntrack"], why: "forgets connections to gone endpoints" },
  { package: "iproute2", proofs: ["ip"], why: "sets up interfaces" },
  { package: "mount", proofs: ["umount"], why: "mounts volumes" },
  { package: "kmod", proofs: ["modprobe"], why: "loads kernel modules" },
];

/** The requirements that are not met. Pure: `has` answers for the machine. */
export function missingRequirements(
  requirements: readonly Requirement[],
  has: (proof: string) => boolean,
): Requirement[] {
  return requirements.filter((requirement) => !requirement.proofs.some(has));
}

/** Whether a program (or, given an absolute path, a file) is there on this machine. */
export function machineHas(proof: string): boolean {
  return proof.startsWith("/") ? existsSync(proof) : findProgram(proof) !== undefined;
}

/** What installing is told about: each package name as it is about to be installed. */
export interface PackageReport {
  /** Called once with the packages that are missing, before anything is changed. */
  announce(missing: readonly Requirement[]): void;
}

/**
 * Installs what is missing with apt-get, after naming it. Returns the names of what it installed.
 * @throws Error that names the packages when the machine has no apt-get or the install fails.
 */
export async function ensurePackages(report: PackageReport): Promise<string[]> {
  const missing = missingRequirements(nodeRequirements, machineHas);
  if (missing.length === 0) return [];
  const names = missing.map((requirement) => requirement.package);
  report.announce(missing);
  if (findProgram("apt-get") === undefined) {
    throw new Error(
      `this machine lacks ${names.join(", ")} and has no apt-get to install them: ` +
        "install them by hand (the names are Debian's), then run this again",
    );
  }
  await exec("apt-get", ["update", "-q"], { env: aptEnvironment(), mayFail: true });
  await withoutServiceStarts(() =>
    exec("apt-get", ["install", "-y", "-q", "--no-install-recommends", ...names], {
      env: aptEnvironment(),
    }),
  );
  const still = missingRequirements(missing, machineHas).map((r) => r.package);
  if (still.length > 0) throw new Error(`installed, but still not found: ${still.join(", ")}`);
  return names;
}

/** apt and dpkg ask no questions and speak English. */
export function aptEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
}

const policyFile = "/usr/sbin/policy-rc.d";

/**
 * Debian's containerd package starts a service at once; this node runs its own containerd, so
 * services are forbidden to start while `install` runs. A policy that exists already is kept.
 */
async function withoutServiceStarts(install: () => Promise<unknown>): Promise<void> {
  const ours = !existsSync(policyFile);
  if (ours) await writeFile(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    await install();
  } finally {
    if (ours) await rm(policyFile, { force: true });
  }
}
