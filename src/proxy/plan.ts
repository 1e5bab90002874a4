import { createHash } from "node:crypto";
import {
  type Action, addressKey, type Chain, type Match, portKey, type Rule, type Ruleset,
  type AddressSet, type VerdictMap,
} from "./ruleset.ts"; // prettier-ignore
import type { ServicePort, Target } from "./service-port.ts";

/**
 * The ruleset for a set of Services, after kube-proxy's nftables mode (KEP-3866): a few fixed chains
 * look a packet's destination up in verdict maps; each Service port has a chain that picks an
 * endpoint; each endpoint one that rewrites the destination. Pure.
 */

export interface NodeAddresses {
  /** Addresses on which node ports are served. */
  readonly nodePortIPs: readonly string[];
  /** Where this node's pods live: their traffic to Services keeps its source. */
  readonly podCIDRs: readonly string[];
}

const names = {
  serviceIPs: "service-ips",
  nodePorts: "service-nodeports",
  nodePortIPs: "nodeport-ips",
  clusterIPs: "cluster-ips",
  emptyServices: "no-endpoint-services",
  emptyNodePorts: "no-endpoint-nodeports",
} as const;

/** nft's names for these are numbers on old versions: write the numbers. */
const priorities = { dstnat: -100, srcnat: 100, filter: 0, beforeDstnat: -110 } as const;

const newConnection: Match = { on: "connection", is: "new" };
const markForMasquerade: Action = { do: "jump", chain: "mark-for-masquerade" };

export function planRuleset(ports: readonly ServicePort[], node: NodeAddresses): Ruleset {
  const builder = new Builder(node);
  for (const port of ports) builder.addPort(port);
  return builder.finish();
}

function rule(matches: readonly Match[], action: Action): Rule {
  return { matches, action };
}

function fixedChains(): [string, Chain][] {
  const lookUp = (map: string): Action => ({ do: "lookup", map, by: "address" });
  const jump = (chain: string): Action => ({ do: "jump", chain });
  const toNodePorts: Match = { on: "destination", inSet: names.nodePortIPs };
  const rejectEmpty = [
    rule([newConnection], lookUp(names.emptyServices)),
    rule([newConnection, { on: "destination", inSet: names.clusterIPs }], { do: "reject" }),
  ];
  return [
    ["services", {
      rules: [
        rule([], lookUp(names.serviceIPs)),
        rule([toNodePorts], { do: "lookup", map: names.nodePorts, by: "port" }),
      ],
    }],
    ["mark-for-masquerade", { rules: [rule([], { do: "mark" })] }],
    ["reject-chain", { rules: [rule([], { do: "reject" })] }],
    ["drop-chain", { rules: [rule([], { do: "drop" })] }],
    ["nat-prerouting", { hook: { type: "nat", hook: "prerouting", priority: priorities.dstnat }, rules: [rule([], jump("services"))] }],
    ["nat-output", { hook: { type: "nat", hook: "output", priority: priorities.dstnat }, rules: [rule([], jump("services"))] }],
    ["nat-postrouting", {
      hook: { type: "nat", hook: "postrouting", priority: priorities.srcnat },
      rules: [
        rule([{ on: "mark", set: false }], { do: "return" }),
        rule([], { do: "unmark" }),
        rule([], { do: "masquerade" }),
      ],
    }],
    ["filter-input", {
      hook: { type: "filter", hook: "input", priority: priorities.beforeDstnat },
      rules: [rule([newConnection, toNodePorts], { do: "lookup", map: names.emptyNodePorts, by: "port" })],
    }],
    ["filter-forward", { hook: { type: "filter", hook: "forward", priority: priorities.beforeDstnat }, rules: rejectEmpty }],
    ["filter-output", { hook: { type: "filter", hook: "output", priority: priorities.filter }, rules: rejectEmpty }],
  ]; // prettier-ignore
}

class Builder {
  readonly #node: NodeAddresses;
  readonly #chains = new Map<string, Chain>(fixedChains());
  readonly #sets = new Map<string, AddressSet>();
  readonly #serviceIPs = new Map<string, string>();
  readonly #nodePorts = new Map<string, string>();
  readonly #emptyServices = new Map<string, string>();
  readonly #emptyNodePorts = new Map<string, string>();
  readonly #clusterIPs = new Set<string>();

  constructor(node: NodeAddresses) {
    this.#node = node;
  }

  addPort(port: ServicePort): void {
    const id = chainId(port);
    this.#clusterIPs.add(port.clusterIP);
    const key = addressKey(port.clusterIP, port.protocol, port.port);
    if (port.internal.length === 0) this.#emptyServices.set(key, "goto reject-chain");
    else {
      this.#serviceIPs.set(key, `goto service-${id}`);
      this.#addService(`service-${id}`, port, port.internal, this.#fromOutsidePods(port));
    }
    this.#addExternal(id, port);
  }

