/** Gathers what node, pods and containers use: from the runtime, the machine and its file systems. */
import { type Clock, rfc3339 } from "#base/clock.ts";
import { dirname } from "node:path";
import type {
  ContainerStats,
  CpuUsage,
  FilesystemUsage,
  MemoryUsage,
  PodSandboxStats,
  UInt64Value,
} from "../cri/stats.ts";
import type { Files } from "../host/files.ts";
import type { PodObservation } from "../observer/observation.ts";
import { podUidLabel } from "../runtime/labels.ts";
import type {
  ContainerSummary,
  CpuStats,
  FsStats,
  MemoryStats,
  NodeSummary,
  PodSummary,
  Summary,
} from "./summary.ts";
import type { KubeletView } from "./view.ts";

/** What of a view the statistics come from. */
export type StatsView = Pick<KubeletView, "nodeName" | "cri" | "host" | "rootDir" | "observations">;

export interface StatsSource {
  /** Usage now; asked for often, it is as old as `freshMs`. */
  summary(): Promise<Summary>;
  /** The node's part alone, which costs little. */
  node(): Promise<NodeSummary>;
}

/** Several scrapers come at the same time: they share an answer. */
const freshMs = 1_000;
const millisecond = 1e6;

export function createStatsSource(view: StatsView, clock: Clock): StatsSource {
  const startedMs = clock.now();
  const rates = new Map<string, CpuSample>();
  let kept: { at: number; value: Promise<Summary> } | undefined;
  return {
    summary() {
      const now = clock.monotonic();
      if (kept && now - kept.at < freshMs) return kept.value;
      const value = gather(view, clock, startedMs, rates);
      kept = { at: now, value };
      value.catch(() => (kept = undefined));
      return value;
    },
    node: () => nodeSummary(view, clock.now(), startedMs, rates),
  };
}

async function gather(
  view: StatsView,
  clock: Clock,
  startedMs: number,
  rates: Map<string, CpuSample>,
): Promise<Summary> {
  const nowMs = clock.now();
  const [sandboxes, containers, node] = await Promise.all([
    // Runtimes that do not know the call (containerd 1.6 on some systems) leave pods to their containers.
    view.cri.listPodSandboxStats().catch((): PodSandboxStats[] => []),
    view.cri.listContainerStats(),
    nodeSummary(view, nowMs, startedMs, rates),
  ]);
  const byPod = Map.groupBy(containers, ({ attributes }) => attributes.labels[podUidLabel] ?? "");
  const byUid = new Map(sandboxes.map((it) => [it.attributes.metadata.uid, it]));
  const pods: PodSummary[] = [];
  const seen = new Set(["node"]);
  for (const observed of view.observations()) {
    if (!observed.sandboxes.some(({ ready }) => ready)) continue;
    const found = byPod.get(observed.uid) ?? [];
    for (const key of [observed.uid, ...found.map(({ attributes }) => attributes.id)])
      seen.add(key);
    const input = { files: view.host.files, nowMs, rates, fs: node.fs };
    pods.push(await podSummary(observed, byUid.get(observed.uid), found, input));
  }
  for (const key of rates.keys()) if (!seen.has(key)) rates.delete(key);
  return { node, pods };
}

