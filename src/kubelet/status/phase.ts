/** The pod's phase, from its containers' statuses. */
import type { ContainerStatus } from "#apis/core/container-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import {
  initContainersOf,
  isStaticPod,
  type PodContainer,
  regularContainersOf,
} from "../pod/containers.ts";
import { restartsAfter } from "../pod-worker/restart-policy.ts";

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

export interface PhaseInput {
  readonly pod: Pod;
  readonly statuses: readonly ContainerStatus[];
  /** Nothing of the pod runs or will run again. */
  readonly isTerminal: boolean;
  /** A regular container has been started at some time. */
  readonly hasInitialized: boolean;
}

/** How far one container has come. */
type Progress = "missing" | "waiting" | "running" | "succeeded" | "failed";

function progressOf(status: ContainerStatus | undefined): Progress {
  if (!status) return "missing";
  if (status.state?.running) return "running";
  const ended = status.state?.terminated ?? (status.state?.waiting && status.lastState?.terminated);
  if (ended) return ended.exitCode === 0 ? "succeeded" : "failed";
  return status.state?.waiting ? "waiting" : "missing";
}

export function phaseOf(input: PhaseInput): Phase {
  const { pod, statuses, isTerminal, hasInitialized } = input;
  const status = ({ container }: PodContainer) =>
    statuses.find(({ name }) => name === container.name);
  const progress = (container: PodContainer) => progressOf(status(container));
  const init = initContainersOf(pod);
  const sidecars = init.filter(({ kind }) => kind === "sidecar");
  const plain = init.filter(({ kind }) => kind === "init");
  const regular = regularContainersOf(pod).map(progress);
  const failedForGood = plain.some((container) => {
    const exit = endedWith(status(container));
    return exit !== undefined && exit !== 0 && !restartsAfter(pod, container, exit);
  });
  if (failedForGood) return "Failed";
  const sidecarsPending = sidecars.some((container) => {
    const is = progress(container);
    return is === "running" ? !status(container)?.started : is === "waiting" || is === "missing";
  });
  const initPending =
    plain.some((container) => ["missing", "waiting", "running"].includes(progress(container))) ||
    (sidecarsPending && !hasInitialized);
  const all = [...regular, ...sidecars.map(progress)];
  if (initPending || all.includes("waiting")) return "Pending";
  if (all.includes("missing")) return "Pending";
  if (all.includes("running")) return "Running";
  if (regular.length === 0) return "Pending";
  const exits = regularContainersOf(pod).map((container) => endedWith(status(container)) ?? 0);
  return endedPhase(pod, exits, isTerminal);
}

/** All regular containers have ended, and no sidecar runs. Sidecars' exit codes do not count. */
function endedPhase(pod: Pod, exits: readonly number[], isTerminal: boolean): Phase {
  const succeeded = exits.every((code) => code === 0);
  if (isTerminal && !isStaticPod(pod)) return succeeded ? "Succeeded" : "Failed";
  const again = regularContainersOf(pod).some((container, index) =>
    restartsAfter(pod, container, exits[index]!),
  );
  if (again) return "Running";
  return succeeded ? "Succeeded" : "Failed";
}

function endedWith(status: ContainerStatus | undefined): number | undefined {
  return (status?.state?.terminated ?? status?.lastState?.terminated)?.exitCode;
}
