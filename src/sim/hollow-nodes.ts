/**
 * Hollow nodes: kubelets as real ones, on machines and container runtimes that exist only in memory.
 * Thousands of them fit into a process; they share their informers and cost little while idle.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { services } from "#apis/core/service.ts";
import type { Client } from "#client/client.ts";
import { createInformerFactory } from "#client/informer-factory.ts";
import { FakeCri } from "#kubelet/cri/fake.ts";
import { simulatedHost } from "#kubelet/host/host.ts";
import { type Kubelet, startKubelet } from "#kubelet/kubelet.ts";
import { type NodeSources, sharedSources } from "#kubelet/sources.ts";

export interface HollowNodesOptions {
  /** Follows all pods, nodes and services for all hollow nodes. */
  reader: Client;
  /** A client that acts as the kubelet of a node. */
  clientFor: (nodeName: string) => Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  /** Labels of every node, beside the usual ones. */
  labels?: Readonly<Record<string, string>>;
}

export interface HollowNode extends AsyncDisposable {
  readonly name: string;
  readonly cri: FakeCri;
  readonly kubelet: Kubelet;
  /** The machine loses power: containers die and nobody reports it. `restart` brings it back. */
  powerOff(): Promise<void>;
  /** Starts the kubelet again, on the machine as it was left. */
  restart(): Promise<void>;
}

export interface HollowNodes extends AsyncDisposable {
  readonly nodes: ReadonlyMap<string, HollowNode>;
  /** Adds a node; resolves when its kubelet runs, before it is Ready. */
  add(name: string): Promise<HollowNode>;
}

/** A set of hollow nodes over shared informers; empty at first. */
export function hollowNodes(options: HollowNodesOptions): HollowNodes {
  const { reader, clock, chance, log } = options;
  const stop = childSignal();
  const { signal } = stop;
  const factory = createInformerFactory({ client: reader, clock, chance, log, signal });
  const sources = sharedSources({
    pods: factory.informer(pods),
    nodes: factory.informer(nodes),
    services: factory.informer(services),
  });
  const all = new Map<string, HollowNode>();
  return {
    nodes: all,
    async add(name) {
      const node = new Hollow(name, all.size, options, sources);
      all.set(name, node);
      await node.restart();
      return node;
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(Array.from(all.values(), (node) => node[Symbol.asyncDispose]()));
      stop.abort();
    },
  };
}

class Hollow implements HollowNode {
  readonly name: string;
  readonly cri: FakeCri;
  readonly #options: HollowNodesOptions;
  readonly #sources: (nodeName: string) => NodeSources;
  readonly #address: string;
  #kubelet: Kubelet | undefined;

  constructor(
    name: string,
    index: number,
    options: HollowNodesOptions,
    sources: (nodeName: string) => NodeSources,
  ) {
    const { clock, chance } = options;
    this.name = name;
    this.#options = options;
    this.#sources = sources;
    this.#address = `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${(index & 255) + 1}`;
    let pod = 0;
    // A /22 per node: room for more pods than a node takes.
    const base = 0x64_40_00_00 + index * 1_024;
    const nextIp = (): string => dotted(base + 1 + (pod++ % 1_022));
    this.cri = new FakeCri({ clock, chance, nextIp });
  }

  get kubelet(): Kubelet {
    if (!this.#kubelet) throw new Error(`hollow node ${this.name} is switched off`);
    return this.#kubelet;
  }

  async restart(): Promise<void> {
    await this.#kubelet?.[Symbol.asyncDispose]();
    const { clientFor, clock, chance, log, labels } = this.#options;
    this.#kubelet = await startKubelet({
      client: clientFor(this.name),
      cri: this.cri,
      clock,
      chance,
      log: log.with({ component: "kubelet", node: this.name }),
      signal: new AbortController().signal,
      nodeName: this.name,
      host: simulatedHost({ address: this.#address }),
      sources: this.#sources(this.name),
      settings: { addresses: [this.#address], resolvConf: "", ...(labels ? { labels } : {}) },
    });
  }

  async powerOff(): Promise<void> {
    await this.#kubelet?.[Symbol.asyncDispose]();
    this.#kubelet = undefined;
    this.cri.powerOff();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kubelet?.[Symbol.asyncDispose]();
    this.#kubelet = undefined;
  }
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