async function nodeSummary(
  { nodeName, cri, host, rootDir }: StatsView,
  nowMs: number,
  startedMs: number,
  rates: Map<string, CpuSample>,
): Promise<NodeSummary> {
  const time = rfc3339(nowMs);
  const [usage, facts, space, images] = await Promise.all([
    host.machine.usage(),
    host.machine.facts(),
    host.files.space(rootDir),
    cri.imageFsInfo().catch(() => undefined),
  ]);
  const timestamp = nowMs * millisecond;
  const usageCoreNanoSeconds = { value: usage.cpuNanoseconds };
  const imageFs = images?.imageFilesystems[0];
  const containerFs = images?.containerFilesystems[0];
  return {
    nodeName,
    startTime: rfc3339(startedMs),
    cpu: cpuOf({ timestamp, usageCoreNanoSeconds }, "node", rates),
    memory: {
      time,
      availableBytes: usage.memoryAvailableBytes,
      usageBytes: facts.memoryBytes - usage.memoryAvailableBytes,
      workingSetBytes: usage.memoryWorkingSetBytes,
    },
    fs: { time, ...spaceOf(space) },
    runtime: {
      ...(imageFs && { imageFs: await filesystem(host.files, imageFs) }),
      ...(containerFs && { containerFs: await filesystem(host.files, containerFs) }),
    },
    rlimit: { time, maxpid: facts.pidsMax, curproc: usage.pids },
  };
}

interface PodInput {
  readonly files: Files;
  readonly nowMs: number;
  readonly rates: Map<string, CpuSample>;
  readonly fs: FsStats | undefined;
}

async function podSummary(
  { uid, name, namespace, sandboxes, containers }: PodObservation,
  sandbox: PodSandboxStats | undefined,
  stats: readonly ContainerStats[],
  input: PodInput,
): Promise<PodSummary> {
  const { nowMs, rates } = input;
  const running: ContainerSummary[] = [];
  for (const one of stats) {
    const observed = containers.find(({ id }) => id === one.attributes.id);
    if (observed?.state !== "running") continue;
    const { startedAtMs, logPath } = observed;
    running.push(await containerSummary(one, { startedAtMs, logPath }, input));
  }
  const { cpu, memory, network, process } = sandbox?.linux ?? {};
  const { timestamp = nowMs * millisecond, defaultInterface, interfaces = [] } = network ?? {};
  const links = [...(defaultInterface ? [defaultInterface] : []), ...interfaces].map(
    ({ name: link, ...values }) => ({ name: link, ...plain(values) }),
  );
  return {
    podRef: { name, namespace, uid },
    startTime: rfc3339(sandboxes[0]?.createdAtMs ?? nowMs),
    containers: running,
    cpu: cpu ? cpuOf(cpu, uid, rates) : sumOfCpu(running, nowMs),
    memory: memory ? memoryOf(memory) : sumOfMemory(running, nowMs),
    ...(links[0] && { network: { time: timeOf(timestamp), ...links[0], interfaces: links } }),
    "ephemeral-storage": storageOf(running, input),
    ...(process?.processCount && { process_stats: { process_count: process.processCount.value } }),
  };
}

async function containerSummary(
  { attributes, cpu, memory, writableLayer, swap }: ContainerStats,
  { startedAtMs, logPath }: { startedAtMs: number; logPath: string },
  { files, nowMs, rates, fs }: PodInput,
): Promise<ContainerSummary> {
  return {
    name: attributes.metadata.name,
    startTime: rfc3339(startedAtMs),
    ...(cpu && { cpu: cpuOf(cpu, attributes.id, rates) }),
    ...(memory && { memory: memoryOf(memory) }),
    ...(writableLayer && { rootfs: await filesystem(files, writableLayer) }),
    logs: { ...fs, time: rfc3339(nowMs), ...(await logUsage(files, logPath)) },
    ...(swap && { swap: { time: timeOf(swap.timestamp), ...plain(swapOf(swap)) } }),
  };
}

function swapOf({ swapAvailableBytes, swapUsageBytes }: NonNullable<ContainerStats["swap"]>) {
  return { swapAvailableBytes, swapUsageBytes };
}

/** What the container's log files take. */
async function logUsage(files: Files, logPath: string): Promise<Partial<FsStats>> {
  if (logPath === "") return {};
  const folder = dirname(logPath);
  const entries = await files.readdir(folder);
  const sizes = await Promise.all(
    entries.map(async ({ name }) => (await files.stat(`${folder}/${name}`))?.size ?? 0),
  );
  return { usedBytes: sizes.reduce((sum, size) => sum + size, 0), inodesUsed: sizes.length };
}

