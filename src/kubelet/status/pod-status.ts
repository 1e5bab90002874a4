/** The whole status of a pod, as the kubelet reports it. Pure. */
import { rfc3339 } from "#base/clock.ts";
import type { ContainerStatus } from "#apis/core/container-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { PodCondition, PodStatus } from "#apis/core/pod-status.ts";
import { computeQos } from "../pod/qos.ts";
import { podLimits, podRequests, quantitiesOf } from "../pod/resources.ts";
import { initContainersOf, isStaticPod, isTerminalPhase } from "../pod/containers.ts";
import { usableSandbox } from "../pod-worker/plan.ts";
import type { PodObservation } from "../observer/observation.ts";
import { conditionsOf, kubeletConditions, type Verdict } from "./conditions.ts";
import { containerStatuses, type StatusView } from "./container-status.ts";
import { phaseOf } from "./phase.ts";

/** Why the kubelet itself ended or refused the pod. */
export interface PodVerdict {
  readonly reason: string;
  readonly message: string;
  /** Why the pod was ended although it did nothing wrong; told by the condition DisruptionTarget. */
  readonly disruption?: string;
}

export interface PodStatusInput {
  readonly pod: Pod;
  readonly observed: PodObservation;
  /** The status last made here, else that of the API. */
  readonly old: PodStatus;
  readonly view: StatusView;
  readonly nowMs: number;
  readonly hostIps: readonly string[];
  readonly runtimeName: string;
  /** Nothing of the pod runs or will run again. */
  readonly isTerminal: boolean;
  /** Set when the kubelet ends the pod: evicted, past its deadline. */
  readonly verdict: PodVerdict | undefined;
  /** Conditions beyond the usual ones: resize states, DisruptionTarget. */
  readonly extra?: readonly [type: string, verdict: Verdict][];
}

export function podStatusOf(input: PodStatusInput): PodStatus {
  const { pod, observed, old, nowMs, hostIps, verdict } = input;
  const { init, regular, ephemeral } = containerStatuses(input);
  const statuses = [...init, ...regular];
  let phase: string = phaseOf({
    pod,
    statuses,
    isTerminal: input.isTerminal,
    hasInitialized: regular.some(hasStarted),
  });
  if (!isTerminalPhase(phase)) {
    if (isTerminalPhase(old.phase)) phase = old.phase!;
    else if (isTerminalPhase(pod.status?.phase)) phase = pod.status!.phase!;
  }
  const kept = phase === old.phase ? old : {};
  let { reason, message } = kept;
  if (verdict) {
    phase = "Failed";
    ({ reason, message } = verdict);
  }
  const others = (pod.status?.conditions ?? []).filter(
    ({ type }) => !kubeletConditions.has(type) && !(verdict?.disruption && type === disrupted),
  );
  const sandboxReady = usableSandbox(pod, observed) !== undefined;
  const found = conditionsOf({ pod, phase, statuses, sandboxReady, others });
  const ips = podIpsOf(input);
  const conditions = [
    ...others,
    ...[...disruptionOf(verdict), ...(input.extra ?? []), ...found].map(([type, it]) =>
      conditionOf(pod, old, type, it, nowMs),
    ),
  ];
  return {
    ...(pod.metadata.generation === undefined
      ? {}
      : { observedGeneration: pod.metadata.generation }),
    phase,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    conditions,
    ...(hostIps[0] === undefined ? {} : { hostIP: hostIps[0] }),
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: old.startTime ?? pod.status?.startTime ?? rfc3339(nowMs),
    qosClass: pod.status?.qosClass ?? computeQos(pod),
    ...(init.length > 0 ? { initContainerStatuses: init } : {}),
    containerStatuses: regular,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    ...podResources(pod),
  };
}

const disrupted = "DisruptionTarget";

function disruptionOf(verdict: PodVerdict | undefined): [type: string, verdict: Verdict][] {
  if (!verdict?.disruption) return [];
  const { disruption: reason, message } = verdict;
  return [[disrupted, { status: "True", reason, message }]];
}

