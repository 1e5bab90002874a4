import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock as clock } from "#base/clock.ts";
import { connectCri } from "#kubelet/cri/client.ts";
import type { CriClient } from "#kubelet/cri/cri.ts";
import type { PodSandboxConfig } from "#kubelet/cri/types.ts";
import { buildImages } from "#node/images/build.ts";
import { importImages } from "#node/images/import.ts";
import { imageNames } from "#node/images/recipes.ts";
import {
  claimDataDir,
  type MachineFacts,
  machineFacts,
  prepareKernel,
  prepareNetwork,
  startContainerd,
} from "#node/machine.ts";
import { ensurePackages } from "#node/packages.ts";
import { nodePaths, type NodePaths } from "#node/paths.ts";
import { findRemains, isEmpty, purge } from "#node/purge.ts";
import { imageCacheOf, repoRoot } from "#node/repo.ts";
import { stopAll } from "#node/stop.ts";
import { liveProcess, signalProcess } from "#node/supervise.ts";

/**
 * A node's machine part on real containers, without any Kubernetes component: containerd, images,
 * pod network, restarts, and the promise that a purge leaves nothing. Needs root on Linux.
 */

let folder: string;
let paths: NodePaths;
let facts: MachineFacts;
let cri: CriClient;

beforeAll(async () => {
  folder = await mkdtemp("/tmp/cox-e2e-");
  paths = nodePaths(join(folder, "data"), imageCacheOf(repoRoot()));
  await ensurePackages({ announce() {} });
  await claimDataDir(paths);
  facts = await machineFacts();
  await prepareKernel(paths);
  const images = await buildImages({ cacheDir: paths.imageCacheDir, repo: repoRoot() });
  await startContainerd(paths, facts, clock);
  await prepareNetwork(paths, facts, { podCIDR: "10.197.0.0/16", nodePodCIDR: "10.197.3.0/24" });
  expect(await importImages(paths.containerdSocket, images)).toHaveLength(images.length);
  expect(await importImages(paths.containerdSocket, images)).toEqual([]);
  cri = connectCri(paths.containerdSocket, clock);
  await eventually(() => networkReady());
});

afterAll(async () => {
  cri[Symbol.dispose]();
  await stopAll(paths, { clock, containerGraceMs: 100 });
  await purge(paths, clock);
  await rm(folder, { recursive: true });
});

test("a pod has an address, DNS settings, and every busybox applet a scenario needs", async () => {
  const web = await runPod("web", [
    "sh",
    "-c",
    "echo hello > /tmp/index.html; httpd -f -p 80 -h /tmp",
  ]);
  const { status } = await cri.podSandboxStatus(web.sandbox);
  expect(status.network?.ip).toMatch(/^10\.197\.3\.\d+$/);
  const ip = status.network?.ip ?? "";
  const other = await runPod("other", ["sleep", "1000"]);
  expect(await run(other.container, `wget -qO- http://${ip}/`)).toBe("hello\n");
  expect(await run(other.container, "cat /etc/resolv.conf")).toContain("nameserver 10.96.0.10");
  // names that are no identifiers reach the environment of programs
  expect(await run(other.container, "env data-1=x sh -c env")).toContain("data-1=x");
  expect(await run(other.container, "id -un; ls -ld /tmp; which nc nslookup wget")).toMatch(
    /^root\ndrwxrwxrwt .*\n\/bin\/nc\n\/bin\/nslookup\n\/bin\/wget\n$/,
  );
});

test("Redis runs, and the guestbook's scripts speak its protocol", async () => {
  const redis = await runPod("redis", [], imageNames.redis);
  const { status } = await cri.podSandboxStatus(redis.sandbox);
  await eventually(async () => (await run(redis.container, "redis-cli ping")) === "PONG\n");
  const envs = { REDIS_ADDRESS: `${status.network?.ip}:6379`, TITLE: "A <b>" };
  const guestbook = await runPod("guestbook", [], imageNames.guestbook, envs);
  const ask = (args: string) =>
    run(guestbook.container, `wget -qO- ${args} http://127.0.0.1:8080/cgi-bin/guestbook`);
  await eventually(async () => (await ask("")).includes("<h1>"));
  const page = await ask("--post-data 'message=caf%C3%A9+%26+%3Ci%3E'");
  expect(page).toContain("<li>café &amp; &lt;i&gt;</li>");
  expect(page).toContain("<title>A &lt;b&gt;</title>");
  const health = "wget -qO- http://127.0.0.1:8080/cgi-bin/healthz";
  expect(await run(guestbook.container, health)).toBe("ok\n");
});

