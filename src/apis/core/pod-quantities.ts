import { addQuantity, compareQuantity } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Container } from "./container.ts";
import type { Pod } from "./pod.ts";

/**
 * What a pod asks for, as quantities that keep their exact value and unit: for quotas and limits.
 * `pod-requests.ts` has the same as plain numbers, for the scheduler.
 */

export type Quantities = Record<string, string>;
type Given = Readonly<Record<string, string>> | null | undefined;
type ContainerLike = DeepReadonly<Pick<Container, "name" | "resources" | "restartPolicy">>;
type PodLike = DeepReadonly<Pick<Pod, "spec" | "status">>;

/** The sum of each quantity in both lists. */
export function addQuantities(a: Given, b: Given): Quantities {
  const sum: Quantities = { ...a };
  for (const [name, more] of Object.entries(b ?? {})) {
    const own = sum[name];
    sum[name] = own === undefined ? more : addQuantity(own, more);
  }
  return sum;
}

/** The larger of each quantity in both lists. */
export function maxQuantities(a: Given, b: Given): Quantities {
  const most: Quantities = { ...a };
  for (const [name, other] of Object.entries(b ?? {})) {
    const own = most[name];
    if (own === undefined || compareQuantity(other, own) > 0) most[name] = other;
  }
  return most;
}

/** The pod's effective requests or limits: init containers, sidecars and overhead included. */
export function podQuantities(pod: PodLike, what: "requests" | "limits"): Quantities {
  const { spec } = pod;
  let total: Quantities = {};
  for (const container of spec.containers ?? []) {
    total = addQuantities(total, ofContainer(pod, container, what));
  }
  let sidecars: Quantities = {};
  let peak: Quantities = {};
  for (const container of spec.initContainers ?? []) {
    let here = ofContainer(pod, container, what);
    if (container.restartPolicy === "Always") {
      total = addQuantities(total, here);
      sidecars = addQuantities(sidecars, here);
      here = sidecars;
    } else {
      here = addQuantities(here, sidecars);
    }
    peak = maxQuantities(peak, here);
  }
  total = { ...maxQuantities(total, peak), ...spec.resources?.[what] };
  const overhead = Object.entries(spec.overhead ?? {}).filter(
    ([name]) => what === "requests" || total[name] !== undefined,
  );
  return addQuantities(total, Object.fromEntries(overhead));
}

/** During a resize a container counts with the larger of what it has and what it wants. */
function ofContainer(pod: PodLike, container: ContainerLike, what: "requests" | "limits"): Given {
  const wanted = container.resources?.[what];
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  const status = statuses.find(({ name }) => name === container.name);
  const has = status?.resources?.[what];
  return has && wanted ? maxQuantities(wanted, has) : wanted;
}
