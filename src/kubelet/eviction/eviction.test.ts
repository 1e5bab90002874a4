import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import { systemFiles } from "../host/files.ts";
import type { ContainerSummary, NodeSummary, PodSummary } from "../server/summary.ts";
import { createEvictionManager, type Eviction } from "./eviction-manager.ts";
import { folderBytes, hasStorageLimits, overLimit } from "./local-storage.ts";
import { evictionWords, rankForEviction } from "./rank.ts";
import { type Level, levelsOf, type Signal } from "./signals.ts";
import { calm, type EvictionState, look, parseEvictionFlags } from "./thresholds.ts";

const mebibyte = 2 ** 20;
const levels = (all: Partial<Record<Signal, Level>>) =>
  new Map(Object.entries(all)) as Map<Signal, Level>;

describe("thresholds", () => {
  test("are read as upstream's flags", () => {
    const config = parseEvictionFlags({
      hard: "memory.available<100Mi,nodefs.available<10%",
      soft: "memory.available<300Mi",
      softGrace: "memory.available=1m30s",
      minReclaim: "memory.available=50Mi",
    });
    const minReclaim = { quantity: "50Mi" };
    expect(config.thresholds).toEqual([
      { signal: "memory.available", below: { quantity: "100Mi" }, graceMs: 0, minReclaim },
      { signal: "nodefs.available", below: { share: 0.1 }, graceMs: 0 },
      { signal: "memory.available", below: { quantity: "300Mi" }, graceMs: 90_000, minReclaim },
    ]);
  });

  test.each([
    [{ hard: "memory.free<1Mi" }, "unsupported eviction signal memory.free"],
    [{ hard: "pid.available<many" }, "eviction threshold many is no quantity"],
    [
      { hard: "pid.available<1,pid.available<2" },
      "found duplicate eviction threshold for signal pid.available",
    ],
    [{ hard: "", soft: "pid.available<1" }, "grace period must be specified for the soft"],
    [
      { hard: "", soft: "pid.available<1", softGrace: "pid.available=soon" },
      'invalid grace period "soon"',
    ],
  ])("%j is refused", (flags, message) => {
    expect(() => parseEvictionFlags(flags)).toThrow(message);
  });

  test("are met at once, after their grace period, or until enough was won back", () => {
    const config = parseEvictionFlags({
      hard: "memory.available<100Mi",
      soft: "memory.available<300Mi,nodefs.available<10%",
      softGrace: "memory.available=30s,nodefs.available=0s",
      minReclaim: "memory.available=100Mi",
      transitionMs: 60_000,
    });
    let state: EvictionState = calm;
    const seen = [
      // second, MiB of memory, percent of disk → thresholds due, pressure
      [0, 500, 50, [], []],
      [10, 250, 50, [], ["MemoryPressure"]],
      [39, 250, 50, [], ["MemoryPressure"]],
      [40, 250, 50, ["memory.available<300Mi"], ["MemoryPressure"]],
      [50, 90, 5, ["memory.available<100Mi", "memory.available<300Mi", "nodefs.available<10%"], ["MemoryPressure", "DiskPressure"]],
      [60, 150, 5, ["memory.available<100Mi", "memory.available<300Mi", "nodefs.available<10%"], ["MemoryPressure", "DiskPressure"]],
      [70, 210, 50, ["memory.available<300Mi"], ["MemoryPressure", "DiskPressure"]],
      [80, 450, 50, [], ["MemoryPressure", "DiskPressure"]],
      [125, 450, 50, [], ["MemoryPressure"]],
      [131, 450, 50, [], []],
    ] as const; // prettier-ignore
    for (const [second, memory, disk, due, pressure] of seen) {
      const now = levels({
        "memory.available": { available: memory * mebibyte, capacity: 1_000 * mebibyte },
        "nodefs.available": { available: disk, capacity: 100 },
      });
      const found = look(config, state, now, second * 1_000);
      ({ state } = found);
      const words = found.due.map(
        ({ signal, below }) =>
          `${signal}<${"share" in below ? `${below.share * 100}%` : below.quantity}`,
      );
      expect({ second, due: words, pressure: [...state.pressureSeenMs.keys()] }).toEqual({
        second,
        due,
        pressure,
      });
    }
  });

  test("signals come from the node's statistics", () => {
    const time = "";
    const node: NodeSummary = {
      nodeName: "n",
      startTime: "",
      memory: { time, availableBytes: 30, workingSetBytes: 70 },
      fs: { time, availableBytes: 5, capacityBytes: 50, inodesFree: 0, inodes: 0 },
      rlimit: { time, maxpid: 100, curproc: 90 },
    };
    expect([...levelsOf(node)]).toEqual([
      ["memory.available", { available: 30, capacity: 100 }],
      ["nodefs.available", { available: 5, capacity: 50 }],
      ["pid.available", { available: 10, capacity: 100 }],
    ]);
  });
});

