import type { Service } from "#apis/core/service.ts";
import type { Endpoint, EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";

/**
 * What the proxy knows of one port of one Service: where it is reached and what it leads to. Made
 * from the API's objects by `servicePorts`, a pure function.
 */
export interface ServicePort {
  /** `namespace/name`, of the Service. */
  readonly service: string;
  /** "" when the only port has no name. */
  readonly portName: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly clusterIP: string;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIPs: readonly string[];
  /** CIDRs that may use the load balancer's addresses; empty: all. */
  readonly sourceRanges: readonly string[];
  /** Seconds that a client stays with its endpoint; 0: no affinity. */
  readonly affinitySeconds: number;
  /** Endpoints for traffic from within the cluster. */
  readonly internal: readonly Target[];
  /** Endpoints for traffic from outside. */
  readonly external: readonly Target[];
  /** Whether traffic from outside keeps to endpoints on this node, and its source address. */
  readonly externalLocal: boolean;
}

export type Protocol = "tcp" | "udp" | "sctp";

export interface Target {
  readonly address: string;
  readonly port: number;
  /** On this node. */
  readonly local: boolean;
}

type SharedService = DeepReadonly<Service>;
type SharedSlice = DeepReadonly<EndpointSlice>;
type Candidate = Target & { ready: boolean; serving: boolean; zones: readonly string[] };

const affinitySecondsDefault = 10_800;

export interface NodeView {
  readonly nodeName: string;
  /** The node's topology zone, for hints. */
  readonly zone?: string | undefined;
}

/** The ports of a Service that have a cluster IP of the family; none for headless and aliases. */
export function servicePorts(
  service: SharedService,
  slices: readonly SharedSlice[],
  node: NodeView,
): ServicePort[] {
  const { spec, metadata } = service;
  const clusterIP = ipv4(spec.clusterIPs ?? [spec.clusterIP ?? ""])[0];
  if (spec.type === "ExternalName" || clusterIP === undefined || isForeign(service)) return [];
  const internalLocal = spec.internalTrafficPolicy === "Local";
  const externalLocal = spec.externalTrafficPolicy === "Local";
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const loadBalancerIPs = ingress
    .filter(({ ip, ipMode }) => ip && (ipMode ?? "VIP") === "VIP")
    .map(({ ip }) => ip!);
  const affinity = spec.sessionAffinity === "ClientIP";
  return (spec.ports ?? []).map((port): ServicePort => {
    const candidates = candidatesOf(slices, port.name ?? "", node.nodeName);
    const all = choose(candidates, node);
    const local = choose(
      candidates.filter((one) => one.local),
      node,
    );
    return {
      service: `${metadata.namespace}/${metadata.name}`,
      portName: port.name ?? "",
      protocol: (port.protocol ?? "TCP").toLowerCase() as Protocol,
      port: port.port,
      clusterIP,
      nodePort: port.nodePort ?? 0,
      externalIPs: ipv4(spec.externalIPs ?? []),
      loadBalancerIPs: ipv4(loadBalancerIPs),
      sourceRanges: ipv4(spec.loadBalancerSourceRanges ?? []),
      affinitySeconds: affinity
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? affinitySecondsDefault)
        : 0,
      internal: internalLocal ? local : all,
      external: externalLocal ? local : all,
      externalLocal,
    };
  });
}

/** Another proxy, or nobody, is to serve it. */
function isForeign({ metadata }: SharedService): boolean {
  return metadata.labels?.["service.kubernetes.io/service-proxy-name"] !== undefined;
}

function ipv4(addresses: readonly string[]): string[] {
  return addresses.filter((one) => one !== "" && one !== "None" && !one.includes(":"));
}

function candidatesOf(slices: readonly SharedSlice[], portName: string, node: string): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== "IPv4") continue;
    for (const port of slice.ports ?? []) {
      if ((port.name ?? "") !== portName || !port.port) continue;
      for (const endpoint of slice.endpoints ?? []) {
        const address = endpoint.addresses?.[0];
        if (address === undefined) continue;
        found.set(`${address}:${port.port}`, {
          address,
          port: port.port,
          local: endpoint.nodeName === node,
          ...readiness(endpoint),
          zones: (endpoint.hints?.forZones ?? []).map(({ name }) => name),
        });
      }
    }
  }
  return [...found.values()];
}

function readiness({ conditions }: DeepReadonly<Endpoint>): { ready: boolean; serving: boolean } {
  const ready = conditions?.ready ?? true;
  const serving = conditions?.serving ?? ready;
  return { ready, serving: serving && conditions?.terminating === true };
}

/** The ready ones (of this zone, if hints say so for all), else those that still serve (KEP-1669). */
function choose(candidates: readonly Candidate[], { zone }: NodeView): Target[] {
  const ready = candidates.filter((one) => one.ready);
  const chosen = ready.length > 0 ? ready : candidates.filter((one) => one.serving);
  const hinted = zone !== undefined && chosen.every(({ zones }) => zones.length > 0);
  const near = hinted ? chosen.filter(({ zones }) => zones.includes(zone)) : [];
  return (near.length > 0 ? near : chosen)
    .map(({ address, port, local }): Target => ({ address, port, local }))
    .toSorted((a, b) => (`${a.address}:${a.port}` < `${b.address}:${b.port}` ? -1 : 1));
}
