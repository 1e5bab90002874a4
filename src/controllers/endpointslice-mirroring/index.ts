/**
 * Mirrors Endpoints that users write for Services without a selector into EndpointSlices, which is
 * what proxies read.
 * Reads Endpoints, Service. Writes EndpointSlice.
 */
import {
  type EndpointAddress,
  type Endpoints,
  endpoints,
  type EndpointSubset,
} from "#apis/core/endpoints.ts";
import { services } from "#apis/core/service.ts";
import {
  type Endpoint,
  type EndpointSlice,
  endpointSlices,
} from "#apis/discovery/endpoint-slice.ts";
import { controllerReference, keyOf, toKey } from "#machinery/meta.ts";
import { defineController, done, watching, isNamespaceTerminating } from "#client/reconciler.ts";
import { applySlices } from "../endpointslice/index.ts";
import { managedByLabel, serviceNameLabel } from "../endpointslice/plan.ts";
import { type EndpointGroup, planSlices, type SliceIdentity } from "../endpointslice/slices.ts";
import { managedByLabel as endpointsManagedBy } from "../endpoints/plan.ts";

const managedBy = "endpointslicemirroring-controller.k8s.io";
const skipLabel = "endpointslice.kubernetes.io/skip-mirror";
const leaderAnnotation = "control-plane.alpha.kubernetes.io/leader";
/** Addresses that are mirrored of each subset, as upstream. */
const addressesPerSubsetMax = 1_000;

export const endpointSliceMirroringController = defineController<Endpoints>({
  name: "endpointslice-mirroring-controller",
  component: "endpoint-slice-mirroring-controller",
  account: "endpointslicemirroring-controller",
  for: endpoints,
  watches: [
    watching(services, (service) => [keyOf(service)]),
    watching(endpointSlices, ({ metadata: { namespace, labels } }) => {
      const name = labels?.[serviceNameLabel];
      return labels?.[managedByLabel] === managedBy && name ? [toKey(namespace, name)] : [];
    }),
  ],
  async reconcile(key, { caches, client }) {
    const object = caches.get(endpoints, key);
    const service = caches.get(services, key);
    if (!object) return done;
    const { namespace, name } = object.metadata;
    const mirrored = service !== undefined && !service.spec.selector && shallMirror(object);
    const existing = caches
      .of(endpointSlices)
      .list(namespace)
      .filter((slice) => isMirrorOf(slice, name));
    const groups = mirrored ? (object.subsets ?? []).flatMap(groupsOf) : [];
    try {
      await applySlices(client, planSlices(identityFor(object), groups, existing));
    } catch (error) {
      if (!isNamespaceTerminating(error)) throw error;
    }
    return done;
  },
});

function shallMirror({ metadata: { labels, annotations, deletionTimestamp } }: Endpoints) {
  if (deletionTimestamp !== undefined || labels?.[endpointsManagedBy]) return false;
  return labels?.[skipLabel] !== "true" && !annotations?.[leaderAnnotation];
}

function isMirrorOf({ metadata: { labels, deletionTimestamp } }: EndpointSlice, name: string) {
  const ours = labels?.[managedByLabel] === managedBy && labels[serviceNameLabel] === name;
  return ours && deletionTimestamp === undefined;
}

function identityFor(object: Endpoints): SliceIdentity {
  const { namespace = "", name, labels } = object.metadata;
  const {
    "kubectl.kubernetes.io/last-applied-configuration": _applied,
    "endpoints.kubernetes.io/last-change-trigger-time": _time,
    ...annotations
  } = object.metadata.annotations ?? {};
  return {
    namespace,
    generateName: `${name}-`,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: managedBy },
    annotations,
    owner: controllerReference(object, endpoints),
  };
}

/** A subset by address family. */
function groupsOf({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset) {
  const all = [
    ...addresses.map((address) => endpointOf(address, true)),
    ...notReadyAddresses.map((address) => endpointOf(address, false)),
  ].slice(0, addressesPerSubsetMax);
  const groups: EndpointGroup[] = [];
  for (const family of ["IPv4", "IPv6"]) {
    const own = all.filter(({ addresses: [ip = ""] }) => ip.includes(":") === (family === "IPv6"));
    const named = ports.map(({ name = "", ...port }) => ({ name, ...port }));
    if (own.length > 0) groups.push({ addressType: family, ports: named, endpoints: own });
  }
  return groups;
}

function endpointOf(
  { ip, hostname, nodeName, targetRef }: EndpointAddress,
  ready: boolean,
): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}
