import type { Pod } from "#apis/core/pod.ts";
import type { PodObservation } from "../observer/observation.ts";
import { MountError } from "../volumes/volume-manager.ts";
import { downwardFacts, type NodeContext, type PodMemory } from "./pod-context.ts";

/** Makes or refreshes the pod's volumes; tells the user of each that could not be made. Throws. */
export async function mountVolumes(
  node: NodeContext,
  pod: Pod,
  memory: PodMemory,
  observed: PodObservation,
  signal: AbortSignal,
): Promise<void> {
  const podIps = observed.sandboxes[0]?.ips ?? [];
  try {
    await node.volumes.mount(pod, downwardFacts(node, pod, memory, podIps), signal);
  } catch (error) {
    if (error instanceof AggregateError && !signal.aborted) {
      for (const one of error.errors) {
        if (one instanceof MountError) node.recorder.warning(pod, "FailedMount", one.message);
      }
    }
    throw error;
  }
}
