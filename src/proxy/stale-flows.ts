import type { UdpFlow } from "./nft.ts";
import type { ServicePort } from "./service-port.ts";

/**
 * UDP has no connections to end: the kernel goes on sending a client's packets to where the first
 * one went. Flows to endpoints that are gone, and flows that went nowhere because there were no
 * endpoints, must be forgotten. Pure.
 */
export function staleFlows(old: readonly ServicePort[], next: readonly ServicePort[]): UdpFlow[] {
  const before = new Map(old.filter(isUdp).map((port) => [idOf(port), port]));
  const after = new Map(next.filter(isUdp).map((port) => [idOf(port), port]));
  const flows: UdpFlow[] = [];
  for (const [id, was] of before) {
    const is = after.get(id);
    const left = new Set((is?.internal ?? []).map(({ address }) => address));
    const gone = was.internal.filter(({ address }) => !left.has(address));
    for (const { address } of gone) flows.push(...flowsOf(was, address));
  }
  for (const [id, is] of after) {
    const had = (before.get(id)?.internal.length ?? 0) > 0;
    if (!had && is.internal.length > 0) flows.push(...flowsOf(is, undefined));
  }
  return flows;
}

function isUdp({ protocol }: ServicePort): boolean {
  return protocol === "udp";
}

function idOf({ service, portName, port }: ServicePort): string {
  return `${service}:${portName}:${port}`;
}

function flowsOf(port: ServicePort, target: string | undefined): UdpFlow[] {
  const to = target === undefined ? {} : { target };
  const addresses = [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs];
  const flows: UdpFlow[] = addresses.map((address) => ({ address, port: port.port, ...to }));
  if (port.nodePort !== 0) flows.push({ port: port.nodePort, ...to });
  return flows;
}
