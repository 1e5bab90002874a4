import { existsSync } from "node:fs";
import { readClusterFile } from "#node/cluster-file.ts";
import { processMemory, uptimeSeconds } from "#node/memory.ts";
import { type NodePaths, systemDataDir } from "#node/paths.ts";
import { containerProcesses, shimProcesses } from "#node/stop.ts";
import { liveProcess } from "#node/supervise.ts";
import { connect, countNodes, isReady, type NodeCount } from "./api.ts";
import { columns, duration, megabytes } from "./format.ts";
import { processNames } from "./up.ts";
import { type CliContext, UsageError, type Verb } from "./verb.ts";

/** `cox status`: what runs, since when, how big. */
export const status: Verb = {
  name: "status",
  summary: "Show what runs, since when and how big",
  options: [{ name: "output", short: "o", value: "json", what: "Machine-readable output." }],
  examples: [
    { command: "./cox status", what: "a table; exit status 3 when something does not run" },
    { command: "./cox status -o json", what: "the same for programs" },
  ],
  async run(context, { options, paths }) {
    const output = options["output"];
    if (output !== undefined && output !== "json") throw new UsageError("--output can be: json");
    const found = await lookAround(context, paths);
    context.out(output === "json" ? `${JSON.stringify(found, null, 2)}\n` : statusText(found));
    if (found.processes.length === 0 && context.uid !== 0 && existsSync(systemDataDir)) {
      context.err(`the node of this machine belongs to root: try sudo\n`);
    }
    return found.up ? 0 : exitNotUp;
  },
};

const exitNotUp = 3;

/** What `cox status -o json` prints. */
export interface Status {
  /** Every process runs, the API answers and all nodes are Ready. */
  readonly up: boolean;
  readonly dataDir: string;
  readonly server?: string;
  readonly processes: readonly ProcessStatus[];
  readonly apiReady: boolean;
  readonly nodes: NodeCount;
  /** Processes inside pods, and the shims that hold them. Absent without a container runtime. */
  readonly pods?: { readonly processes: number; readonly shims: number; readonly bytes: number };
}

export interface ProcessStatus {
  readonly name: string;
  readonly pid?: number;
  /** Milliseconds since it started. */
  readonly ageMs?: number;
  /** Proportional set size in bytes: its own memory and its share of what it shares. */
  readonly bytes?: number;
}

async function lookAround(context: CliContext, paths: NodePaths): Promise<Status> {
  const nobody: NodeCount = { ready: 0, total: 0 };
  const empty = { up: false, dataDir: paths.dataDir, processes: [], apiReady: false };
  if (!existsSync(paths.clusterFile)) return { ...empty, nodes: nobody };
  const cluster = readClusterFile(paths.clusterFile);
  const processes = processNames(cluster).map((name) => processStatus(paths, name));
  using transport = await connect(paths.kubeconfig, context.clock);
  const serving = processes.some(({ name, pid }) => name === "server" && pid !== undefined);
  const apiReady = serving && transport !== undefined && (await isReady(transport));
  const nodes = apiReady && transport ? await countNodes(transport) : nobody;
  const running = processes.every(({ pid }) => pid !== undefined);
  return {
    up: running && apiReady && nodes.total > 0 && nodes.ready === nodes.total,
    dataDir: paths.dataDir,
    server: `https://${cluster.apiServer.host}:${cluster.apiServer.port}`,
    processes,
    apiReady,
    nodes,
    ...(cluster.node === undefined ? {} : { pods: podStatus(paths) }),
  };
}

function processStatus(paths: NodePaths, name: string): ProcessStatus {
  const live = liveProcess(paths, name);
  if (live === undefined) return { name };
  const bytes = processMemory(live.pid);
  const started = live.startedAtUptime;
  return {
    name,
    pid: live.pid,
    ...(started === undefined ? {} : { ageMs: (uptimeSeconds() - started) * 1000 }),
    ...(bytes === undefined ? {} : { bytes }),
  };
}

function podStatus(paths: NodePaths): NonNullable<Status["pods"]> {
  const inside = containerProcesses(paths);
  const shims = shimProcesses(paths);
  const sizes = [...inside, ...shims].map((pid) => processMemory(pid) ?? 0);
  return {
    processes: inside.length,
    shims: shims.length,
    bytes: sizes.reduce((total, size) => total + size, 0),
  };
}

/** The table for people. Pure. */
export function statusText(found: Status): string {
  if (found.processes.length === 0) {
    return `coxswain is not set up in ${found.dataDir}; start it with \`./cox up\`\n`;
  }
  const rows = found.processes.map(({ name, pid, ageMs, bytes }) => [
    name,
    pid === undefined ? "stopped" : String(pid),
    ageMs === undefined ? "-" : duration(ageMs),
    bytes === undefined ? "-" : megabytes(bytes),
  ]);
  const { pods } = found;
  const podRow = pods ? [["pods", `${pods.processes} processes`, "-", megabytes(pods.bytes)]] : [];
  const { ready, total } = found.nodes;
  const api = found.apiReady ? "ready" : "not ready";
  return [
    `coxswain is ${found.up ? "up" : "not up"}: API ${api}, ${ready} of ${total} nodes Ready\n`,
    `${found.server ?? ""}  data in ${found.dataDir}\n\n`,
    columns([["PROCESS", "PID", "AGE", "PSS"], ...rows, ...podRow]),
  ].join("");
}