function hasStarted(status: ContainerStatus): boolean {
  const { state, lastState } = status;
  return Boolean(state?.running ?? state?.terminated ?? lastState?.terminated);
}

function podIpsOf({ pod, observed, old, hostIps }: PodStatusInput): readonly string[] {
  if (pod.spec.hostNetwork) return hostIps;
  const ips = observed.sandboxes[0]?.ips ?? [];
  if (ips.length > 0) return ips;
  // A pod keeps the address it had when its sandbox is gone.
  return (old.podIPs ?? []).map(({ ip }) => ip);
}

/** Keeps the time of the last transition while the status stays the same. */
export function conditionOf(
  pod: Pod,
  old: PodStatus,
  type: string,
  verdict: Verdict,
  nowMs: number,
): PodCondition {
  const before =
    old.conditions?.find((condition) => condition.type === type) ??
    pod.status?.conditions?.find((condition) => condition.type === type);
  const lastTransitionTime =
    before?.status === verdict.status && before.lastTransitionTime
      ? before.lastTransitionTime
      : rfc3339(nowMs);
  const { generation } = pod.metadata;
  return {
    type,
    ...verdict,
    lastTransitionTime,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
}

/** The pod's resources as a whole, as far as anything is said about them. */
function podResources(pod: Pod): Partial<PodStatus> {
  const limits = quantitiesOf(podLimits(pod));
  const requests = quantitiesOf(podRequests(pod));
  const own = pod.spec.resources?.requests;
  if (!limits && !requests) return {};
  return {
    ...(own ? { allocatedResources: own } : {}),
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
  };
}

/** The refusal of a pod at its admission: nothing but phase, reason and message. */
export function rejectedStatus(pod: Pod, verdict: PodVerdict, nowMs: number): PodStatus {
  const { generation } = pod.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase: "Failed",
    reason: verdict.reason,
    message: `Pod was rejected: ${verdict.message}`,
    startTime: pod.status?.startTime ?? rfc3339(nowMs),
    qosClass: pod.status?.qosClass ?? computeQos(pod),
  };
}

const lostContainer = {
  terminated: {
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
    exitCode: 137,
  },
};

/**
 * The last status of a pod whose containers have all been stopped: containers without an end get
 * one, and the phase becomes final.
 */
export function finalStatus(pod: Pod, status: PodStatus, before: PodStatus): PodStatus {
  const initialized = hasInitialized(pod, before);
  const ended = (statuses: readonly ContainerStatus[]) =>
    statuses.map((it) => (it.state?.terminated ? it : { ...it, state: lostContainer }));
  const inits = status.initContainerStatuses ?? [];
  const lastStarted = inits.findLastIndex(
    ({ state, lastState }) => !state?.waiting || lastState?.terminated,
  );
  const phase = isStaticPod(pod) || isTerminalPhase(status.phase) ? status.phase : "Failed";
  return {
    ...status,
    ...(phase === undefined ? {} : { phase }),
    ...(inits.length > 0
      ? {
          initContainerStatuses: [
            ...ended(inits.slice(0, lastStarted + 1)),
            ...inits.slice(lastStarted + 1),
          ],
        }
      : {}),
    ...(initialized && status.containerStatuses
      ? { containerStatuses: ended(status.containerStatuses) }
      : {}),
  };
}

/** Whether the pod got through its init containers, as far as its status tells. */
function hasInitialized(pod: Pod, status: PodStatus): boolean {
  const inits = initContainersOf(pod);
  if (inits.length === 0) return true;
  if (
    (status.containerStatuses ?? []).some((it) => !it.state?.waiting || it.lastState?.terminated)
  ) {
    return true;
  }
  const last = status.initContainerStatuses?.at(-1);
  const spec = inits.at(-1);
  if (!last || !spec) return false;
  if (spec.kind === "sidecar") return last.state?.running !== undefined && last.started === true;
  return (last.state?.terminated ?? last.lastState?.terminated)?.exitCode === 0;
}