test("two tags of the same content are two images, and pause is there", async () => {
  const [first, next] = await Promise.all(
    [imageNames.guestbook, imageNames.guestbookNext].map((image) => cri.imageStatus({ image })),
  );
  expect(first?.repoTags).toEqual([imageNames.guestbook]);
  expect(next?.repoTags).toEqual([imageNames.guestbookNext]);
  expect(first?.id).not.toBe(next?.id);
  expect(await cri.imageStatus({ image: imageNames.pause })).toBeDefined();
});

test("containers outlive containerd, which comes back by itself", async () => {
  const pod = await runPod("stays", ["sleep", "1000"]);
  const before = liveProcess(paths, "containerd");
  signalProcess(before?.pid ?? 0, "SIGKILL");
  await eventually(async () => {
    const now = liveProcess(paths, "containerd");
    return now !== undefined && now.pid !== before?.pid && (await networkReady());
  });
  const { status } = await cri.containerStatus(pod.container);
  expect(status.state).toBe("CONTAINER_RUNNING");
  expect(await run(pod.container, "echo still here")).toBe("still here\n");
});

test("a new supervisor adopts a containerd that outlived the old one", async () => {
  const before = liveProcess(paths, "containerd");
  signalProcess(liveProcess(paths, "containerd.supervisor")?.pid ?? 0, "SIGKILL");
  await eventually(() => liveProcess(paths, "containerd.supervisor") === undefined);
  expect(await startContainerd(paths, facts, clock)).toBe(true);
  await eventually(() => liveProcess(paths, "containerd.supervisor") !== undefined);
  expect(liveProcess(paths, "containerd")).toEqual(before);
});

test("stopping ends every container; purging leaves nothing", async () => {
  await runPod("ported", ["sleep", "1000"], imageNames.busybox, {}, 18_080);
  const full = await findRemains(paths);
  expect(full.processes.length).toBeGreaterThan(1);
  expect(full.mounts.some((mount) => mount.includes("netns"))).toBe(true);
  expect(full.interfaces).toContain(paths.bridge);
  expect(full.files.some((file) => file.startsWith("/var/lib/cni/results/"))).toBe(true);

  const stopped = await stopAll(paths, { clock, stopPods, containerGraceMs: 200 });
  expect(stopped).toEqual(["containers", "containerd"]);
  expect((await findRemains(paths)).processes).toEqual([]);
  expect(liveProcess(paths, "containerd")).toBeUndefined();

  await purge(paths, clock);
  expect(isEmpty(await findRemains(paths))).toBe(true);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(folder);
  expect(readFileSync("/proc/net/dev", "utf8")).not.toContain(paths.bridge);
  expect(await stopAll(paths, { clock })).toEqual([]);
});

async function stopPods(): Promise<void> {
  const pods = await cri.listPodSandbox();
  await Promise.all(pods.map(({ id }) => cri.stopPodSandbox(id)));
}

async function runPod(
  name: string,
  command: string[],
  image: string = imageNames.busybox,
  variables: Record<string, string> = {},
  hostPort?: number,
): Promise<{ sandbox: string; container: string }> {
  const namespaceOptions = { network: "POD", pid: "CONTAINER", ipc: "POD" } as const;
  const sandboxConfig: PodSandboxConfig = {
    metadata: { name, uid: `uid-${name}`, namespace: "default", attempt: 0 },
    hostname: name,
    logDirectory: join(paths.podLogDir, name),
    dnsConfig: { servers: ["10.96.0.10"], searches: ["svc.cluster.local"] },
    portMappings: hostPort === undefined ? [] : [{ containerPort: 80, hostPort, protocol: "TCP" }],
    linux: { cgroupParent: `/${paths.cgroup}/pod-${name}`, securityContext: { namespaceOptions } },
  };
  const sandbox = await cri.runPodSandbox(sandboxConfig);
  const container = await cri.createContainer({
    podSandboxId: sandbox,
    sandboxConfig,
    config: {
      metadata: { name: "main", attempt: 0 },
      image: { image },
      command,
      logPath: "main.log",
      envs: Object.entries(variables).map(([key, value]) => ({ key, value: Buffer.from(value) })),
      linux: { securityContext: { namespaceOptions } },
    },
  });
  await cri.startContainer(container);
  return { sandbox, container };
}

async function run(containerId: string, script: string): Promise<string> {
  const cmd = ["sh", "-c", script];
  const { stdout, stderr } = await cri.execSync({ containerId, cmd, timeoutSeconds: 10 });
  return Buffer.from(stdout).toString() + Buffer.from(stderr).toString();
}

async function networkReady(): Promise<boolean> {
  try {
    const { status } = await cri.status();
    return status.conditions.every((condition) => condition.status);
  } catch {
    return false;
  }
}

/** Waits until `holds`; fails after twenty seconds. */
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = clock.monotonic() + 20_000;
  while (!(await holds())) {
    if (clock.monotonic() > deadline) throw new Error(`still not: ${holds.toString()}`);
    await clock.sleep(50);
  }
}
