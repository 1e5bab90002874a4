/** The EndpointSlices that a Service with a selector shall have. Pure. */
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import { type Service, services } from "#apis/core/service.ts";
import type { Endpoint, EndpointPort, EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import { controllerReference } from "#machinery/meta.ts";
import { isReady, isTerminating } from "../shared/pod-state.ts";
import {
  addressesOf,
  belongs,
  headlessLabel,
  hostnameOf,
  isHeadless,
  targetPort,
} from "./endpoints-of.ts";
import {
  type EndpointGroup,
  planSlices,
  portsKey,
  type SliceIdentity,
  type SlicePlan,
} from "./slices.ts";

export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const serviceNameLabel = "kubernetes.io/service-name";
export const managedBy = "endpointslice-controller.k8s.io";
const zoneLabel = "topology.kubernetes.io/zone";

/** `pods` are those that the selector picks, `slices` those of ours that exist for the Service. */
export function planEndpointSlices(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
  slices: readonly EndpointSlice[],
): SlicePlan {
  const families = service.spec.ipFamilies ?? ["IPv4"];
  const groups = families.flatMap((family) => groupsOf(service, pods, nodeOf, family));
  return planSlices(sliceIdentity(service), groups, slices);
}

function sliceIdentity(service: Service): SliceIdentity {
  const { namespace = "", name, labels } = service.metadata;
  return {
    namespace,
    generateName: `${name}-`,
    labels: {
      ...labels,
      ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
      [serviceNameLabel]: name,
      [managedByLabel]: managedBy,
    },
    owner: controllerReference(service, services),
  };
}

/** The endpoints of one family by their ports; without any, one group without ports. */
function groupsOf(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
  family: string,
): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>();
  for (const pod of pods) {
    const addresses = addressesOf(pod, family);
    if (!belongs(pod, true) || addresses.length === 0) continue;
    const ports = portsOf(service, pod);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { addressType: family, ports, endpoints: [] };
    group.endpoints.push(endpointOf(service, pod, addresses, nodeOf));
    groups.set(key, group);
  }
  if (groups.size === 0) return [{ addressType: family, ports: [], endpoints: [] }];
  return [...groups.values()];
}

function portsOf(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec.ports ?? []) {
    const number = targetPort(pod, port);
    if (number === undefined) continue;
    const { name = "", protocol = "TCP", appProtocol } = port;
    ports.push({ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) });
  }
  return ports;
}

function endpointOf(
  service: Service,
  pod: Pod,
  addresses: string[],
  nodeOf: (name: string) => Node | undefined,
): Endpoint {
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { namespace, name, uid } = pod.metadata;
  const { nodeName } = pod.spec;
  const zone = nodeName ? nodeOf(nodeName)?.metadata.labels?.[zoneLabel] : undefined;
  const hostname = hostnameOf(pod, service);
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
  };
}
