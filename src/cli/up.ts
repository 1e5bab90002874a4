import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Transport } from "#client/transport.ts";
import {
  type ClusterFile,
  defaultNetwork,
  readClusterFile,
  writeClusterFile,
} from "#node/cluster-file.ts";
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
import type { NodePaths } from "#node/paths.ts";
import { liveProcess, startSupervised } from "#node/supervise.ts";
import { connect, countNodes, dnsAnswers, isReady, type NodeCount } from "./api.ts";
import { duration, logLineText } from "./format.ts";
import { mergeIntoUserKubeconfig } from "./kubeconfig.ts";
import { type Progress, progressTo } from "./progress.ts";
import { type CliContext, numberOption, UsageError, type Verb, type VerbCall } from "./verb.ts";

/** `cox up`: from nothing to a Ready node. Every step is skipped when its work is done already. */
export const up: Verb = {
  name: "up",
  summary: "Start the cluster: set-up, server, node",
  options: [
    { name: "hollow", what: "Simulated nodes only: needs neither root nor Linux." },
    { name: "nodes", value: "N", what: "Number of simulated nodes (with --hollow; default 1)." },
    { name: "port", value: "PORT", what: "Port of the API server (default 6443)." },
    { name: "node-name", value: "NAME", what: "Name of this node (default: the host's name)." },
    { name: "merge-kubeconfig", what: "Add the context `coxswain` to ~/.kube/config." },
    { name: "timeout", value: "SECONDS", what: "How long to wait for Ready (default 120)." },
  ],
  examples: [
    { command: "sudo ./cox up", what: "a node with containers on this machine" },
    { command: "./cox up --hollow --nodes 10", what: "ten simulated nodes, without root" },
    { command: "./cox up --merge-kubeconfig", what: "let kubectl find it as context coxswain" },
  ],
  async run(context, call) {
    const hollow = call.options["hollow"] === true;
    if (!hollow) checkPrivilege(context);
    const begun = context.clock.monotonic();
    const progress = progressTo(context);
    const before = await standing(context, call.paths);
    if (before !== undefined) {
      context.out(`coxswain is up already: ${before}\n`);
    } else {
      await claimDataDir(call.paths);
      const cluster = hollow
        ? await startHollow(context, call, progress)
        : await startNode(context, call, progress);
      await waitForNodes(context, call, cluster, progress);
      const took = duration(context.clock.monotonic() - begun);
      context.out(`\nReady in ${took}. Next:\n${nextSteps(call.paths, cluster)}`);
    }
    if (call.options["merge-kubeconfig"] === true) {
      const file = await mergeIntoUserKubeconfig(call.paths.kubeconfig, context.env);
      context.out(`merged into ${file} as context coxswain\n`);
    }
    return 0;
  },
};

function checkPrivilege({ uid }: CliContext): void {
  if (process.platform === "linux" && uid === 0) return;
  const what = process.platform === "linux" ? "root (try sudo)" : "Linux";
  throw new UsageError(
    `a node with containers needs ${what}; ` +
      "`./cox up --hollow` simulates nodes and needs neither root nor Linux",
  );
}

/** A short text when everything runs and answers; undefined when something is to be done. */
async function standing(context: CliContext, paths: NodePaths): Promise<string | undefined> {
  if (!existsSync(paths.clusterFile)) return undefined;
  const cluster = readClusterFile(paths.clusterFile);
  if (!processNames(cluster).every((name) => liveProcess(paths, name))) return undefined;
  using transport = await connect(paths.kubeconfig, context.clock);
  if (!transport || !(await isReady(transport))) return undefined;
  const nodes = await countNodes(transport);
  if (nodes.total === 0 || nodes.ready < nodes.total) return undefined;
  return `${nodes.ready} of ${nodes.total} nodes Ready, ${serverURL(cluster)}`;
}

