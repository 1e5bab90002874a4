import type { Pod } from "#apis/core/pod.ts";
import { createdMs, isReady, readySinceMs } from "../shared/pod-state.ts";

const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * The pods in the order in which they are given up when there are too many: those that have not
 * got far first, then the cheapest by annotation, those on crowded nodes, the youngest (by orders
 * of magnitude of age, KEP-2185) and those that restarted most. `related` are all pods of the same
 * application, which say how crowded a node is.
 */
export function rankForDeletion(
  pods: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): Pod[] {
  const perNode = new Map<string, number>();
  for (const { spec } of related) {
    const node = spec.nodeName ?? "";
    perNode.set(node, (perNode.get(node) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => features(pod, perNode, nowMs));
  ranked.sort(compare);
  return ranked.map(({ pod }) => pod);
}

interface Features {
  pod: Pod;
  /** In order of weight; the lesser goes first. */
  keys: number[];
}

function features(pod: Pod, perNode: ReadonlyMap<string, number>, nowMs: number): Features {
  const { spec, status, metadata } = pod;
  const node = spec.nodeName ?? "";
  const ready = isReady(pod);
  const cost = Number(metadata.annotations?.[deletionCostAnnotation] ?? 0);
  const { regular, sidecar } = maxRestarts(pod);
  const keys = [
    node === "" ? 0 : 1,
    phaseOrder[status?.phase ?? "Pending"] ?? 0,
    ready ? 1 : 0,
    Number.isFinite(cost) ? cost : 0,
    -(perNode.get(node) ?? 0),
    ready ? ageClass(readySinceMs(pod) ?? 0, nowMs) : 0,
    -regular,
    -sidecar,
    ageClass(createdMs(pod), nowMs),
  ];
  return { pod, keys };
}

/** The magnitude of an age: pods of one class are as good as one another. */
function ageClass(sinceMs: number, nowMs: number): number {
  const seconds = (nowMs - sinceMs) / 1_000;
  return seconds < 1 ? 0 : 1 + Math.floor(Math.log2(seconds));
}

function maxRestarts(pod: Pod): { regular: number; sidecar: number } {
  let regular = 0;
  let sidecar = 0;
  for (const { restartCount } of pod.status?.containerStatuses ?? []) {
    regular = Math.max(regular, restartCount);
  }
  const sidecars = new Set(
    pod.spec.initContainers
      ?.filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  for (const { name, restartCount } of pod.status?.initContainerStatuses ?? []) {
    if (sidecars.has(name)) sidecar = Math.max(sidecar, restartCount);
  }
  return { regular, sidecar };
}

function compare(a: Features, b: Features): number {
  for (let i = 0; i < a.keys.length; i++) {
    const difference = a.keys[i]! - b.keys[i]!;
    if (difference !== 0) return difference;
  }
  return (a.pod.metadata.uid ?? "") < (b.pod.metadata.uid ?? "") ? -1 : 1;
}