interface Made {
  name: string;
  priority?: number;
  request?: string;
  usage?: number;
  disk?: number;
  static?: boolean;
}

function made({ name, priority = 0, request, usage = 0, disk = 0, static: isStatic }: Made) {
  const requests = request === undefined ? {} : { memory: request };
  const pod = {
    metadata: {
      name,
      namespace: "default",
      uid: name,
      ...(isStatic && { annotations: { "kubernetes.io/config.source": "file" } }),
    },
    spec: { priority, containers: [{ name: "c", resources: { requests } }] },
  } as unknown as Pod;
  const time = "";
  const container: ContainerSummary = {
    name: "c",
    startTime: "",
    memory: { time, workingSetBytes: usage },
    rootfs: { time, usedBytes: disk },
    logs: { time, usedBytes: 0 },
  };
  const stats: PodSummary = {
    podRef: { name, namespace: "default", uid: name },
    startTime: "",
    containers: [container],
    memory: container.memory!,
    "ephemeral-storage": { time, usedBytes: disk },
    process_stats: { process_count: usage },
  };
  return { pod, stats, volumeBytes: 0 };
}

describe("who goes", () => {
  test.each<[string, "memory" | "ephemeral-storage" | "pids", Made[]]>([
    [
      "who uses more than asked for, before the less important",
      "memory",
      [
        { name: "greedy", priority: 100, request: "10", usage: 20 },
        { name: "modest", priority: 0, request: "30", usage: 20 },
      ],
    ],
    [
      "the less important first, then the greediest",
      "memory",
      [
        { name: "low", priority: -5, usage: 1 },
        { name: "big", usage: 90 },
        { name: "over", request: "50", usage: 100 },
        { name: "small", usage: 2 },
      ],
    ],
    [
      "by disk",
      "ephemeral-storage",
      [
        { name: "full", disk: 9 },
        { name: "some", disk: 3 },
        { name: "none", usage: 9 },
      ],
    ],
    [
      "by processes, whatever memory was asked for",
      "pids",
      [
        { name: "bomb", request: "1Gi", usage: 900 },
        { name: "calm", usage: 3 },
      ],
    ],
  ])("%s", (_name, scarce, expected) => {
    const order = expected.map(({ name }) => name);
    const given = expected.toReversed().map(made);
    expect(rankForEviction(given, scarce).map(({ pod }) => pod.metadata.name)).toEqual(order);
  });

  test("and what is said about it", () => {
    const [threshold] = parseEvictionFlags({ hard: "memory.available<100Mi" }).thresholds;
    const victim = made({ name: "web", request: "10Mi", usage: 64 * mebibyte });
    const level = { available: 80 * mebibyte, capacity: 1_000 * mebibyte };
    expect(evictionWords(victim, "memory", threshold!, level)).toEqual({
      message:
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi. " +
        "Container c was using 64Mi, request is 10Mi, has larger consumption of memory. ",
      annotations: {
        offending_containers: "c",
        offending_containers_usage: "64Mi",
        starved_resource: "memory",
      },
    });
    const share = parseEvictionFlags({ hard: "nodefs.inodesFree<5%" }).thresholds[0]!;
    const inodes = { available: 12, capacity: 20 * 1_024 };
    expect(evictionWords(victim, "inodes", share, inodes).message).toBe(
      "The node was low on resource: inodes. Threshold quantity: 1Ki, available: 12. ",
    );
  });
});

