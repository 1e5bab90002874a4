import { allContainers } from "#apis/core/pod-references.ts";
import type { Container } from "#apis/core/container.ts";
import type { PodSpec } from "#apis/core/pod-spec.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";

/** A pod, or the pod template of a workload. */
export interface Subject {
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: DeepReadonly<PodSpec>;
}

/** What a pod does that it must not. */
export interface Violation {
  /** Short, such as `hostPort`. */
  readonly reason: string;
  /** Which containers, which values. */
  readonly detail: string;
}

/** One requirement of the Pod Security Standards, in its versions from old to new. */
export interface Check {
  readonly id: string;
  readonly versions: readonly CheckVersion[];
}

export interface CheckVersion {
  /** The first minor version of Kubernetes in which it holds. */
  readonly since: number;
  /** Baseline checks that need not be made beside this one. */
  readonly replaces?: readonly string[];
  check(subject: Subject): Violation | undefined;
}

export type ContainerLike = DeepReadonly<Container>;

/** Init, regular and ephemeral containers. */
export function containersOf({ spec }: Subject): readonly ContainerLike[] {
  return allContainers(spec);
}

/** The names of the containers of which `bad` is true. */
export function namesWhere(subject: Subject, bad: (one: ContainerLike) => boolean): string[] {
  return containersOf(subject).flatMap((one) => (bad(one) ? [one.name] : []));
}

export function quoted(texts: Iterable<string>): string {
  return [...texts].map((text) => JSON.stringify(text)).join(", ");
}

export function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].toSorted();
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return count === 1 ? one : many;
}

/** `container "a"`, `containers "a", "b"`. */
export function containersNamed(names: readonly string[]): string {
  return `${plural(names.length, "container")} ${quoted(names)}`;
}

/** `pod and container "a"`: who set something. */
export function setters(pod: boolean, containers: readonly string[]): string {
  const parts = [
    ...(pod ? ["pod"] : []),
    ...(containers.length > 0 ? [containersNamed(containers)] : []),
  ];
  return parts.join(" and ");
}

/** Pods in a user namespace of their own are root in there only (KEP-127). */
export function hasUserNamespace({ spec }: Subject): boolean {
  return spec.hostUsers === false;
}

export function isWindows({ spec }: Subject): boolean {
  return spec.os?.name === "windows";
}
