import type { PodCondition } from "#apis/core/pod-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import { conditionOf } from "./conditions.ts";

/** What controllers ask about a pod. */

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return conditionOf(pod.status?.conditions, type);
}

export function isTerminating(pod: { metadata: { deletionTimestamp?: string | undefined } }) {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Succeeded or Failed: none of its containers will run again. */
export function isFinished(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}

/** Neither finished nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod);
}

export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** When the pod became ready, in milliseconds; undefined when it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return undefined;
  return ready.lastTransitionTime ? Date.parse(ready.lastTransitionTime) : 0;
}

/** Ready, and has been so for `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const sinceMs = readySinceMs(pod);
  if (sinceMs === undefined) return false;
  return minReadySeconds <= 0 || (sinceMs > 0 && sinceMs + minReadySeconds * 1_000 <= nowMs);
}

/** Milliseconds until the next of the pods becomes available; undefined when none will by itself. */
export function nextAvailableInMs(
  pods: readonly Pod[],
  minReadySeconds: number,
  nowMs: number,
): number | undefined {
  if (minReadySeconds <= 0) return undefined;
  let next: number | undefined;
  for (const pod of pods) {
    const sinceMs = readySinceMs(pod);
    if (sinceMs === undefined || isAvailable(pod, minReadySeconds, nowMs)) continue;
    const inMs = sinceMs + minReadySeconds * 1_000 - nowMs;
    if (next === undefined || inMs < next) next = inMs;
  }
  return next;
}

/** When the object was created, in milliseconds. */
export function createdMs(object: {
  metadata: { creationTimestamp?: string | undefined };
}): number {
  const { creationTimestamp } = object.metadata;
  return creationTimestamp ? Date.parse(creationTimestamp) : 0;
}