/** The processes of a cluster, each under its supervisor, in the order in which they start. */
export function processNames(cluster: ClusterFile): string[] {
  return cluster.node === undefined ? ["server"] : ["containerd", "server", "agent"];
}

async function startHollow(
  context: CliContext,
  call: VerbCall,
  progress: Progress,
): Promise<ClusterFile> {
  const count = numberOption(call.options, "nodes", 1);
  const cluster = clusterFile(call, "127.0.0.1", ["127.0.0.1"], count);
  await writeClusterFile(call.paths.clusterFile, cluster);
  await startServer(context, call);
  await waitForServer(context, call, cluster, progress);
  return cluster;
}

async function startNode(
  context: CliContext,
  call: VerbCall,
  progress: Progress,
): Promise<ClusterFile> {
  const { paths } = call;
  const { clock } = context;
  if (call.options["nodes"] !== undefined) throw new UsageError("--nodes needs --hollow");
  await progress.step("packages", async (say) => {
    const installed = await ensurePackages({
      announce(missing) {
        const names = missing.map((requirement) => requirement.package);
        context.out(`  installing ${names.join(" ")}\n`);
        say("apt-get");
      },
    });
    return installed.length === 0 ? "all present" : `installed ${installed.length}`;
  });
  const facts = await machineFacts();
  await progress.step("kernel", async () => {
    const changes = await prepareKernel(paths);
    return changes.length === 0 ? "as needed" : `${changes.length} settings changed`;
  });
  const address = facts.address?.address ?? "127.0.0.1";
  const binds = [...new Set(["127.0.0.1", address])];
  const node = machineNode(paths, facts);
  const cluster = { ...clusterFile(call, address, binds, 0), node };
  await writeClusterFile(paths.clusterFile, cluster);
  await startServer(context, call); // it starts while images are made
  await progress.step("images", async (say) => {
    const cacheDir = paths.imageCacheDir;
    const images = await buildImages({ cacheDir, repo: context.repo, progress: say });
    say("starting containerd");
    await startContainerd(paths, facts, clock);
    await prepareNetwork(paths, facts, cluster);
    say("importing");
    const imported = await importImages(paths.containerdSocket, images);
    return `containerd ${facts.containerdVersion}, ${imported.length} of ${images.length} imported`;
  });
  await waitForServer(context, call, cluster, progress);
  await startProcess(context, call, "agent");
  return cluster;
}

function machineNode(paths: NodePaths, facts: MachineFacts): NonNullable<ClusterFile["node"]> {
  return {
    criSocket: paths.containerdSocket,
    cniConfDir: paths.cniConfDir,
    pauseImage: imageNames.pause,
    cgroupDriver: facts.cgroup.driver,
    cgroupVersion: facts.cgroup.version,
    cgroupRoot: facts.cgroup.driver === "systemd" ? paths.cgroup : `/${paths.cgroup}`,
    bridge: paths.bridge,
    kubeletDir: paths.kubeletDir,
    podLogDir: paths.podLogDir,
    staticPodDir: paths.staticPodDir,
    oomScoreRestricted: facts.oomScoreRestricted,
  };
}

const defaultPort = 6443;

function clusterFile(
  { options }: VerbCall,
  nodeIP: string,
  bindAddresses: readonly string[],
  hollowNodes: number,
): ClusterFile {
  const name = options["node-name"];
  return {
    nodeName: typeof name === "string" ? name : hostname().toLowerCase(),
    nodeIP,
    apiServer: { host: nodeIP, port: numberOption(options, "port", defaultPort), bindAddresses },
    ...defaultNetwork,
    hollowNodes,
  };
}

async function startServer(context: CliContext, call: VerbCall): Promise<void> {
  // an old kubeconfig may speak of another port
  if (!liveProcess(call.paths, "server")) await rm(call.paths.kubeconfig, { force: true });
  await startProcess(context, call, "server");
}

