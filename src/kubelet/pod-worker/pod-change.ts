import type { Pod } from "#apis/core/pod.ts";
import { isTerminalPhase } from "../pod/containers.ts";
import { kubeletConditions } from "../status/conditions.ts";
import { same } from "../status/status-patch.ts";

/** Whether a new version of a pod's object asks for more than a look at its status. */
export function isWorthARound(old: Pod, pod: Pod): boolean {
  const strip = ({ metadata }: Pod) => {
    const { resourceVersion: _, managedFields: __, ...rest } = metadata;
    return rest;
  };
  const others = ({ status }: Pod) =>
    (status?.conditions ?? []).filter(({ type }) => !kubeletConditions.has(type));
  return (
    !same(strip(old), strip(pod)) ||
    !same(old.spec, pod.spec) ||
    !same(others(old), others(pod)) ||
    isTerminalPhase(pod.status?.phase) !== isTerminalPhase(old.status?.phase)
  );
}