describe("limits of local storage", () => {
  function limited(sizeLimit?: string, limit?: string): Pod {
    const emptyDir = sizeLimit === undefined ? {} : { sizeLimit };
    const resources = limit === undefined ? {} : { limits: { "ephemeral-storage": limit } };
    const spec = { containers: [{ name: "c", resources }], volumes: [{ name: "v", emptyDir }] };
    return { metadata: { name: "p" }, spec } as unknown as Pod;
  }

  test.each([
    [
      "an emptyDir",
      limited("1Ki"),
      0,
      1_025,
      'Usage of EmptyDir volume "v" exceeds the limit "1Ki". ',
    ],
    ["an emptyDir within its limit", limited("1Ki"), 0, 1_024, undefined],
    ["an emptyDir without limit", limited(), 0, 1e9, undefined],
    [
      "the pod",
      limited(undefined, "1Ki"),
      600,
      600,
      "Pod ephemeral local storage usage exceeds the total limit of containers 1Ki. ",
    ],
    ["the pod within its limit", limited(undefined, "1Ki"), 500, 500, undefined],
  ] as const)("%s", (_name, pod, disk, volume, expected) => {
    const { stats } = made({ name: "p", disk });
    expect(overLimit(pod, stats, new Map([["v", volume]]))).toBe(expected);
  });

  test("only pods that have some are looked at", () => {
    expect(hasStorageLimits(limited())).toBe(false);
    expect(hasStorageLimits(limited("1Ki"))).toBe(true);
    expect(hasStorageLimits(limited(undefined, "1Ki"))).toBe(true);
  });

  test("a folder is counted with what is below it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "volume-"));
    await mkdir(join(folder, "a/b"), { recursive: true });
    await writeFile(join(folder, "a/b/c"), Buffer.alloc(100_000, 1));
    expect(await folderBytes(systemFiles, folder)).toBeGreaterThanOrEqual(100_000);
    expect(await folderBytes(systemFiles, join(folder, "none"))).toBe(0);
    await rm(folder, { recursive: true });
  });
});

describe("the manager", () => {
  function setUp(pods: Made[], hard: string) {
    const clock = new VirtualClock();
    const all = pods.map(made);
    const time = "";
    const memory = { time, availableBytes: 1_000, workingSetBytes: 0 };
    const fs = { time, availableBytes: 50, capacityBytes: 100 };
    const node: NodeSummary = { nodeName: "n", startTime: "", memory, fs };
    const evictions: Eviction[] = [];
    const told: string[] = [];
    let reclaimed = 0;
    const active = all.map(({ pod }) => pod);
    const manager = createEvictionManager({
      config: parseEvictionFlags({ hard }),
      stats: {
        node: async () => node,
        summary: async () => ({ node, pods: all.map(({ stats }) => stats) }),
      },
      clock,
      log: silentLogger,
      pods: () => active,
      volumeBytes: async () => new Map(),
      evict(eviction) {
        evictions.push(eviction);
        active.splice(active.indexOf(eviction.pod), 1);
        memory.availableBytes += 100;
      },
      reclaimDisk: async () => {
        reclaimed++;
        fs.availableBytes += 10;
      },
      tell: (_reason, message) => void told.push(message),
    });
    const names = () => evictions.map(({ pod }) => pod.metadata.name);
    return { manager, memory, fs, evictions, names, told, reclaims: () => reclaimed };
  }

  test("ends one pod after the other until there is enough, but none that is critical", async () => {
    const pods = [
      { name: "static", usage: 900, static: true },
      { name: "system", usage: 800, priority: 2_000_001_000 },
      { name: "big", usage: 50 },
      { name: "small", usage: 10 },
      { name: "kept", usage: 5, request: "10" },
    ];
    const { manager, memory, evictions, names, told } = setUp(pods, "memory.available<500");
    await manager.step();
    expect(manager.pressure()).toEqual([]);
    memory.availableBytes = 310;
    await manager.step();
    expect(names()).toEqual(["big", "small"]);
    expect(evictions[0]).toMatchObject({ reason: "Evicted", gracePeriodSeconds: 1 });
    expect(manager.pressure()).toEqual(["MemoryPressure"]);
    expect(told).toEqual(["Attempting to reclaim memory", "Attempting to reclaim memory"]);
    memory.availableBytes = 0;
    await manager.step();
    expect(names()).toEqual(["big", "small", "kept"]);
  });

  test("frees disk before it ends pods", async () => {
    const { manager, fs, names, reclaims } = setUp(
      [{ name: "p", disk: 9 }],
      "nodefs.available<10%",
    );
    fs.availableBytes = 5;
    await manager.step();
    expect([reclaims(), names()]).toEqual([1, []]);
    fs.availableBytes = -20;
    await manager.step();
    expect(names()).toEqual(["p"]);
    expect(manager.pressure()).toEqual(["DiskPressure"]);
  });
});
