import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import { initContainersOf, type PodContainer, regularContainersOf } from "../pod/containers.ts";
import { latestOf, type PodObservation } from "../observer/observation.ts";

/** The resources that running containers have been given, as far as they differ from the spec. */
export interface ResizeView {
  /** What the container with this id runs with; undefined is what the spec says. */
  actuated(containerId: string): ResourceRequirements | undefined;
  /** What the node has granted the container: the spec's, unless a resize is not granted (yet). */
  allocated(name: string): ResourceRequirements | undefined;
}

/** A running container whose limits shall change (KEP-1287). */
export interface ContainerResize {
  readonly container: PodContainer;
  readonly id: string;
  readonly resources: ResourceRequirements;
  /** The container's resizePolicy wants it restarted for this. */
  readonly restart: boolean;
}

const resizable = ["cpu", "memory"] as const;

/** The resizes that the pod's running containers need. */
export function planResize(
  pod: Pod,
  observed: PodObservation,
  view: ResizeView,
): ContainerResize[] {
  const containers = [...initContainersOf(pod), ...regularContainersOf(pod)];
  return containers.flatMap((container): ContainerResize[] => {
    const { container: spec, kind } = container;
    if (kind === "init") return [];
    const instance = latestOf(observed, spec.name);
    if (instance?.state !== "running") return [];
    const wanted = view.allocated(spec.name) ?? spec.resources ?? {};
    const has = view.actuated(instance.id);
    if (!has) return [];
    const changed = resizable.filter((name) => differs(has, wanted, name));
    if (changed.length === 0) return [];
    const restart = changed.some((name) =>
      (spec.resizePolicy ?? []).some(
        (policy) => policy.resourceName === name && policy.restartPolicy === "RestartContainer",
      ),
    );
    return [{ container, id: instance.id, resources: wanted, restart }];
  });
}

function differs(a: ResourceRequirements, b: ResourceRequirements, name: string): boolean {
  return !same(a.limits?.[name], b.limits?.[name]) || !same(a.requests?.[name], b.requests?.[name]);
}

function same(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return compareQuantity(a, b) === 0;
}
