/** The API's container statuses, made from what the runtime has and what the worker remembers. */
import { rfc3339 } from "#base/clock.ts";
import type { ContainerState, ContainerStatus } from "#apis/core/container-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import {
  ephemeralContainersOf,
  initContainersOf,
  type PodContainer,
  regularContainersOf,
} from "../pod/containers.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import { shallStart } from "../pod-worker/restart-policy.ts";

/** Why a container that shall run does not. */
export interface WaitingReason {
  readonly reason: string;
  readonly message: string;
}

export interface StatusView {
  /** Why the last start of the container failed or is put off. */
  failure(name: string): WaitingReason | undefined;
  started(containerId: string): boolean;
  /** Whether the readiness probe (if any) of a started container has succeeded. */
  ready(containerId: string): boolean;
  /** The resources that the container runs with. */
  actuated(containerId: string): ResourceRequirements | undefined;
  allocated(name: string): ResourceRequirements | undefined;
}

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly observed: PodObservation;
  /** The last status made; what the runtime has forgotten is taken from it. */
  readonly old: PodStatus;
  readonly view: StatusView;
  /** The runtime's name, as in `containerd://…`. */
  readonly runtimeName: string;
}

const exitCodeUnknown = 137;
const creating = "ContainerCreating";
const initializing = "PodInitializing";

export interface ContainerStatuses {
  readonly init: ContainerStatus[];
  readonly regular: ContainerStatus[];
  readonly ephemeral: ContainerStatus[];
}

export function containerStatuses(input: ContainerStatusInput): ContainerStatuses {
  const { pod, old } = input;
  const init = initContainersOf(pod);
  const defaultReason = init.length > 0 ? initializing : creating;
  const make = (
    containers: readonly PodContainer[],
    olds: readonly ContainerStatus[] | undefined,
    waiting: string,
  ) =>
    containers.map((container) => {
      const before = olds?.find(({ name }) => name === container.container.name);
      return statusOf(input, container, before, waiting);
    });
  const byName = (a: ContainerStatus, b: ContainerStatus) => (a.name < b.name ? -1 : 1);
  return {
    init: make(init, old.initContainerStatuses, initializing),
    regular: make(regularContainersOf(pod), old.containerStatuses, defaultReason).toSorted(byName),
    ephemeral: make(ephemeralContainersOf(pod), old.ephemeralContainerStatuses, creating).toSorted(
      byName,
    ),
  };
}

function statusOf(
  input: ContainerStatusInput,
  container: PodContainer,
  old: ContainerStatus | undefined,
  waiting: string,
): ContainerStatus {
  const { name } = container.container;
  const instances = input.observed.containers.filter((instance) => instance.name === name);
  const [latest, previous] = instances;
  if (!latest) return withoutInstance(input, container, old, waiting);
  const status: ContainerStatus = {
    name,
    state: stateOf(latest, input.runtimeName),
    lastState: previous ? stateOf(previous, input.runtimeName) : (lastStateOf(old) ?? {}),
    ready: false,
    restartCount: latest.restartCount,
    image: latest.image || (container.container.image ?? ""),
    imageID: latest.imageId,
    containerID: `${input.runtimeName}://${latest.id}`,
    ...detailsOf(input, container, latest),
  };
  const finishedInit =
    container.kind === "init" && latest.state === "exited" && latest.exitCode === 0;
  if (!finishedInit) markWaiting(input, container, latest, status);
  return withHealth(input, container, latest, status);
}

function lastStateOf(old: ContainerStatus | undefined): ContainerState | undefined {
  return old?.lastState?.terminated ? old.lastState : undefined;
}

/** A container that the runtime does not have: not made yet, or lost. */
function withoutInstance(
  input: ContainerStatusInput,
  container: PodContainer,
  old: ContainerStatus | undefined,
  waiting: string,
): ContainerStatus {
  const { name, image = "" } = container.container;
  if (old && container.kind === "init" && old.state?.terminated) return old;
  const status: ContainerStatus = {
    name,
    state: { waiting: { reason: waiting } },
    lastState: lastStateOf(old) ?? {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image,
    imageID: "",
    ...(container.kind === "ephemeral" ? {} : { started: false }),
  };
  if (old?.state?.running && !lastStateOf(old)) {
    status.lastState = {
      terminated: {
        reason: "ContainerStatusUnknown",
        message:
          "The container could not be located when the pod was deleted.  The container used to be Running",
        exitCode: exitCodeUnknown,
      },
    };
    if (input.pod.metadata.deletionTimestamp === undefined) status.restartCount += 1;
  }
  markWaiting(input, container, undefined, status);
  return status;
}

function stateOf(instance: ContainerObservation, runtimeName: string): ContainerState {
  switch (instance.state) {
    case "running":
      return { running: { startedAt: rfc3339(instance.startedAtMs) } };
    case "exited":
      return {
        terminated: {
          exitCode: instance.exitCode,
          reason: instance.reason,
          ...(instance.message === "" ? {} : { message: instance.message }),
          ...(instance.startedAtMs > 0 ? { startedAt: rfc3339(instance.startedAtMs) } : {}),
          ...(instance.finishedAtMs > 0 ? { finishedAt: rfc3339(instance.finishedAtMs) } : {}),
          containerID: `${runtimeName}://${instance.id}`,
        },
      };
    case "created":
    case "unknown":
      return { waiting: {} };
  }
}

/** A container that shall run and has a known reason not to is shown as waiting for it. */
function markWaiting(
  { pod, view }: ContainerStatusInput,
  container: PodContainer,
  latest: ContainerObservation | undefined,
  status: ContainerStatus,
): void {
  if (!shallStart(pod, container, latest)) return;
  const failure = view.failure(container.container.name);
  if (!failure) return;
  if (status.state?.terminated) status.lastState = status.state;
  const { reason, message } = failure;
  status.state = { waiting: { reason, ...(message === "" ? {} : { message }) } };
}

function withHealth(
  { view }: ContainerStatusInput,
  { kind }: PodContainer,
  { id, state, exitCode }: ContainerObservation,
  status: ContainerStatus,
): ContainerStatus {
  if (kind === "ephemeral") return status;
  const running = state === "running";
  status.started = running && view.started(id);
  status.ready =
    kind === "init" ? state === "exited" && exitCode === 0 : status.started && view.ready(id);
  return status;
}

function detailsOf(
  { view }: ContainerStatusInput,
  { container }: PodContainer,
  latest: ContainerObservation,
): Partial<ContainerStatus> {
  const details: Partial<ContainerStatus> = {};
  const allocated = view.allocated(container.name) ?? container.resources;
  if (allocated?.requests) details.allocatedResources = allocated.requests;
  const running = latest.state === "running" ? view.actuated(latest.id) : undefined;
  const resources = running ?? allocated;
  if (resources) {
    const { limits, requests } = resources;
    details.resources = { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) };
  }
  if (container.volumeMounts?.length) {
    details.volumeMounts = container.volumeMounts.map((mount) => ({
      name: mount.name,
      mountPath: mount.mountPath,
      ...(mount.readOnly ? { readOnly: true, recursiveReadOnly: "Disabled" } : {}),
    }));
  }
  if (latest.user) {
    const { uid, gid, supplementalGroups } = latest.user;
    details.user = { linux: { uid, gid, supplementalGroups: [...supplementalGroups] } };
  }
  return details;
}
