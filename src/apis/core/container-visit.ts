import { type Path, path } from "#machinery/field-error.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Container } from "./container.ts";
import type { EphemeralContainer } from "./ephemeral-container.ts";
import type { PodSpec } from "./pod-spec.ts";

/** A container of any sort. */
export type AnyContainer = DeepReadonly<Container | EphemeralContainer>;

/** Calls `visit` for each init, regular and ephemeral container, in this order. */
export function eachContainer(
  spec: DeepReadonly<PodSpec>,
  at: Path,
  visit: (container: AnyContainer, at: Path) => void,
): void {
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    visit(container, at.child("initContainers").index(i));
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    visit(container, at.child("containers").index(i));
  }
  for (const [i, container] of (spec.ephemeralContainers ?? []).entries()) {
    visit(container, at.child("ephemeralContainers").index(i));
  }
}

/** All containers, without their places. */
export function allContainers(spec: DeepReadonly<PodSpec>): AnyContainer[] {
  const found: AnyContainer[] = [];
  eachContainer(spec, path(), (container) => found.push(container));
  return found;
}
