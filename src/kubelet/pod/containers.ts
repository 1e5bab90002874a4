import type { Container } from "#apis/core/container.ts";
import type { Pod } from "#apis/core/pod.ts";

/** How a container takes part in its pod's life. A sidecar is an init container that restarts. */
export type ContainerKind = "init" | "sidecar" | "regular" | "ephemeral";

/** A container of any kind; `targetContainerName` is an ephemeral container's. */
export type AnyContainer = Container & { targetContainerName?: string };

/** A container with what its place in the pod's spec says about it. */
export interface PodContainer {
  readonly container: AnyContainer;
  readonly kind: ContainerKind;
}

/** `name_namespace(uid)`: how the kubelet's messages name a pod. */
export function describePod(pod: Pod): string {
  const { name, namespace, uid } = pod.metadata;
  return `${name}_${namespace}(${uid})`;
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/** Init containers and sidecars, in the order in which they start. */
export function initContainersOf(pod: Pod): PodContainer[] {
  return (pod.spec.initContainers ?? []).map((container) => ({
    container,
    kind: isSidecar(container) ? "sidecar" : "init",
  }));
}

export function regularContainersOf(pod: Pod): PodContainer[] {
  return pod.spec.containers.map((container) => ({ container, kind: "regular" }));
}

export function ephemeralContainersOf(pod: Pod): PodContainer[] {
  return (pod.spec.ephemeralContainers ?? []).map((container) => ({
    container: container as AnyContainer,
    kind: "ephemeral",
  }));
}

/** Every container of the pod: init, regular, ephemeral. */
export function allContainersOf(pod: Pod): PodContainer[] {
  return [...initContainersOf(pod), ...regularContainersOf(pod), ...ephemeralContainersOf(pod)];
}

export function containerNamed(pod: Pod, name: string): PodContainer | undefined {
  return allContainersOf(pod).find(({ container }) => container.name === name);
}

/** `spec.containers{web}`: how events point at a container. */
export function fieldPathOf({ container, kind }: PodContainer): string {
  const list =
    kind === "regular"
      ? "containers"
      : kind === "ephemeral"
        ? "ephemeralContainers"
        : "initContainers";
  return `spec.${list}{${container.name}}`;
}

const configSource = "kubernetes.io/config.source";
const configMirror = "kubernetes.io/config.mirror";

/** Whether the pod's desired state comes from this node (a file), not from the API. */
export function isStaticPod(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[configSource];
  return source !== undefined && source !== "api";
}

/** Whether the pod is only the API's picture of a static pod. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.[configMirror] !== undefined;
}

/** Whether the pod's work is over for good. */
export function isTerminalPhase(phase: string | undefined): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
