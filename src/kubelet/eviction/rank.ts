/** Which pod goes first, and what is said about it. Pure; texts are upstream's. */
import { amountsOf, podAmounts } from "#apis/core/pod-requests.ts";
import type { Pod } from "#apis/core/pod.ts";
import { quantityOf } from "#machinery/quantity.ts";
import {
  initContainersOf,
  isMirrorPod,
  isStaticPod,
  regularContainersOf,
} from "../pod/containers.ts";
import type { ContainerSummary, PodSummary } from "../server/summary.ts";
import type { Level, Scarce } from "./signals.ts";
import { amountText, type Threshold } from "./thresholds.ts";

export interface PodUsage {
  readonly pod: Pod;
  /** Undefined for a pod of which nothing runs. */
  readonly stats: PodSummary | undefined;
  /** What its emptyDir volumes hold on disk. */
  readonly volumeBytes: number;
}

const criticalPriority = 2_000_000_000;

/** Pods that the node cannot do without are never evicted. */
export function isCritical(pod: Pod): boolean {
  return isStaticPod(pod) || isMirrorPod(pod) || (pod.spec.priority ?? 0) >= criticalPriority;
}

/** How much of what is scarce a pod uses. */
export function usageOf({ stats, volumeBytes }: PodUsage, scarce: Scarce): number {
  switch (scarce) {
    case "memory":
      return stats?.memory?.workingSetBytes ?? 0;
    case "pids":
      return stats?.process_stats?.process_count ?? 0;
    case "inodes":
      return stats?.["ephemeral-storage"]?.inodesUsed ?? 0;
    case "ephemeral-storage":
      return (stats?.["ephemeral-storage"]?.usedBytes ?? 0) + volumeBytes;
  }
}

/** The first goes first: over its request, then less important, then further over its request. */
export function rankForEviction(pods: readonly PodUsage[], scarce: Scarce): PodUsage[] {
  const ranked = pods.map((usage) => {
    const isRequested = scarce === "memory" || scarce === "ephemeral-storage";
    const request = isRequested ? (podAmounts(usage.pod).get(scarce) ?? 0) : 0;
    const over = usageOf(usage, scarce) - request;
    return {
      usage,
      over,
      exceeds: isRequested && over > 0,
      priority: usage.pod.spec.priority ?? 0,
    };
  });
  ranked.sort(
    (a, b) => Number(b.exceeds) - Number(a.exceeds) || a.priority - b.priority || b.over - a.over,
  );
  return ranked.map(({ usage }) => usage);
}

export interface EvictionWords {
  readonly message: string;
  readonly annotations: Record<string, string>;
}

/** What the status of a pod says that goes because of a threshold, and its event's annotations. */
export function evictionWords(
  { pod, stats }: PodUsage,
  scarce: Scarce,
  threshold: Threshold,
  level: Level | undefined,
): EvictionWords {
  let message = `The node was low on resource: ${scarce}. `;
  if (level) {
    const format = scarce === "memory" || scarce === "ephemeral-storage" ? "BinarySI" : "DecimalSI";
    const wanted = amountText(threshold.below, level.capacity);
    const available = quantityOf(Math.floor(level.available), format);
    message += `Threshold quantity: ${wanted}, available: ${available}. `;
  }
  const offending: string[] = [];
  const usages: string[] = [];
  for (const { container } of [...initContainersOf(pod), ...regularContainersOf(pod)]) {
    const summary = stats?.containers.find(({ name }) => name === container.name);
    const used = summary && containerUsage(summary, scarce);
    const request = amountsOf(container.resources?.requests).get(scarce) ?? 0;
    if (used === undefined || used <= request) continue;
    const usage = quantityOf(used, "BinarySI");
    const asked = container.resources?.requests?.[scarce] ?? "0";
    message += `Container ${container.name} was using ${usage}, request is ${asked}, has larger consumption of ${scarce}. `;
    offending.push(container.name);
    usages.push(usage);
  }
  const annotations = {
    offending_containers: offending.join(","),
    offending_containers_usage: usages.join(","),
    starved_resource: scarce,
  };
  return { message, annotations };
}

function containerUsage({ memory, rootfs, logs }: ContainerSummary, scarce: Scarce) {
  if (scarce === "memory") return memory?.workingSetBytes;
  if (scarce !== "ephemeral-storage") return undefined;
  if (rootfs?.usedBytes === undefined || logs?.usedBytes === undefined) return undefined;
  return rootfs.usedBytes + logs.usedBytes;
}