function storageOf(containers: readonly ContainerSummary[], { nowMs, fs }: PodInput): FsStats {
  const all = containers.flatMap(({ rootfs, logs }) => [rootfs, logs]);
  const total = (key: "usedBytes" | "inodesUsed") =>
    all.reduce((sum, one) => sum + (one?.[key] ?? 0), 0);
  const used = { usedBytes: total("usedBytes"), inodesUsed: total("inodesUsed") };
  return { ...fs, time: rfc3339(nowMs), ...used };
}

/** Processor time used up to a moment: two of them make a rate. */
interface CpuSample {
  readonly timestamp: number;
  readonly used: number;
  readonly rate: number | undefined;
}

function cpuOf(
  { timestamp, usageCoreNanoSeconds, usageNanoCores }: CpuUsage,
  key: string,
  samples: Map<string, CpuSample>,
): CpuStats {
  const used = usageCoreNanoSeconds?.value;
  const before = samples.get(key);
  let rate = before?.rate;
  if (used !== undefined && (!before || timestamp > before.timestamp)) {
    const seconds = before ? (timestamp - before.timestamp) / 1e9 : 0;
    if (before && seconds > 0) rate = Math.max(0, Math.round((used - before.used) / seconds));
    samples.set(key, { timestamp, used, rate });
  }
  const known = usageNanoCores?.value ?? rate;
  return {
    time: timeOf(timestamp),
    ...(known !== undefined && { usageNanoCores: known }),
    ...(used !== undefined && { usageCoreNanoSeconds: used }),
  };
}

function memoryOf(usage: MemoryUsage): MemoryStats {
  const { timestamp, psi: _, ...values } = usage;
  return { time: timeOf(timestamp), ...plain(values) };
}

function sumOfCpu(containers: readonly ContainerSummary[], nowMs: number): CpuStats {
  return { time: rfc3339(nowMs), ...sums(containers.map(({ cpu }) => cpu)) };
}

function sumOfMemory(containers: readonly ContainerSummary[], nowMs: number): MemoryStats {
  const { availableBytes: _, ...total } = sums(containers.map(({ memory }) => memory));
  return { time: rfc3339(nowMs), ...total };
}

function sums(all: readonly (object | undefined)[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of all) {
    for (const [name, value] of Object.entries(one ?? {})) {
      if (typeof value === "number") total[name] = (total[name] ?? 0) + value;
    }
  }
  return total;
}

async function filesystem(files: Files, usage: FilesystemUsage): Promise<FsStats> {
  const { timestamp, fsId, usedBytes, inodesUsed } = usage;
  const mountpoint = fsId?.mountpoint;
  const space = mountpoint ? await files.space(mountpoint).catch(() => undefined) : undefined;
  return {
    time: timeOf(timestamp),
    ...(space && spaceOf(space)),
    ...plain({ usedBytes, inodesUsed }),
  };
}

function spaceOf({ totalBytes, freeBytes, totalInodes, freeInodes }: Space) {
  return {
    availableBytes: freeBytes,
    capacityBytes: totalBytes,
    usedBytes: totalBytes - freeBytes,
    inodesFree: freeInodes,
    inodes: totalInodes,
    inodesUsed: totalInodes - freeInodes,
  };
}

type Space = Awaited<ReturnType<Files["space"]>>;

/** The CRI wraps numbers to tell unknown from zero; here unknown is left out. */
function plain<T extends object>(values: T): Known<T> {
  const known = Object.entries(values).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const isWrapped = typeof value === "object" && value !== null && "value" in value;
    return [[name, isWrapped ? (value as UInt64Value).value : value]];
  });
  return Object.fromEntries(known) as Known<T>;
}

type Known<T> = { [K in keyof T]?: T[K] extends UInt64Value | undefined ? number : T[K] };

function timeOf(nanoseconds: number): string {
  return rfc3339(Math.floor(nanoseconds / millisecond));
}
