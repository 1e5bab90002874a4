import { type Plugin, type Rejection, scoreMax } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import type { PodInfo } from "../pod-info.ts";

const name = "NodeResourcesFit";

/** A node must have what the pod requests; emptier nodes score higher (LeastAllocated). */
export const nodeResourcesFit: Plugin = {
  name,
  helpedBy: ["NodeAdded", "NodeChanged", "PodDeleted", "PodChanged"],
  filter: lacking,
  score(pod, node) {
    const cpu = freeShare(node.allocatable.get("cpu"), node.nonZeroCpu + pod.nonZeroCpu);
    const memory = freeShare(
      node.allocatable.get("memory"),
      node.nonZeroMemory + pod.nonZeroMemory,
    );
    return Math.floor((cpu + memory) / 2);
  },
};

/** Evens out cpu and memory use, so that neither is left over. */
export const nodeResourcesBalancedAllocation: Plugin = {
  name: "NodeResourcesBalancedAllocation",
  helpedBy: [],
  // What asks for nothing unbalances nothing.
  preScore: ({ requests }) => !requests.get("cpu") && !requests.get("memory"),
  score({ requests }, { allocatable, requested }) {
    const used = (resource: string) => {
      const all = allocatable.get(resource) ?? 0;
      const sum = (requested.get(resource) ?? 0) + (requests.get(resource) ?? 0);
      return all === 0 ? 0 : Math.min(1, sum / all);
    };
    const deviation = Math.abs(used("cpu") - used("memory")) / 2;
    return Math.floor((1 - deviation) * scoreMax);
  },
};

function freeShare(allocatable: number | undefined, requested: number): number {
  if (!allocatable || requested > allocatable) return 0;
  return Math.floor(((allocatable - requested) * scoreMax) / allocatable);
}

function lacking(pod: PodInfo, node: NodeInfo): Rejection | undefined {
  let reasons: string[] | undefined;
  let resolvable = true;
  if (node.pods.size + 1 > node.podsMax) (reasons ??= []).push("Too many pods");
  for (const [resource, amount] of pod.requests) {
    if (amount === 0) continue;
    const all = node.allocatable.get(resource) ?? 0;
    if (amount <= all - (node.requested.get(resource) ?? 0)) continue;
    (reasons ??= []).push(`Insufficient ${resource}`);
    // More than the whole node has: evicting others is no help.
    if (amount > all) resolvable = false;
  }
  return reasons && { plugin: name, reasons, resolvable };
}
