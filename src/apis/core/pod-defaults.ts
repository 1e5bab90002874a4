import { addQuantity, compareQuantity } from "#machinery/quantity.ts";
import type { Container } from "./container.ts";
import { applyDefaultsToPodSpec } from "./pod-spec-defaults.ts";
import type { Pod } from "./pod.ts";
import type { ResourceRequirements } from "./resources.ts";

type Resources = Record<string, string>;

/** What an absent field of a pod becomes; more than in a template. */
export function applyDefaultsToPod(pod: Pod): void {
  const { spec } = pod;
  const containers = (spec.containers as Container[] | null) ?? [];
  const all = [...containers, ...(spec.initContainers ?? [])];
  for (const { resources } of all) requestWhatIsLimited(resources);
  if (spec.resources) requestForWholePod(spec.resources, pod);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) all.forEach(openHostPorts);
  applyDefaultsToPodSpec(spec);
}

/** Who sets a limit and no request asks for as much as the limit. */
function requestWhatIsLimited(resources: ResourceRequirements): void {
  if (!resources.limits) return;
  resources.requests = { ...resources.limits, ...resources.requests };
}

/** In the host's network a container's port is the host's port. */
function openHostPorts({ ports }: Container): void {
  for (const port of ports ?? []) port.hostPort ??= port.containerPort;
}

/** Whether limits and requests of a whole pod (KEP-2837) may name the resource. */
function isPodLevel(resource: string): boolean {
  return resource === "cpu" || resource === "memory" || resource.startsWith("hugepages-");
}

/** Requests of a whole pod: what its containers ask for, else what the pod is limited to. */
function requestForWholePod(resources: ResourceRequirements, pod: Pod): void {
  if (!resources.limits) return;
  const found: Resources = {};
  for (const source of [resources.limits, sumOfRequests(pod)]) {
    for (const [name, quantity] of Object.entries(source)) {
      if (isPodLevel(name)) found[name] = quantity;
    }
  }
  const requests = { ...found, ...resources.requests };
  if (Object.keys(requests).length > 0) resources.requests = requests;
}

/**
 * What a pod's containers ask for together: all containers and sidecars at once, or the greediest
 * init container with the sidecars that were started before it.
 */
function sumOfRequests({ spec }: Pod): Resources {
  const total: Resources = {};
  for (const { resources } of (spec.containers as Container[] | null) ?? []) {
    add(total, resources.requests);
  }
  const sidecars: Resources = {};
  const peak: Resources = {};
  for (const { restartPolicy, resources } of spec.initContainers ?? []) {
    if (restartPolicy === "Always") {
      add(total, resources.requests);
      add(sidecars, resources.requests);
      raise(peak, sidecars);
    } else {
      const starting = { ...sidecars };
      add(starting, resources.requests);
      raise(peak, starting);
    }
  }
  raise(total, peak);
  return total;
}

function add(total: Resources, more: Resources | undefined): void {
  for (const [name, quantity] of Object.entries(more ?? {})) {
    total[name] = addQuantity(total[name] ?? "0", quantity);
  }
}

function raise(total: Resources, least: Resources): void {
  for (const [name, quantity] of Object.entries(least)) {
    const now = total[name];
    if (now === undefined || compareQuantity(now, quantity) < 0) total[name] = quantity;
  }
}
