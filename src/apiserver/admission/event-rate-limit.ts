import type { Event } from "#apis/core/event.ts";
import type { Clock } from "#base/clock.ts";
import { tooManyRequests } from "#machinery/errors.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "./admission.ts";

/** How many events may be written, and counted by what. */
export interface EventLimit {
  readonly type: "Server" | "Namespace" | "User" | "SourceAndObject";
  /** Events a second in the long run. */
  readonly qps: number;
  /** Events at once. */
  readonly burst: number;
  /** How many namespaces, users or sources are remembered. Default 4096. */
  readonly cacheSize?: number;
}

/** Keeps a flood of events from drowning the server. Does nothing without limits. */
export function eventRateLimit(
  clock: Pick<Clock, "monotonic">,
  limits: readonly EventLimit[] = [],
): AdmissionPlugin {
  const counters = limits.map((limit) => new Counter(limit, clock));
  return {
    name: "EventRateLimit",
    matches: { operations: ["CREATE", "UPDATE"], resources: ["/events"] },
    validate(a) {
      if (a.dryRun) return;
      for (const counter of counters) {
        const key = keyOf(counter.limit.type, a);
        if (counter.take(key)) continue;
        const message = `limit reached on type ${counter.limit.type} for key ${key}`;
        throw tooManyRequests(message, 1);
      }
    },
  };
}

function keyOf(type: EventLimit["type"], a: AdmissionAttributes): string {
  switch (type) {
    case "Server":
      return "";
    case "Namespace":
      return a.namespace;
    case "User":
      return a.user.name;
    case "SourceAndObject": {
      const { source, involvedObject: about } = a.object as Event;
      return [
        source?.component, source?.host, about.kind, about.namespace, about.name, about.uid,
        about.apiVersion,
      ].map((part) => part ?? "").join(""); // prettier-ignore
    }
  }
}

/** A token bucket for each key; the ones unused for longest are forgotten. */
class Counter {
  readonly limit: EventLimit;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(limit: EventLimit, clock: Pick<Clock, "monotonic">) {
    this.limit = limit;
    this.#clock = clock;
  }

  take(key: string): boolean {
    const { qps, burst, cacheSize = 4096 } = this.limit;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > cacheSize) {
      const [oldest] = this.#buckets.keys();
      this.#buckets.delete(oldest!);
    }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * qps);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
