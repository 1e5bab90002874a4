import type { Service } from "#apis/core/service.ts";
import type { Chance } from "#base/chance.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { shuffledFrom } from "./ip-range.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The ports on every node that Services have, and those that are about to be. */
export class NodePorts {
  readonly range: PortRange;
  readonly #chance: Chance;
  readonly #used = new Map<number, number>();

  constructor(range: PortRange, chance: Chance) {
    this.range = range;
    this.#chance = chance;
  }

  get text(): string {
    return `${this.range.first}-${this.range.last}`;
  }

  inRange(port: number): boolean {
    return port >= this.range.first && port <= this.range.last;
  }

  isUsed(port: number): boolean {
    return this.#used.has(port);
  }

  /** Counts one more user of the port. */
  take(port: number): void {
    this.#used.set(port, (this.#used.get(port) ?? 0) + 1);
  }

  give(port: number): void {
    const users = (this.#used.get(port) ?? 0) - 1;
    if (users > 0) this.#used.set(port, users);
    else this.#used.delete(port);
  }

  /** A free port, not taken yet; undefined when there is none. */
  pick(): number | undefined {
    const { first, last } = this.range;
    const size = last - first + 1;
    // The lower part is left to those who choose ports themselves (KEP-3668).
    const lower = Math.min(Math.max(16, Math.floor(size / 32)), 128);
    const split = lower < size ? first + lower : first;
    for (const port of shuffledFrom(split, last + 1, this.#chance))
      if (!this.isUsed(port)) return port;
    for (const port of shuffledFrom(first, split, this.#chance))
      if (!this.isUsed(port)) return port;
    return undefined;
  }
}

/** The node ports that a Service holds, each once. */
export function nodePortsOf(service: DeepReadonly<Service> | undefined): Set<number> {
  const ports = new Set<number>();
  for (const { nodePort } of service?.spec.ports ?? []) if (nodePort) ports.add(nodePort);
  if (service?.spec.healthCheckNodePort) ports.add(service.spec.healthCheckNodePort);
  return ports;
}
