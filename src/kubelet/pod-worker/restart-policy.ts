import type { Pod } from "#apis/core/pod.ts";
import type { PodContainer } from "../pod/containers.ts";
import type { ContainerObservation } from "../observer/observation.ts";

/**
 * Whether a container shall run again after it ended with `exitCode`: its own rules and policy
 * first, then the pod's. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 */
export function restartsAfter(
  pod: Pod,
  { container, kind }: PodContainer,
  exitCode: number,
): boolean {
  if (kind === "ephemeral") return false;
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    if (!exitCodes) continue;
    const listed = (exitCodes.values ?? []).includes(exitCode);
    if (listed === (exitCodes.operator === "In")) return action === "Restart";
  }
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? "Always";
  if (kind === "init") {
    // "Always" of the pod means for an init container: until it succeeds.
    return exitCode !== 0 && policy !== "Never";
  }
  return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
}

/** Whether the container is to be started (again), seen from its latest instance. */
export function shallStart(
  pod: Pod,
  container: PodContainer,
  latest: ContainerObservation | undefined,
): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (!latest) return true;
  if (latest.state === "running") return false;
  if (latest.state !== "exited") return container.kind !== "ephemeral";
  return restartsAfter(pod, container, latest.exitCode);
}

/** Whether any failure of the pod's containers would be answered by a restart. */
export function restartsOnFailure(pod: Pod): boolean {
  return (pod.spec.restartPolicy ?? "Always") !== "Never";
}
