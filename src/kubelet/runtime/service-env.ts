/** Environment variables that name the Services of a namespace, as Docker links did. */
import type { Service } from "#apis/core/service.ts";

/** The Services whose variables a pod gets: its namespace's, and always the API server's. */
export function visibleServices(
  services: Iterable<Service>,
  namespace: string,
  enableServiceLinks: boolean,
): Service[] {
  const byName = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: at } = service.metadata;
    const { clusterIP } = service.spec;
    if (!clusterIP || clusterIP === "None") continue;
    const master = at === "default" && name === "kubernetes";
    if (at === namespace && (enableServiceLinks || master)) byName.set(name, service);
    else if (master && !byName.has(name)) byName.set(name, service);
  }
  return [...byName.values()];
}

/** The variables of the Services, by name. */
export function serviceVariables(services: readonly Service[]): Map<string, string> {
  const env = new Map<string, string>();
  for (const { metadata, spec } of services) {
    const prefix = shout(metadata.name);
    const ip = spec.clusterIP ?? "";
    const ports = spec.ports ?? [];
    const [first] = ports;
    if (!first) continue;
    env.set(`${prefix}_SERVICE_HOST`, ip);
    env.set(`${prefix}_SERVICE_PORT`, String(first.port));
    for (const { name, port } of ports) {
      if (name) env.set(`${prefix}_SERVICE_PORT_${shout(name)}`, String(port));
    }
    for (const [index, { port, protocol = "TCP" }] of ports.entries()) {
      const scheme = protocol.toLowerCase();
      const host = ip.includes(":") ? `[${ip}]` : ip;
      const url = `${scheme}://${host}:${port}`;
      const at = `${prefix}_PORT_${port}_${protocol}`;
      if (index === 0) env.set(`${prefix}_PORT`, url);
      env.set(at, url);
      env.set(`${at}_PROTO`, scheme);
      env.set(`${at}_PORT`, String(port));
      env.set(`${at}_ADDR`, ip);
    }
  }
  return env;
}

function shout(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}
