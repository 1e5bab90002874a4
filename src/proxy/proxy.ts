/**
 * The service proxy makes Services reachable on its node, by nftables. Reads Service, EndpointSlice
 * and its Node; writes the kernel's packet filter, nothing in the API. service-port.ts says what is
 * wanted, plan.ts turns it into rules (both pure, read them first), render.ts into nft commands for
 * what changed; this file watches and applies.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { backoffMs } from "#base/backoff.ts";
import { services } from "#apis/core/service.ts";
import { endpointSlices } from "#apis/discovery/endpoint-slice.ts";
import type { Client } from "#client/client.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { toKey } from "#machinery/meta.ts";
import { HealthChecks } from "./health-checks.ts";
import type { PacketFilter } from "./nft.ts";
import { type NodeAddresses, planRuleset } from "./plan.ts";
import { renderChanges } from "./render.ts";
import { emptyRuleset, type Ruleset } from "./ruleset.ts";
import { type NodeView, type ServicePort, servicePorts } from "./service-port.ts";
import { staleFlows } from "./stale-flows.ts";

export interface ProxyOptions extends NodeView, NodeAddresses {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  packetFilter: PacketFilter;
  /** The nft table that is ours, with its family. Default `ip coxswain-proxy`. */
  table?: string;
  /** Serve the health checks of Services with `externalTrafficPolicy: Local` here. */
  healthCheckAddress?: string;
}

/** The table of a node's proxy. */
export const proxyTable = "ip coxswain-proxy";

/** Changes within this time go into one transaction. */
const gatherMs = 10;
/** Drift (someone flushed our table) is mended this often. */
const resyncMs = 3_600_000;
const retryShape = { firstMs: 250, maxMs: 30_000 };

/** Runs until the signal aborts. `synced` resolves when the first ruleset is in force. */
export function startProxy(options: ProxyOptions): { synced: Promise<void>; done: Promise<void> } {
  const proxy = new Proxy(options);
  const done = proxy.run();
  return { synced: proxy.synced.promise, done };
}

class Proxy {
  readonly synced = Promise.withResolvers<void>();
  readonly #options: ProxyOptions;
  readonly #table: string;
  readonly #health: HealthChecks;
  #ports: ServicePort[] = [];
  #applied: Ruleset | undefined;
  #dirty = Promise.withResolvers<void>();

  constructor(options: ProxyOptions) {
    this.#options = options;
    this.#table = options.table ?? proxyTable;
    this.#health = new HealthChecks(options.healthCheckAddress, options.log);
  }

  async run(): Promise<void> {
    const { signal, clock, log } = this.#options;
    const factory = createInformerFactory(this.#options);
    const allServices = factory.informer(services);
    const allSlices = factory.informer(endpointSlices);
    allSlices.addIndex("service", ({ metadata }) => {
      const name = metadata.labels?.["kubernetes.io/service-name"];
      return name === undefined ? [] : [toKey(metadata.namespace, name)];
    });
    const changed = (): void => this.#dirty.resolve();
    allServices.onChange(changed);
    allSlices.onChange(changed);
    signal.addEventListener("abort", changed, { once: true });
    await Promise.all([allServices.synced, allSlices.synced]);
    const ports = (): ServicePort[] =>
      allServices
        .list()
        .flatMap((service) =>
          servicePorts(
            service,
            allSlices.by("service", toKey(service.metadata.namespace, service.metadata.name)),
            this.#options,
          ),
        );
    for (let failures = 0; !signal.aborted;) {
      this.#dirty = Promise.withResolvers<void>();
      try {
        await this.#sync(ports());
        this.#health.set(allServices.list(), allSlices, this.#options.nodeName);
        failures = 0;
        this.synced.resolve();
        using resync = clock.after(resyncMs, () => this.#forget());
        await this.#dirty.promise;
        void resync;
        await clock.sleep(gatherMs, signal).catch(() => {});
      } catch (error) {
        if (signal.aborted) break;
        const waitMs = backoffMs(retryShape, failures++);
        log.warn("rules could not be applied, will retry from nothing", {
          error,
          retryInMs: waitMs,
        });
        this.#applied = undefined;
        await clock.sleep(waitMs, signal).catch(() => {});
      }
    }
    this.#health[Symbol.dispose]();
  }

  /** The next sync writes the whole table anew. */
  #forget(): void {
    this.#applied = undefined;
    this.#dirty.resolve();
  }

  async #sync(ports: ServicePort[]): Promise<void> {
    const { packetFilter, log } = this.#options;
    const next = planRuleset(ports, this.#options);
    const reset = this.#applied === undefined;
    const { change, clean } = renderChanges(
      this.#table,
      this.#applied ?? emptyRuleset,
      next,
      reset,
    );
    await packetFilter.apply(change);
    this.#applied = next;
    // What is left behind harms nobody: nothing refers to it, and the next reset sweeps it away.
    await packetFilter.apply(clean).catch((error: unknown) => {
      log.debug("old rules could not be removed", { error });
    });
    for (const flow of staleFlows(this.#ports, ports)) {
      await packetFilter.forgetUdp(flow).catch((error: unknown) => {
        log.warn("old UDP flows could not be forgotten", { ...flow, error });
      });
    }
    this.#ports = ports;
  }
}
