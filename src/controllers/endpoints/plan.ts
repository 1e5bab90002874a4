/** The Endpoints object of a Service with a selector: the elder, flat form of EndpointSlices. Pure. */
import type { EndpointAddress, EndpointPort, EndpointSubset } from "#apis/core/endpoints.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Service } from "#apis/core/service.ts";
import {
  addressesOf,
  belongs,
  headlessLabel,
  hostnameOf,
  isHeadless,
  targetPort,
} from "../endpointslice/endpoints-of.ts";
import { isReady } from "../shared/pod-state.ts";

/** Addresses in one Endpoints object, as upstream. */
export const addressesMax = 1_000;
export const overCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";
export const managedByLabel = "endpoints.kubernetes.io/managed-by";
export const managedBy = "endpoint-controller";

/** The subsets: addresses that share their ports, sorted so that equal worlds give equal objects. */
export function planSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const family = service.spec.ipFamilies?.[0] ?? "IPv4";
  const unready = service.spec.publishNotReadyAddresses === true;
  const subsets = new Map<string, { ready: EndpointAddress[]; not: EndpointAddress[]; ports: EndpointPort[] }>(); // prettier-ignore
  for (const pod of pods) {
    const [ip] = addressesOf(pod, family);
    if (!belongs(pod, unready) || ip === undefined) continue;
    const ports = portsOf(service, pod);
    if (ports.length === 0 && !(isHeadless(service) && !service.spec.ports?.length)) continue;
    const key = JSON.stringify(ports);
    const subset = subsets.get(key) ?? { ready: [], not: [], ports };
    subsets.set(key, subset);
    const list = unready || isReady(pod) ? subset.ready : subset.not;
    list.push(addressOf(service, pod, ip));
  }
  let left = addressesMax;
  const take = (addresses: EndpointAddress[]) => {
    const taken = addresses.sort(byAddress).slice(0, left);
    left -= taken.length;
    return taken;
  };
  return [...subsets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { ready, not, ports }]) => {
    const addresses = take(ready);
    const notReadyAddresses = take(not);
    return {
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
      ...(ports.length > 0 ? { ports } : {}),
    };
  }); // prettier-ignore
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const number = targetPort(pod, port);
    if (number === undefined) continue;
    const { name, protocol = "TCP", appProtocol } = port;
    ports.push({
      ...(name ? { name } : {}),
      port: number,
      protocol,
      ...(appProtocol ? { appProtocol } : {}),
    });
  }
  return ports.sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
}

function addressOf(service: Service, pod: Pod, ip: string): EndpointAddress {
  const { namespace, name, uid } = pod.metadata;
  const { nodeName } = pod.spec;
  const hostname = hostnameOf(pod, service);
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
  };
}

function byAddress(a: EndpointAddress, b: EndpointAddress): number {
  if (a.ip === b.ip) return (a.targetRef?.uid ?? "") < (b.targetRef?.uid ?? "") ? -1 : 1;
  return a.ip < b.ip ? -1 : 1;
}

/** The labels of the Endpoints object. */
export function endpointsLabels(service: Service): Record<string, string> {
  return {
    ...service.metadata.labels,
    [managedByLabel]: managedBy,
    ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
  };
}
