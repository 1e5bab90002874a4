/** A containerd of its own for a test: own folders, socket, network; nothing is left when it is disposed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import type { Clock } from "#base/clock.ts";
import { findCniPlugins } from "#node/cni.ts";
import { renderContainerdConfig } from "#node/containerd.ts";
import { exec, findProgram, programEnvironment } from "#node/exec.ts";
import { buildImages } from "#node/images/build.ts";
import { importArchive } from "#node/images/import.ts";
import { imageNames } from "#node/images/recipes.ts";
import { machineFacts } from "#node/machine.ts";
import { imageCacheOf } from "#node/repo.ts";

const startMsMax = 30_000;
const repo = join(import.meta.dirname, "..", "..");

/** Whether this machine can run one: Linux, root, containerd and runc there. */
export function canRunContainerd(): boolean {
  return (
    process.platform === "linux" &&
    process.getuid?.() === 0 &&
    findProgram("containerd") !== undefined &&
    findProgram("runc") !== undefined
  );
}

export interface TestContainerd extends AsyncDisposable {
  readonly socket: string;
  /** An image with a shell that is there. */
  readonly image: string;
  /** Parent for the cgroups of sandboxes; removed at the end. */
  readonly cgroupParent: string;
  /** A folder that goes with it. */
  readonly folder: string;
}

/** Starts containerd with the pause and busybox images, which are made on first use. */
export async function startTestContainerd(clock: Clock): Promise<TestContainerd> {
  // Short, because a Unix socket's path is; in /run, because its state must not lie on overlayfs.
  const folder = await mkdtemp("/run/coxt-");
  const socket = join(folder, "c.sock");
  const cgroupParent = `/${folder.slice("/run/".length)}`;
  const config = join(folder, "config.toml");
  await writeFile(config, await configuration(folder, socket));
  const child = spawn(findProgram("containerd") ?? "containerd", ["--config", config], {
    env: programEnvironment(),
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  const instance: TestContainerd = {
    socket,
    image: imageNames.busybox,
    cgroupParent,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
      for (const mount of mountsBelow(folder))
        await exec("umount", ["-l", mount], { mayFail: true });
      await rm(folder, { recursive: true, force: true });
      removeCgroup(cgroupParent);
    },
  };
  try {
    await answers(socket, clock);
    const cacheDir = imageCacheOf(repo);
    const wanted: string[] = [imageNames.pause, imageNames.busybox];
    for (const { reference, archive } of await buildImages({ cacheDir, repo })) {
      if (wanted.includes(reference)) await importArchive(socket, archive);
    }
  } catch (error) {
    await instance[Symbol.asyncDispose]();
    throw error;
  }
  return instance;
}

async function configuration(folder: string, socket: string): Promise<string> {
  const facts = await machineFacts();
  const cniConfDir = join(folder, "net.d");
  const network = {
    cniVersion: "0.4.0",
    name: folder.slice("/run/".length),
    plugins: [
      {
        type: "ptp",
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: "10.213.77.0/24" }]],
          dataDir: join(folder, "ipam"),
        },
      },
    ],
  };
  for (const name of ["net.d", "root", "state", "certs.d"]) await mkdir(join(folder, name));
  await writeFile(join(cniConfDir, "10-test.conflist"), JSON.stringify(network));
  return renderContainerdConfig({
    version: facts.containerdVersion,
    root: join(folder, "root"),
    state: join(folder, "state"),
    socket,
    sandboxImage: imageNames.pause,
    cniBinDir: findCniPlugins(),
    cniConfDir,
    registryConfigDir: join(folder, "certs.d"),
    systemdCgroup: false,
    restrictOomScoreAdj: facts.oomScoreRestricted,
    runtimeBinary: "runc",
  });
}

async function answers(socket: string, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + startMsMax;
  for (;;) {
    const connection = connect(socket);
    const ok = await Promise.race([
      once(connection, "connect").then(() => true),
      once(connection, "close").then(() => false),
    ]).catch(() => false);
    connection.destroy();
    if (ok) return;
    if (clock.monotonic() > deadline) throw new Error("containerd does not answer");
    await clock.sleep(25);
  }
}

function mountsBelow(folder: string): string[] {
  return readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "")
    .filter((mount) => mount.startsWith(`${folder}/`))
    .toReversed();
}

function removeCgroup(parent: string): void {
  const root = "/sys/fs/cgroup";
  for (const hierarchy of ["", ...readdirSync(root)]) {
    const path = join(root, hierarchy, parent);
    if (!existsSync(path)) continue;
    // A kubelet makes groups below its own; they go from the leaves up.
    const below = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name));
    try {
      for (const group of [...below.toSorted().toReversed(), path]) rmdirSync(group);
    } catch {
      // Something of the test still runs in it; the next test's assertions say so better.
    }
  }
}
