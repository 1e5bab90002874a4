import { type Pod, pods } from "#apis/core/pod.ts";
import { rfc3339 } from "#base/clock.ts";
import type { Client } from "#client/client.ts";
import { podCondition } from "./pod-state.ts";

/** Notes on the pod why it is about to be deleted (KEP-3329), and possibly its last phase. */
export async function addDisruptionTarget(
  client: Client,
  pod: Pod,
  { reason, message, phase }: { reason: string; message: string; phase?: "Failed" },
  nowMs: number,
): Promise<void> {
  const current = podCondition(pod, "DisruptionTarget");
  if (current?.status === "True" && current.reason === reason && !phase) return;
  const { uid, generation } = pod.metadata;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason,
    message,
    lastTransitionTime: rfc3339(nowMs),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const status = { ...(phase ? { phase } : {}), conditions: [condition] };
  const patch = { metadata: { uid }, status };
  await client.patch(pods, pod.metadata, patch, { type: "strategic", subresource: "status" });
}
