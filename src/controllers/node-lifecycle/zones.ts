/**
 * How fast pods may be driven off unhealthy nodes. When many nodes fail at once the fault is likely
 * the network's or ours, and driving pods off would make it worse.
 * https://kubernetes.io/docs/concepts/architecture/nodes/#rate-limits-on-eviction
 */
import type { Clock } from "#base/clock.ts";
import type { Node } from "#apis/core/node.ts";
import { readinessOf } from "./plan.ts";

/** Nodes per second: upstream's --node-eviction-rate and --secondary-node-eviction-rate. */
const evictionsPerSecond = 0.1;
const secondaryEvictionsPerSecond = 0.01;
/** Upstream's --unhealthy-zone-threshold and --large-cluster-size-threshold. */
const unhealthyPart = 0.55;
const largeZone = 50;
/** How long an assessment of all zones is used. */
const assessEveryMs = 5_000;

export type ZoneState = "normal" | "partial" | "full";

export function zoneOf({ metadata: { labels } }: Node): string {
  const region = labels?.["topology.kubernetes.io/region"] ?? "";
  return `${region}:${labels?.["topology.kubernetes.io/zone"] ?? ""}`;
}

export function zoneState(ready: number, notReady: number): ZoneState {
  if (ready === 0 && notReady > 0) return "full";
  const part = notReady / (ready + notReady);
  return notReady > 2 && part >= unhealthyPart ? "partial" : "normal";
}

interface Zone {
  ready: number;
  notReady: number;
}

/** Assesses zones now and then, and says when the next node of one may be emptied. */
export class Zones {
  readonly #clock: Clock;
  readonly #nextMs = new Map<string, number>();
  #assessedMs = Number.NEGATIVE_INFINITY;
  #zones = new Map<string, Zone>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  assess(nodes: () => readonly Node[]): void {
    const now = this.#clock.monotonic();
    if (now - this.#assessedMs < assessEveryMs) return;
    this.#assessedMs = now;
    this.#zones = new Map();
    for (const node of nodes()) {
      const name = zoneOf(node);
      const zone = this.#zones.get(name) ?? { ready: 0, notReady: 0 };
      if (readinessOf(node) === "True") zone.ready++;
      else zone.notReady++;
      this.#zones.set(name, zone);
    }
  }

  /** No node anywhere is healthy: the fault is not theirs, and nobody is driven off. */
  get allDown(): boolean {
    const zones = [...this.#zones.values()];
    return zones.length > 0 && zones.every(({ ready }) => ready === 0);
  }

  /** Takes a place in the zone's budget; milliseconds to wait when there is none, 0 when taken. */
  take(name: string): number {
    const rate = this.#ratePerSecond(name);
    if (rate === 0) return assessEveryMs;
    const now = this.#clock.monotonic();
    const nextMs = this.#nextMs.get(name) ?? now;
    if (nextMs > now) return nextMs - now;
    this.#nextMs.set(name, now + 1_000 / rate);
    return 0;
  }

  #ratePerSecond(name: string): number {
    const { ready, notReady } = this.#zones.get(name) ?? { ready: 1, notReady: 0 };
    if (zoneState(ready, notReady) !== "partial") return evictionsPerSecond;
    return ready + notReady > largeZone ? secondaryEvictionsPerSecond : 0;
  }
}
