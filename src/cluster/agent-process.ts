import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FlagError, type FlagTable } from "#base/flags.ts";
import { loop } from "#base/loop.ts";
import { aborted } from "#base/signal.ts";
import { type Client, createClient } from "#client/client.ts";
import { httpsTransport } from "#client/https-transport.ts";
import { loadKubeconfig } from "#client/kubeconfig.ts";
import { startDns } from "#dns/server.ts";
import { resolversOf } from "#dns/upstream.ts";
import { connectCri } from "#kubelet/cri/client.ts";
import { startKubelet } from "#kubelet/kubelet.ts";
import { ensureBridge } from "#node/bridge.ts";
import { type ClusterFile, type MachineNode, readClusterFile } from "#node/cluster-file.ts";
import { trimLogs } from "#node/logs.ts";
import { nodePaths } from "#node/paths.ts";
import { kernelPacketFilter } from "#proxy/nft.ts";
import { startProxy } from "#proxy/proxy.ts";
import { publishDns } from "./addons.ts";
import { firstAddress } from "./api-server.ts";
import type { Component, World } from "./component.ts";
import { kubeletServer } from "./kubelet-server.ts";

const flags = {
  "data-dir": { type: "string", value: "DIR", doc: "The cluster's folder, with its cluster.json." },
} as const satisfies FlagTable;

const logTrimMs = 300_000;
const dnsPort = 53;
const mebibyte = 2 ** 20;

/** What `cox up` starts on a machine with containers: kubelet, service proxy and cluster DNS. */
export const agentProcess: Component<typeof flags> = {
  name: "agent",
  summary: "the node's part of `cox up`",
  flags,
  async run(given, world) {
    const folder = given["data-dir"];
    if (folder === undefined) throw new FlagError("--data-dir=DIR is needed");
    const cluster = readClusterFile(nodePaths(folder).clusterFile);
    const { node } = cluster;
    if (!node) throw new FlagError(`${folder} is a cluster of hollow nodes: there is no agent`);
    const { clock, log, signal } = world;
    const paths = nodePaths(folder);
    void loop({
      name: "log-trim",
      clock,
      log,
      signal,
      everyMs: logTrimMs,
      async body() {
        await trimLogs(paths);
      },
    });
    await using scope = new AsyncDisposableStack();
    const connect = async (user: string): Promise<Client> => {
      const config = await loadKubeconfig(join(folder, `${user}.kubeconfig`));
      const { chance } = world;
      return createClient(scope.use(httpsTransport({ config, clock, chance, userAgent: user })));
    };
    await ensureBridge(node.bridge, gatewayOf(cluster));
    await runKubelet(folder, cluster, node, await connect("agent"), world, scope);
    runProxy(cluster, await connect("kube-proxy"), world);
    await runDns(cluster, await connect("dns"), world);
    log.info("running", { node: cluster.nodeName });
    await aborted(signal);
  },
};

/** `10.244.0.1/24`: the bridge's address, and the pods' way out. */
function gatewayOf({ nodePodCIDR }: ClusterFile): string {
  return `${firstAddress(nodePodCIDR)}/${nodePodCIDR.split("/")[1]}`;
}

async function runKubelet(
  folder: string,
  cluster: ClusterFile,
  node: MachineNode,
  client: Client,
  world: World,
  scope: AsyncDisposableStack,
): Promise<void> {
  const { clock, log } = world;
  const cri = scope.use(connectCri(node.criSocket, clock));
  const kubelet = await startKubelet({
    ...world,
    client,
    cri,
    log: log.with({ component: "kubelet" }),
    nodeName: cluster.nodeName,
    server: await kubeletServer(folder, client, cluster),
    settings: {
      rootDir: node.kubeletDir,
      podLogsDir: node.podLogDir,
      containerLogsDir: join(node.podLogDir, "..", "containers"),
      staticPodDir: node.staticPodDir,
      addresses: [cluster.nodeIP],
      podCidr: cluster.nodePodCIDR,
      clusterDns: [cluster.clusterDNS],
      clusterDomain: cluster.clusterDomain,
      cgroupRoot: node.cgroupRoot,
      cgroupDriver: node.cgroupDriver,
      reserved: { cpuMilli: 100, memoryBytes: 300 * mebibyte },
    },
  });
  scope.use(kubelet);
}

function runProxy(cluster: ClusterFile, client: Client, world: World): void {
  const { log } = world;
  startProxy({
    ...world,
    client,
    log: log.with({ component: "kube-proxy" }),
    nodeName: cluster.nodeName,
    nodePortIPs: [...new Set([cluster.nodeIP, firstAddress(cluster.nodePodCIDR)])],
    podCIDRs: [cluster.nodePodCIDR],
    packetFilter: kernelPacketFilter,
    healthCheckAddress: cluster.nodeIP,
  });
}

async function runDns(cluster: ClusterFile, client: Client, world: World): Promise<void> {
  const { clock, signal } = world;
  const log = world.log.with({ component: "dns" });
  const address = firstAddress(cluster.nodePodCIDR);
  const resolvConf = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  const server = await startDns({
    ...world,
    client,
    log,
    zone: cluster.clusterDomain,
    listen: { address, port: dnsPort },
    resolvers: resolversOf(resolvConf, [address, cluster.clusterDNS]),
  });
  await server.synced;
  const at = { address, port: server.port };
  const body = (): Promise<void> => publishDns(client, cluster.nodeName, at);
  void loop({ name: "dns-endpoint", clock, log, signal, everyMs: 3_600_000, body });
}
