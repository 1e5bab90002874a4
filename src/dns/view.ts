import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { services } from "#apis/core/service.ts";
import { endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import type { Client } from "#client/client.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { toKey } from "#machinery/meta.ts";
import type { ZoneView } from "./zone.ts";

const serviceNameLabel = "kubernetes.io/service-name";

/** The zone's view of the world over informers. */
export function watchZone(options: {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
}): { view: ZoneView; synced: Promise<void> } {
  const factory = createInformerFactory(options);
  const allServices = factory.informer(services);
  const allSlices = factory.informer(endpointSlices);
  const allNamespaces = factory.informer(namespaces, { metadataOnly: true });
  allServices.addIndex("address", ({ spec }) => spec.clusterIPs ?? []);
  allSlices.addIndex("service", ({ metadata }) => {
    const service = metadata.labels?.[serviceNameLabel];
    return service === undefined ? [] : [toKey(metadata.namespace, service)];
  });
  allSlices.addIndex("address", ({ endpoints }) =>
    (endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
  );
  const view: ZoneView = {
    service: (namespace, name) => allServices.get(toKey(namespace, name)),
    slices: (namespace, service) => allSlices.by("service", toKey(namespace, service)),
    hasNamespace: (name) => allNamespaces.get(toKey("", name)) !== undefined,
    serviceByAddress: (address) => allServices.by("address", address)[0],
    slicesByAddress: (address) => allSlices.by("address", address),
  };
  const informers = [allServices, allSlices, allNamespaces];
  return { view, synced: Promise.all(informers.map(({ synced }) => synced)).then(() => undefined) };
}