async function waitForServer(
  context: CliContext,
  call: VerbCall,
  cluster: ClusterFile,
  progress: Progress,
): Promise<void> {
  await progress.step("server", async () => {
    await waitFor(context, call, "server", async () => {
      using transport = await connect(call.paths.kubeconfig, context.clock);
      return transport !== undefined && (await isReady(transport));
    });
    return serverURL(cluster);
  });
}

function serverURL({ apiServer }: ClusterFile): string {
  return `https://${apiServer.host}:${apiServer.port}`;
}

async function startProcess(context: CliContext, call: VerbCall, name: string): Promise<void> {
  const { paths } = call;
  await startSupervised(paths, {
    name,
    command: [process.execPath, context.entry(name), "--data-dir", paths.dataDir],
    env: { ...context.env, NODE_COMPILE_CACHE: join(paths.cacheDir, "compile") },
  });
}

async function waitForNodes(
  context: CliContext,
  call: VerbCall,
  cluster: ClusterFile,
  progress: Progress,
): Promise<void> {
  using transport = await connect(call.paths.kubeconfig, context.clock);
  if (transport === undefined) throw new Error(`no kubeconfig at ${call.paths.kubeconfig}`);
  const wanted = cluster.node === undefined ? cluster.hollowNodes : 1;
  const last = cluster.node === undefined ? "server" : "agent";
  await progress.step("nodes", async (say) => {
    let nodes: NodeCount = { ready: 0, total: 0 };
    await waitFor(context, call, last, async () => {
      nodes = await countNodesOf(transport);
      say(`${nodes.ready} of ${wanted} Ready`);
      return nodes.ready >= wanted;
    });
    return `${nodes.ready} Ready`;
  });
  if (cluster.node === undefined) return;
  await progress.step("dns", async () => {
    const { clusterDNS, clusterDomain } = cluster;
    await waitFor(context, call, "agent", () => dnsAnswers(clusterDNS, clusterDomain));
    return `answers at ${clusterDNS}`;
  });
}

async function countNodesOf(transport: Transport): Promise<NodeCount> {
  try {
    return await countNodes(transport);
  } catch {
    return { ready: 0, total: 0 }; // the server is being restarted
  }
}

const pollMs = 30;
const logLinesShown = 15;
/** A process that dies this often while it is waited for will not come up. */
const deathsMax = 3;

/** Waits until `done`; on the time-out of `--timeout` throws with the last words of the log. */
async function waitFor(
  { clock }: CliContext,
  { options, paths }: VerbCall,
  name: string,
  done: () => Promise<boolean>,
): Promise<void> {
  const deadline = clock.monotonic() + numberOption(options, "timeout", 120) * 1000;
  const seen = new Set<number>();
  while (!(await done())) {
    const pid = liveProcess(paths, name)?.pid;
    if (pid !== undefined) seen.add(pid);
    if (seen.size > deathsMax) {
      throw new Error(`${name} keeps dying; the end of its log:\n${tail(paths, name)}`);
    }
    if (clock.monotonic() > deadline) {
      throw new Error(`${name} is not ready in time; the end of its log:\n${tail(paths, name)}`);
    }
    await clock.sleep(pollMs);
  }
}

/** The last lines of a process's log, each once: one that keeps dying says the same each time. */
function tail(paths: NodePaths, name: string): string {
  const file = paths.logFile(name);
  if (!existsSync(file)) return `(no ${file})`;
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return [...new Set(lines.slice(-logLinesShown).map(logLineText))].join("\n");
}

function nextSteps(paths: NodePaths, cluster: ClusterFile): string {
  const first = cluster.node ? "kubectl apply -f examples/guestbook/" : "kubectl get nodes";
  return [
    `  export KUBECONFIG=${paths.kubeconfig}`,
    `  ${first}`,
    "  ./cox status      what runs",
    "  ./cox down        stop it; with --purge remove it",
    "",
  ].join("\n");
}
