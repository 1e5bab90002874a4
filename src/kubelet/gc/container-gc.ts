/** Takes away containers and sandboxes that nobody will look at again. */
import type { CriClient } from "../cri/cri.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import type { Observer } from "../observer/observer.ts";

/** Beside the newest instance this many ended ones stay, for `kubectl logs --previous`. */
const endedKept = 1;

/** Pure: the ended containers and sandboxes of a pod that are not needed any more. */
export function planContainerGc(observed: PodObservation): {
  containers: ContainerObservation[];
  sandboxes: string[];
} {
  const seen = new Map<string, number>();
  const containers = observed.containers.filter(({ name, state }) => {
    const newer = seen.get(name) ?? 0;
    seen.set(name, newer + 1);
    return state === "exited" && newer > endedKept;
  });
  const going = new Set(containers);
  const used = new Set(
    observed.containers.filter((it) => !going.has(it)).map(({ sandboxId }) => sandboxId),
  );
  const sandboxes = observed.sandboxes
    .slice(1)
    .filter(({ ready, id }) => !ready && !used.has(id))
    .map(({ id }) => id);
  return { containers, sandboxes };
}

/** Removes what the plan names, of all pods. */
export async function collectContainers(
  cri: CriClient,
  observer: Observer,
  onRemoved: (container: ContainerObservation) => Promise<void>,
): Promise<void> {
  for (const observed of observer.all()) {
    const { containers, sandboxes } = planContainerGc(observed);
    if (containers.length + sandboxes.length === 0) continue;
    for (const container of containers) {
      await cri.removeContainer(container.id);
      await onRemoved(container);
    }
    for (const id of sandboxes) await cri.removePodSandbox(id);
    await observer.refresh(observed.uid);
  }
}
