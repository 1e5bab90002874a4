/** What the control plane makes of a node's conditions, and of one that is silent. Pure. */
import type { NodeCondition } from "#apis/core/node-status.ts";
import type { Node, Taint } from "#apis/core/node.ts";
import { rfc3339 } from "#base/clock.ts";
import { conditionOf } from "../shared/conditions.ts";

/** Upstream's --node-monitor-grace-period and --node-startup-grace-period. */
export const silenceMsMax = 50_000;
export const startupSilenceMsMax = 60_000;

const notReady = "node.kubernetes.io/not-ready";
const unreachable = "node.kubernetes.io/unreachable";
/** Condition, the status that is bad, and the taint that it leads to. */
const badConditions = [
  ["Ready", "False", notReady],
  ["Ready", "Unknown", unreachable],
  ["MemoryPressure", "True", "node.kubernetes.io/memory-pressure"],
  ["DiskPressure", "True", "node.kubernetes.io/disk-pressure"],
  ["NetworkUnavailable", "True", "node.kubernetes.io/network-unavailable"],
  ["PIDPressure", "True", "node.kubernetes.io/pid-pressure"],
] as const;
const unschedulable = "node.kubernetes.io/unschedulable";
const ownNoSchedule = new Set<string>([...badConditions.map(([, , key]) => key), unschedulable]);
const ownNoExecute = new Set<string>([notReady, unreachable]);

export type Readiness = "True" | "False" | "Unknown";

/** A node that has not said anything yet counts as Unknown. */
export function readinessOf(node: Node): Readiness {
  const status = conditionOf(node.status?.conditions, "Ready")?.status;
  return status === "True" || status === "False" ? status : "Unknown";
}

/** The conditions that a silent kubelet can no longer vouch for, as Unknown. */
export function silentConditions(node: Node, nowMs: number): NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? [];
  const now = rfc3339(nowMs);
  let changed = false;
  const next = [...conditions];
  for (const type of ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"]) {
    const current = conditionOf(conditions, type);
    if (current?.status === "Unknown") continue;
    changed = true;
    if (current) {
      next[conditions.indexOf(current)] = {
        ...current,
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime: now,
      };
    } else {
      next.push({
        type,
        status: "Unknown",
        reason: "NodeStatusNeverUpdated",
        message: "Kubelet never posted node status.",
        lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
        lastTransitionTime: now,
      });
    }
  }
  return changed ? next : undefined;
}

/** The NoSchedule taints that the node's conditions call for. */
function noScheduleKeys(node: Node): string[] {
  const { conditions } = node.status ?? {};
  const keys: string[] = badConditions
    .filter(([type, bad]) => conditionOf(conditions, type)?.status === bad)
    .map(([, , key]) => key);
  if (node.spec.unschedulable) keys.push(unschedulable);
  return keys;
}

/** The taint that drives pods off; undefined for a healthy node. */
export function evictionTaintKey(node: Node): string | undefined {
  const readiness = conditionOf(node.status?.conditions, "Ready")?.status;
  if (readiness === "False") return notReady;
  return readiness === "Unknown" ? unreachable : undefined;
}

/** Whether the node bears the taint that drives pods off already. */
export function isEvicting(node: Node): boolean {
  const key = evictionTaintKey(node);
  return (
    node.spec.taints?.some((taint) => taint.effect === "NoExecute" && taint.key === key) ?? false
  );
}

/**
 * The node's taints as they shall be; undefined when they are. `evict`: the taint that drives pods
 * off may be set if the node calls for it.
 */
export function planTaints(node: Node, evict: boolean, nowMs: number): Taint[] | undefined {
  const before = node.spec.taints ?? [];
  const timeAdded = rfc3339(nowMs);
  const evictionKey = evict ? evictionTaintKey(node) : undefined;
  const wanted = new Set(noScheduleKeys(node).map((key) => `${key}:NoSchedule`));
  if (evictionKey) wanted.add(`${evictionKey}:NoExecute`);
  const kept = before.filter(({ key, effect }) => {
    const own =
      (effect === "NoSchedule" && ownNoSchedule.has(key)) ||
      (effect === "NoExecute" && ownNoExecute.has(key));
    return !own || wanted.has(`${key}:${effect}`);
  });
  const present = new Set(before.map(({ key, effect }) => `${key}:${effect}`));
  const added = [...wanted]
    .filter((taint) => !present.has(taint))
    .map((taint): Taint => {
      const [key = "", effect = ""] = taint.split(":");
      return { key, effect, timeAdded };
    });
  if (added.length === 0 && kept.length === before.length) return undefined;
  return [...kept, ...added];
}