  finish(): Ruleset {
    const { nodePortIPs } = this.#node;
    const map = (key: "address" | "port", elements: Map<string, string>): VerdictMap => ({
      key,
      elements,
    });
    return {
      chains: this.#chains,
      maps: new Map([
        [names.serviceIPs, map("address", this.#serviceIPs)],
        [names.nodePorts, map("port", this.#nodePorts)],
        [names.emptyServices, map("address", this.#emptyServices)],
        [names.emptyNodePorts, map("port", this.#emptyNodePorts)],
      ]),
      sets: new Map([
        ...this.#sets,
        [names.nodePortIPs, { elements: new Set(nodePortIPs) }],
        [names.clusterIPs, { elements: this.#clusterIPs }],
      ]),
    };
  }

  /** Clients that are no pods of this node would not see the answer come back the same way. */
  #fromOutsidePods({ clusterIP }: ServicePort): Rule[] {
    const { podCIDRs } = this.#node;
    if (podCIDRs.length === 0) return [];
    const matches: Match[] = [
      { on: "destination", is: clusterIP },
      { on: "source", notIn: podCIDRs },
    ];
    return [rule(matches, markForMasquerade)];
  }

  /** Node port, external addresses and load balancer: all lead into one `external-` chain. */
  #addExternal(id: string, port: ServicePort): void {
    const addresses = [...port.externalIPs, ...port.loadBalancerIPs];
    if (port.nodePort === 0 && addresses.length === 0) return;
    const reachable = port.external.length > 0 || (port.externalLocal && port.internal.length > 0);
    const refuse = port.externalLocal && !reachable ? "goto drop-chain" : "goto reject-chain";
    if (port.nodePort !== 0) {
      const key = portKey(port.protocol, port.nodePort);
      if (reachable) this.#nodePorts.set(key, `goto external-${id}`);
      else this.#emptyNodePorts.set(key, refuse);
    }
    for (const address of addresses) {
      const key = addressKey(address, port.protocol, port.port);
      if (reachable) this.#serviceIPs.set(key, `goto ${this.#entryFor(id, port, address)}`);
      else this.#emptyServices.set(key, refuse);
    }
    if (reachable) this.#addExternalChain(id, port);
  }

  #addExternalChain(id: string, port: ServicePort): void {
    const anywhere: Action = { do: "goto", chain: `service-${id}` };
    const clusterHas = port.internal.length > 0;
    if (!port.externalLocal) {
      if (!this.#chains.has(`service-${id}`))
        this.#addService(`service-${id}`, port, port.external, []);
      this.#chains.set(`external-${id}`, {
        rules: [rule([], markForMasquerade), rule([], anywhere)],
      });
      return;
    }
    const rules: Rule[] = [];
    if (clusterHas) {
      // Pods and the node itself are inside: they may use any endpoint.
      for (const cidr of this.#node.podCIDRs)
        rules.push(rule([{ on: "source", is: cidr }], anywhere));
      rules.push(rule([{ on: "sourceType", is: "local" }], markForMasquerade));
      rules.push(rule([{ on: "sourceType", is: "local" }], anywhere));
    }
    if (port.external.length === 0) rules.push(rule([], { do: "goto", chain: "drop-chain" }));
    else {
      this.#addService(`local-${id}`, port, port.external, []);
      rules.push(rule([], { do: "goto", chain: `local-${id}` }));
    }
    this.#chains.set(`external-${id}`, { rules });
  }

  /** Load balancer addresses with source ranges have a gate before the external chain. */
  #entryFor(id: string, port: ServicePort, address: string): string {
    if (port.sourceRanges.length === 0 || !port.loadBalancerIPs.includes(address)) {
      return `external-${id}`;
    }
    const pass: Action = { do: "goto", chain: `external-${id}` };
    const allowed = port.sourceRanges.map((range) => rule([{ on: "source", is: range }], pass));
    this.#chains.set(`firewall-${id}`, { rules: [...allowed, rule([], { do: "drop" })] });
    return `firewall-${id}`;
  }

  #addService(chain: string, port: ServicePort, targets: readonly Target[], first: Rule[]): void {
    const rules = [...first];
    const endpoints = targets.map((target) => this.#addEndpoint(port, target));
    if (port.affinitySeconds > 0) {
      for (const endpoint of endpoints) {
        const known: Match = { on: "source", inSet: affinitySet(endpoint) };
        rules.push(rule([known], { do: "goto", chain: endpoint }));
      }
    }
    rules.push(rule([], { do: "random", chains: endpoints }));
    this.#chains.set(chain, { rules });
  }

  #addEndpoint(port: ServicePort, { address, port: targetPort }: Target): string {
    const chain = `endpoint-${chainId(port, `${address}/${targetPort}`)}__${address}/${targetPort}`;
    const rules = [rule([{ on: "source", is: address }], markForMasquerade)];
    if (port.affinitySeconds > 0) {
      const set = affinitySet(chain);
      this.#sets.set(set, { timeoutSeconds: port.affinitySeconds, elements: new Set() });
      rules.push(rule([], { do: "remember", set }));
    }
    rules.push(rule([], { do: "dnat", protocol: port.protocol, address, port: targetPort }));
    this.#chains.set(chain, { rules });
    return chain;
  }
}

function affinitySet(endpointChain: string): string {
  return endpointChain.replace(/^endpoint-/, "affinity-");
}

/** `HASH-namespace/name/tcp/port`: readable, unique, and within nft's limit on names. */
function chainId({ service, protocol, portName }: ServicePort, more = ""): string {
  const full = `${service}/${protocol}/${portName}`;
  const hash = createHash("sha256")
    .update(`${full}/${more}`)
    .digest("hex")
    .slice(0, 8)
    .toUpperCase();
  return `${hash}-${full.slice(0, 60)}`.replaceAll(/[^A-Za-z0-9/_.-]/g, "_");
}
