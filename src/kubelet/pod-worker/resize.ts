/**
 * In-place resize (KEP-1287): a new size in the spec is first granted by the node (allocated), then
 * given to the running containers (actuated). Conditions and events tell how far it is.
 */
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import type { PodObservation } from "../observer/observation.ts";
import { initContainersOf, isSidecar, regularContainersOf } from "../pod/containers.ts";
import { linuxResources } from "../runtime/container-resources.ts";
import { same } from "../status/status-patch.ts";
import type { Verdict } from "../status/conditions.ts";
import type { ContainerResize, ResizeView } from "./plan-resize.ts";
import type { NodeContext, PodMemory } from "./pod-context.ts";

/** Why a wished size is not granted. */
export interface ResizeRefusal {
  readonly reason: "Deferred" | "Infeasible";
  readonly message: string;
}

/** What a pod has been granted, and how far a resize is. */
export interface Allocation {
  /** By container name. */
  granted: Map<string, ResourceRequirements>;
  pending: (ResizeRefusal & { generation: number }) | undefined;
  /** The generation that is being given to the containers. */
  inProgress: number | undefined;
}

export function newAllocation(pod: Pod): Allocation {
  return { granted: wishesOf(pod), pending: undefined, inProgress: undefined };
}

function wishesOf(pod: Pod): Map<string, ResourceRequirements> {
  const containers = [...initContainersOf(pod), ...regularContainersOf(pod)];
  return new Map(containers.map(({ container }) => [container.name, container.resources ?? {}]));
}

/**
 * Grants what the spec wishes for, if it differs from what was granted and `refuse` has nothing
 * against it. Tells the user of each new step.
 */
export function grantResize(
  node: NodeContext,
  pod: Pod,
  allocation: Allocation,
  refuse: (pod: Pod) => ResizeRefusal | undefined,
): void {
  const wishes = wishesOf(pod);
  const generation = pod.metadata.generation ?? 0;
  const changed = Array.from(wishes).some(
    ([name, resources]) =>
      !same(withoutEmpty(resources), withoutEmpty(allocation.granted.get(name))),
  );
  if (!changed) {
    allocation.pending = undefined;
    return;
  }
  const refusal = refuse(pod);
  if (refusal) {
    const { reason, message } = refusal;
    if (allocation.pending?.reason !== reason || allocation.pending.message !== message) {
      const text = resizeMessage(`Pod resize ${reason}`, pod, generation, message);
      node.recorder.warning(pod, `Resize${reason}`, text);
    }
    allocation.pending = { reason, message, generation };
    return;
  }
  allocation.pending = undefined;
  allocation.granted = wishes;
  allocation.inProgress = generation;
  const text = resizeMessage("Pod resize started", pod, generation);
  node.recorder.normal(pod, "ResizeStarted", text);
}

function withoutEmpty(resources: ResourceRequirements | undefined) {
  return { limits: resources?.limits ?? {}, requests: resources?.requests ?? {} };
}

/** What the plan asks about sizes. */
export function resizeView(
  observed: PodObservation,
  memory: PodMemory,
  allocation: Allocation,
): ResizeView {
  return {
    allocated: (name) => allocation.granted.get(name),
    actuated: (id) =>
      memory.actuated.get(id) ?? observed.containers.find((it) => it.id === id)?.given,
  };
}

/** Gives running containers their new limits. */
export async function applyResizes(
  node: NodeContext,
  pod: Pod,
  memory: PodMemory,
  resizes: readonly ContainerResize[],
): Promise<void> {
  const sized = withGranted(pod, resizes);
  // A pod that grows must have room before its containers do; one that shrinks cannot be smaller
  // than they are. Setting it twice serves both: what is refused now succeeds after.
  await node.cgroups.update(sized);
  const settings = {
    machineMemoryBytes: node.facts.memoryBytes,
    cgroupVersion: node.facts.cgroupVersion,
  };
  for (const { container, id, resources } of resizes) {
    const linux = linuxResources(pod, container, resources, settings);
    // -1 lifts a limit that the container has had; 0 would leave it.
    if (linux.cpuQuota === 0) linux.cpuQuota = -1;
    await node.cri.updateContainerResources(id, linux);
    memory.actuated.set(id, resources);
  }
  await node.cgroups.update(sized);
}

function withGranted(pod: Pod, resizes: readonly ContainerResize[]): Pod {
  const containers = pod.spec.containers.map((container) => {
    const resize = resizes.find((it) => it.container.container.name === container.name);
    return resize ? { ...container, resources: resize.resources } : container;
  });
  return { ...pod, spec: { ...pod.spec, containers } };
}

/** Notes that all containers have what was granted. */
export function completeResize(node: NodeContext, pod: Pod, allocation: Allocation): void {
  const generation = allocation.inProgress;
  if (generation === undefined) return;
  allocation.inProgress = undefined;
  const text = resizeMessage("Pod resize completed", pod, generation);
  node.recorder.normal(pod, "ResizeCompleted", text);
}

/** Conditions while a resize is under way. */
export function resizeConditions(allocation: Allocation): [type: string, verdict: Verdict][] {
  const { pending, inProgress } = allocation;
  const conditions: [string, Verdict][] = [];
  if (pending) {
    const { reason, message } = pending;
    conditions.push(["PodResizePending", { status: "True", reason, message }]);
  }
  if (inProgress !== undefined) conditions.push(["PodResizeInProgress", { status: "True" }]);
  return conditions;
}

function resizeMessage(what: string, pod: Pod, generation: number, error?: string): string {
  const summary = (containers: readonly { name: string; resources?: ResourceRequirements }[]) =>
    containers.map(({ name, resources = {} }) => ({
      name,
      resources: {
        ...(resources.limits ? { limits: sorted(resources.limits) } : {}),
        ...(resources.requests ? { requests: sorted(resources.requests) } : {}),
      },
    }));
  const init = (pod.spec.initContainers ?? []).filter(isSidecar);
  return `${what}: ${JSON.stringify({
    ...(init.length > 0 ? { initContainers: summary(init) } : {}),
    containers: summary(pod.spec.containers),
    generation,
    ...(error ? { error } : {}),
  })}`;
}

function sorted(list: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(list).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
