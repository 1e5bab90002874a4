import { createServer, type Server } from "node:http";
import type { Logger } from "#base/log.ts";
import type { Service } from "#apis/core/service.ts";
import type { EndpointSlice } from "#apis/discovery/endpoint-slice.ts";
import { toKey } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";

interface Slices {
  by(index: string, value: string): readonly DeepReadonly<EndpointSlice>[];
}

interface Check {
  server: Server;
  namespace: string;
  name: string;
  localEndpoints: number;
}

/**
 * The health check ports of Services with `externalTrafficPolicy: Local`: 200 where endpoints are on
 * this node, 503 where none are, so that load balancers know where to send traffic.
 */
export class HealthChecks implements Disposable {
  readonly #address: string | undefined;
  readonly #log: Logger;
  readonly #checks = new Map<number, Check>();

  constructor(address: string | undefined, log: Logger) {
    this.#address = address;
    this.#log = log;
  }

  /** Opens, updates and closes ports so that they are those of `services`. */
  set(services: readonly DeepReadonly<Service>[], slices: Slices, nodeName: string): void {
    if (this.#address === undefined) return;
    const wanted = new Set<number>();
    for (const { metadata, spec } of services) {
      const port = spec.healthCheckNodePort ?? 0;
      if (port === 0) continue;
      wanted.add(port);
      const { namespace = "", name } = metadata;
      const check = this.#checks.get(port) ?? this.#open(port, namespace, name);
      const endpoints = slices
        .by("service", toKey(namespace, name))
        .flatMap((one) => one.endpoints ?? []);
      check.localEndpoints = endpoints.filter(
        (one) => one.nodeName === nodeName && (one.conditions?.ready ?? true),
      ).length;
    }
    for (const [port, { server }] of this.#checks) {
      if (wanted.has(port)) continue;
      server.close();
      this.#checks.delete(port);
    }
  }

  [Symbol.dispose](): void {
    for (const { server } of this.#checks.values()) {
      server.close();
      server.closeAllConnections();
    }
    this.#checks.clear();
  }

  #open(port: number, namespace: string, name: string): Check {
    const server = createServer((_request, response) => {
      const { localEndpoints } = check;
      const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: true };
      response.writeHead(localEndpoints > 0 ? 200 : 503, {
        "content-type": "application/json",
        "x-load-balancing-endpoint-weight": String(localEndpoints),
      });
      response.end(JSON.stringify(body));
    });
    const check: Check = { server, namespace, name, localEndpoints: 0 };
    server.on("error", (error) => this.#log.warn("health check port failed", { port, error }));
    server.listen(port, this.#address);
    this.#checks.set(port, check);
    return check;
  }
}
