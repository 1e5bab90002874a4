/** A whole cluster for kubelet tests: control plane in this process, containerd and one real node. */
import { readdir, rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { systemChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { jsonLogger, silentLogger, type Logger } from "#base/log.ts";
import type { Client } from "#client/client.ts";
import { startControlPlane } from "#cluster/control-plane.ts";
import { kubeconfigFor } from "#cluster/kubeconfigs.ts";
import { openPki, type Pki } from "#cluster/pki.ts";
import { adminUser, nodeUser } from "#cluster/users.ts";
import { connectCri } from "#kubelet/cri/client.ts";
import type { CriClient } from "#kubelet/cri/cri.ts";
import { systemFiles } from "#kubelet/host/files.ts";
import { systemMachine } from "#kubelet/host/machine.ts";
import { type Kubelet, startKubelet } from "#kubelet/kubelet.ts";
import { apiReviews } from "#kubelet/server/review.ts";
import type { KubeletServerOptions } from "#kubelet/server/server.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";
import { startTestContainerd, type TestContainerd } from "#testkit/containerd.ts";

export interface KubeletCluster extends AsyncDisposable {
  readonly admin: Client;
  readonly nodeName: string;
  readonly containerd: TestContainerd;
  readonly staticPodDir: string;
  kubelet: Kubelet;
  /** Ends the kubelet and starts another one on the same node. */
  restartKubelet(): Promise<void>;
  /** The text of a kubeconfig for the admin. */
  readonly kubeconfig: string;
}

async function servingCertificate(pki: Pki, nodeName: string) {
  const { certificate: cert, key } = await pki.certificate("kubelet-server", "ca", {
    commonName: `system:node:${nodeName}`,
    organizations: ["system:nodes"],
    usages: ["server"],
    dnsNames: [nodeName],
    addresses: ["127.0.0.1", ...systemMachine(systemFiles).addresses()],
  });
  return { cert, key, clientCa: (await pki.authority("ca")).certificate };
}

export interface KubeletClusterOptions {
  log?: "debug" | "info" | undefined;
  port?: number | undefined;
  /** Runs pods of a folder, too. */
  staticPods?: boolean | undefined;
  /** The kubelet serves its port on the loopback. Default false. */
  server?: boolean | undefined;
}

export async function startKubeletCluster(
  options: KubeletClusterOptions = {},
): Promise<KubeletCluster> {
  const clock = systemClock;
  const chance = systemChance;
  const log: Logger = options.log
    ? jsonLogger({ clock, level: options.log, write: (line) => void process.stderr.write(line) })
    : silentLogger;
  const nodeName = hostname().toLowerCase();
  await using scope = new AsyncDisposableStack();
  const containerd = scope.use(await startTestContainerd(clock));
  scope.defer(() => removeCgroups(containerd.cgroupParent));
  const staticPodDir = join(containerd.folder, "manifests");
  const pki = openPki({ clock, chance });
  const plane = scope.use(
    await startControlPlane({
      store: scope.use(new MemoryStore({ clock })),
      clock,
      chance,
      log,
      pki,
      apiServer: { listen: { addresses: ["127.0.0.1"], port: options.port ?? 0 } },
    }),
  );
  const server = `https://127.0.0.1:${plane.apiServer.address?.port}`;
  const kubeconfig = await kubeconfigFor(pki, adminUser, { name: "admin", server });
  const kubeletCert = await pki.certificate("kubelet-server", "ca", {
    commonName: `system:node:${nodeName}`,
    organizations: ["system:nodes"],
    usages: ["server"],
    dnsNames: [nodeName],
  });
  const clientCa = (await pki.authority("ca")).certificate;
  const nodeClient = plane.clientFor(nodeUser(nodeName));
  const kubeletServer: KubeletServerOptions = {
    address: "127.0.0.1",
    port: 0,
    tls: { cert: kubeletCert.certificate, key: kubeletCert.key, clientCa },
    ...apiReviews(nodeClient, nodeName),
  };
  const cri = scope.use(connectCri(containerd.socket, clock));
  scope.defer(() => removePods(cri));
  const tls = await servingCertificate(pki, nodeName);
  async function start(): Promise<Kubelet> {
    return startKubelet({
      server: { port: 0, tls, authorize: () => Promise.resolve(true) },
      ...(options.server ? { server: kubeletServer } : {}),
      client: nodeClient,
      cri,
      clock,
      chance,
      log: log.with({ component: "kubelet" }),
      signal: new AbortController().signal,
      nodeName,
      settings: {
        rootDir: join(containerd.folder, "kubelet"),
        podLogsDir: join(containerd.folder, "pods"),
        containerLogsDir: join(containerd.folder, "containers"),
        cgroupRoot: containerd.cgroupParent,
        clusterDns: ["10.96.0.10"],
        podCidr: "10.213.77.0/24",
        resolvConf: "",
        staticPodDir: options.staticPods ? staticPodDir : undefined,
        ...(options.server ? { addresses: ["127.0.0.1"] } : {}),
      },
    });
  }
  const cluster: KubeletCluster = {
    admin: plane.admin,
    nodeName,
    containerd,
    staticPodDir,
    kubelet: await start(),
    kubeconfig,
    async restartKubelet() {
      await cluster.kubelet[Symbol.asyncDispose]();
      cluster.kubelet = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await cluster.kubelet[Symbol.asyncDispose]();
      await owned.disposeAsync();
    },
  };
  const owned = scope.move();
  return cluster;
}

/** A kubelet leaves its pods running when it ends; nobody else will end these. */
async function removePods(cri: CriClient): Promise<void> {
  const sandboxes = await cri.listPodSandbox();
  await Promise.all(
    sandboxes.map(async ({ id }) => {
      await cri.stopPodSandbox(id);
      await cri.removePodSandbox(id);
    }),
  );
}

/** Removes what the kubelet made below `parent` in every hierarchy. */
async function removeCgroups(parent: string): Promise<void> {
  const root = "/sys/fs/cgroup";
  for (const hierarchy of await readdir(root)) await removeCgroup(join(root, hierarchy, parent));
}

async function removeCgroup(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory()) await removeCgroup(join(folder, entry.name));
  }
  await rmdir(folder).catch(() => {});
}
