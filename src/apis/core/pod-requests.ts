import { milliValue, wholeValue } from "#machinery/quantity.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Container } from "./container.ts";
import type { Pod } from "./pod.ts";

/**
 * What a pod asks of its node, by resource: cpu in thousandths, everything else in whole units.
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
 */
export type Amounts = Map<string, number>;

type Quantities = DeepReadonly<Record<string, string>> | undefined;
type ContainerLike = DeepReadonly<Pick<Container, "name" | "resources" | "restartPolicy">>;

/** A quantity as a number: cpu in thousandths, everything else in whole units. */
export function amountOf(resource: string, quantity: string): number {
  return resource === "cpu" ? milliValue(quantity) : wholeValue(quantity);
}

/** A resource list as amounts. */
export function amountsOf(quantities: Quantities): Amounts {
  return new Map(
    Object.entries(quantities ?? {}).map(([name, quantity]) => [name, amountOf(name, quantity)]),
  );
}

export interface RequestOptions {
  /** Requests, or limits. Default "requests". */
  what?: "requests" | "limits";
  /** Taken for a container that does not say, such as upstream's 100m and 200Mi for scoring. */
  defaults?: Amounts;
  /** While a resize is under way: the larger of what is wanted and what the node has given. */
  useStatus?: boolean;
}

/** The pod's effective requests (or limits): containers, init containers, sidecars and overhead. */
export function podAmounts(
  pod: DeepReadonly<Pick<Pod, "spec" | "status">>,
  options: RequestOptions = {},
): Amounts {
  const { spec } = pod;
  const what = options.what ?? "requests";
  const of = (container: ContainerLike): Amounts => containerAmounts(pod, container, what, options);
  const total: Amounts = new Map();
  for (const container of spec.containers ?? []) add(total, of(container));

  // Sidecars run beside everything that starts after them.
  const sidecars: Amounts = new Map();
  const initPeak: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const amounts = of(container);
    if (container.restartPolicy === "Always") {
      add(total, amounts);
      add(sidecars, amounts);
      raise(initPeak, sidecars);
    } else {
      add(amounts, sidecars);
      raise(initPeak, amounts);
    }
  }
  raise(total, initPeak);
  for (const [name, amount] of amountsOf(spec.resources?.[what])) total.set(name, amount);
  const overhead = amountsOf(spec.overhead);
  if (what === "requests") add(total, overhead);
  else
    for (const [name, amount] of overhead)
      if (total.has(name)) add(total, new Map([[name, amount]]));
  return total;
}

function containerAmounts(
  pod: DeepReadonly<Pick<Pod, "spec" | "status">>,
  container: ContainerLike,
  what: "requests" | "limits",
  { defaults, useStatus }: RequestOptions,
): Amounts {
  const amounts = amountsOf(container.resources?.[what]);
  for (const [name, amount] of defaults ?? []) if (!amounts.has(name)) amounts.set(name, amount);
  if (!useStatus || what === "limits") return amounts;
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ];
  const status = statuses.find(({ name }) => name === container.name);
  raise(amounts, amountsOf(status?.resources?.requests));
  raise(amounts, amountsOf(status?.allocatedResources));
  return amounts;
}

function add(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0) + amount);
}

function raise(to: Amounts, floor: Amounts): void {
  for (const [name, amount] of floor) to.set(name, Math.max(to.get(name) ?? 0, amount));
}
