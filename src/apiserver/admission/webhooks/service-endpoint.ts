import { services } from "#apis/core/service.ts";
import { type EndpointSlice, endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import type { Chance } from "#base/chance.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";

/** Where a Service can be reached from here; throws an error that tells why it cannot be. */
export type ServiceResolver = (
  namespace: string,
  name: string,
  port: number,
) => { host: string; port: number };

/**
 * Goes straight to one of the ready endpoints: the API server need not be in the network in which
 * Services have their addresses.
 */
export function endpointResolver(reader: ObjectReader, chance: Chance): ServiceResolver {
  return (namespace, name, port) => {
    const service = reader.get(services, namespace, name);
    if (!service) throw new Error(`service "${name}" not found`);
    const { type, externalName, ports } = service.spec;
    if (type === "ExternalName") return { host: externalName ?? "", port };
    const wanted = ports?.find((one) => one.port === port);
    if (!wanted) throw new Error(`no service port ${port} found for service "${name}"`);
    const slices = reader
      .list(endpointSlices, namespace)
      .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === name);
    const choices = slices.flatMap((slice) => readyEndpoints(slice, wanted.name ?? ""));
    const chosen = choices[chance.integer(choices.length)];
    if (!chosen) throw new Error(`no endpoints available for service "${name}"`);
    return chosen;
  };
}

function readyEndpoints(
  { endpoints, ports }: DeepReadonly<EndpointSlice>,
  portName: string,
): { host: string; port: number }[] {
  const port = ports?.find((one) => (one.name ?? "") === portName)?.port;
  if (port === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => (addresses ?? []).map((host) => ({ host, port })));
}
