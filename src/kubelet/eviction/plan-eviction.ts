/** When the node runs short, and which pod goes then. Pure. */
import { podAmounts } from "#apis/core/pod-requests.ts";
import type { Pod } from "#apis/core/pod.ts";
import { quantityOf } from "#machinery/quantity.ts";
import type { Space } from "../host/files.ts";
import { isMirrorPod, isStaticPod } from "../pod/containers.ts";
import type { EvictionThresholds } from "../settings.ts";

export interface NodeSignals {
  readonly memoryAvailableBytes: number;
  readonly nodefs: Space;
  readonly pids: number;
  readonly pidsMax: number;
}

export interface Shortage {
  readonly condition: "MemoryPressure" | "DiskPressure" | "PIDPressure";
  readonly resource: "memory" | "ephemeral-storage" | "inodes" | "pids";
  readonly threshold: string;
  readonly available: string;
}

/** What the node is short of now. */
export function shortages(signals: NodeSignals, limits: EvictionThresholds): Shortage[] {
  const { memoryAvailableBytes, nodefs, pids, pidsMax } = signals;
  const found: Shortage[] = [];
  const bytes = (amount: number) => quantityOf(Math.floor(amount), "BinarySI");
  if (memoryAvailableBytes < limits.memoryAvailableBytes) {
    found.push({
      condition: "MemoryPressure",
      resource: "memory",
      threshold: bytes(limits.memoryAvailableBytes),
      available: bytes(memoryAvailableBytes),
    });
  }
  const storageFloor = nodefs.totalBytes * limits.nodefsAvailable;
  if (nodefs.freeBytes < storageFloor) {
    found.push({
      condition: "DiskPressure",
      resource: "ephemeral-storage",
      threshold: bytes(storageFloor),
      available: bytes(nodefs.freeBytes),
    });
  }
  const inodeFloor = nodefs.totalInodes * limits.nodefsInodesFree;
  if (nodefs.totalInodes > 0 && nodefs.freeInodes < inodeFloor) {
    found.push({
      condition: "DiskPressure",
      resource: "inodes",
      threshold: String(Math.floor(inodeFloor)),
      available: String(nodefs.freeInodes),
    });
  }
  if (pidsMax - pids < pidsMax * limits.pidAvailable) {
    found.push({
      condition: "PIDPressure",
      resource: "pids",
      threshold: String(Math.floor(pidsMax * limits.pidAvailable)),
      available: String(pidsMax - pids),
    });
  }
  return found;
}

export interface PodUsage {
  readonly pod: Pod;
  readonly memoryBytes: number;
  readonly storageBytes: number;
  readonly processes: number;
}

const criticalPriority = 2_000_000_000;

/** The pod to evict: over its request first, then the least important, then the greediest. */
export function victimOf(shortage: Shortage, pods: readonly PodUsage[]): PodUsage | undefined {
  const evictable = pods.filter(
    ({ pod }) =>
      !isStaticPod(pod) && !isMirrorPod(pod) && (pod.spec.priority ?? 0) < criticalPriority,
  );
  const used = (usage: PodUsage) =>
    shortage.resource === "memory"
      ? usage.memoryBytes
      : shortage.resource === "pids"
        ? usage.processes
        : usage.storageBytes;
  const over = (usage: PodUsage) =>
    used(usage) - (podAmounts(usage.pod).get(shortage.resource) ?? 0);
  const [victim] = evictable.toSorted(
    (a, b) =>
      Number(over(b) > 0) - Number(over(a) > 0) ||
      (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) ||
      over(b) - over(a),
  );
  return victim;
}

export function evictionMessage({ resource, threshold, available }: Shortage): string {
  return `The node was low on resource: ${resource}. Threshold quantity: ${threshold}, available: ${available}. `;
}
