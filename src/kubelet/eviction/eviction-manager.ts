/**
 * Keeps the node from running dry: looks at signals (memory, disk, inodes, pids), reports pressure, frees
 * what can be freed, and else ends pods, the least deserving first.
 */
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { Pod } from "#apis/core/pod.ts";

/** How a pod that is evicted ends: what its status says. */
export interface Eviction {
  readonly pod: Pod;
  /** Status of the pod: phase Failed, with these. */
  readonly reason: "Evicted";
  readonly message: string;
  /** Annotations of the event that tells it. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Overrides the pod's own grace period. */
  readonly gracePeriodSeconds: number;
}

export interface EvictionManagerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Pods that are not over. */
  readonly pods: () => readonly Pod[];
  /** Ends the pod; resolves when its containers have stopped. */
  readonly evict: (eviction: Eviction) => Promise<void>;
}

export interface EvictionManager {
  /** What the node's conditions and the admission of pods go by. */
  pressure(): { memoryPressure: boolean; diskPressure: boolean; pidPressure: boolean };
  run(): Promise<void>;
}
