import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";

/**
 * What the container runtime has of one pod, in the kubelet's own words: the input of the pod
 * worker's plan and of the pod's status. Newest first everywhere.
 */
export interface PodObservation {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly sandboxes: readonly SandboxObservation[];
  readonly containers: readonly ContainerObservation[];
}

export interface SandboxObservation {
  readonly id: string;
  readonly ready: boolean;
  /** Counts the sandboxes of a pod from 0. */
  readonly attempt: number;
  readonly createdAtMs: number;
  /** The pod's addresses; empty while there are none and in the host's network. */
  readonly ips: readonly string[];
}

export type ContainerRunState = "created" | "running" | "exited" | "unknown";

/** One container that the runtime knows, running or not. */
export interface ContainerObservation {
  readonly id: string;
  readonly name: string;
  readonly sandboxId: string;
  readonly state: ContainerRunState;
  /** How often the container had been restarted when this instance was made. */
  readonly restartCount: number;
  readonly createdAtMs: number;
  /** 0 when it never started. */
  readonly startedAtMs: number;
  /** 0 while it has not ended. */
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly reason: string;
  /** The termination message, else what the runtime says. */
  readonly message: string;
  readonly image: string;
  readonly imageId: string;
  /** Of the container's spec when the instance was made; a difference makes a new instance. */
  readonly hash: string;
  readonly user?: {
    readonly uid: number;
    readonly gid: number;
    readonly supplementalGroups: readonly number[];
  };
  /** The resources that it was made with. */
  readonly given?: ResourceRequirements;
  readonly logPath: string;
}

/** The observation of a pod of which the runtime has nothing. */
export function nothingObserved(pod: Pick<Pod, "metadata">): PodObservation {
  const { uid = "", namespace = "", name } = pod.metadata;
  return { uid, namespace, name, sandboxes: [], containers: [] };
}

/** The latest instance of a container. */
export function latestOf(observed: PodObservation, name: string): ContainerObservation | undefined {
  return observed.containers.find((container) => container.name === name);
}

/** Whether anything of the pod runs, or may run. */
export function anythingRunning(observed: PodObservation): boolean {
  return (
    observed.containers.some(({ state }) => state === "running" || state === "unknown") ||
    observed.sandboxes.some(({ ready }) => ready)
  );
}
