/** The node's conditions, from what is known of machine and runtime. Pure; texts are upstream's. */
import { rfc3339 } from "#base/clock.ts";
import type { NodeCondition } from "#apis/core/node-status.ts";

export interface NodeHealth {
  readonly memoryPressure: boolean;
  readonly diskPressure: boolean;
  readonly pidPressure: boolean;
  /** Why the node cannot run pods now; empty when it can. */
  readonly trouble: readonly string[];
}

type Verdict = Pick<NodeCondition, "type" | "status" | "reason" | "message">;

/** All conditions; the time of the last transition is kept while the status stays. */
export function nodeConditions(
  health: NodeHealth,
  old: readonly NodeCondition[],
  nowMs: number,
): NodeCondition[] {
  const now = rfc3339(nowMs);
  return verdicts(health).map((verdict) => {
    const before = old.find(({ type }) => type === verdict.type);
    const kept = before?.status === verdict.status ? before.lastTransitionTime : undefined;
    return { ...verdict, lastHeartbeatTime: now, lastTransitionTime: kept ?? now };
  });
}

function verdicts({ memoryPressure, diskPressure, pidPressure, trouble }: NodeHealth): Verdict[] {
  return [
    pressure("MemoryPressure", memoryPressure, [
      ["KubeletHasInsufficientMemory", "kubelet has insufficient memory available"],
      ["KubeletHasSufficientMemory", "kubelet has sufficient memory available"],
    ]),
    pressure("DiskPressure", diskPressure, [
      ["KubeletHasDiskPressure", "kubelet has disk pressure"],
      ["KubeletHasNoDiskPressure", "kubelet has no disk pressure"],
    ]),
    pressure("PIDPressure", pidPressure, [
      ["KubeletHasInsufficientPID", "kubelet has insufficient PID available"],
      ["KubeletHasSufficientPID", "kubelet has sufficient PID available"],
    ]),
    trouble.length === 0
      ? {
          type: "Ready",
          status: "True",
          reason: "KubeletReady",
          message: "kubelet is posting ready status",
        }
      : {
          type: "Ready",
          status: "False",
          reason: "KubeletNotReady",
          message: trouble.length === 1 ? trouble[0]! : `[${trouble.join(", ")}]`,
        },
  ];
}

type Words = readonly [reason: string, message: string];

function pressure(type: string, holds: boolean, [yes, no]: readonly [Words, Words]): Verdict {
  const [reason, message] = holds ? yes : no;
  return { type, status: holds ? "True" : "False", reason, message };
}
