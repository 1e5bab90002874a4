import type { RequestInfo } from "./request.ts";

/** Upstream's buckets for request durations, in seconds. */
const buckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];
/** Kinds of requests told apart; paths are made up by clients, so there must be an end. */
const talliesMax = 2_000;

interface Tally {
  readonly labels: string;
  readonly codes: Map<number, number>;
  /** Requests by the first bucket that they fit in; the last is beyond all. */
  readonly durations: number[];
  seconds: number;
}

/** Counts of requests and how long they took: this runs for every request. */
export class RequestTallies {
  readonly #tallies = new Map<string, Tally>();

  add(info: RequestInfo | undefined, method: string, status: number, seconds: number): void {
    const key = keyOf(info, method);
    let tally = this.#tallies.get(key);
    if (!tally) {
      const known = this.#tallies.size < talliesMax ? info : undefined;
      const labels = labelsOf(known, known ? method : "OTHER");
      tally = this.#tallies.get(labels) ?? { labels, codes: new Map(), durations: [], seconds: 0 };
      this.#tallies.set(known ? key : labels, tally);
    }
    tally.codes.set(status, (tally.codes.get(status) ?? 0) + 1);
    tally.seconds += seconds;
    let bucket = 0;
    while (bucket < buckets.length && seconds > buckets[bucket]!) bucket++;
    tally.durations[bucket] = (tally.durations[bucket] ?? 0) + 1;
  }

  /** In Prometheus' text format. */
  text(): string {
    const requests = ["# TYPE apiserver_request_total counter"];
    const durations = ["# TYPE apiserver_request_duration_seconds histogram"];
    for (const { labels, codes, durations: counts, seconds } of this.#tallies.values()) {
      for (const [code, count] of codes) {
        requests.push(`apiserver_request_total{${labels},code="${code}"} ${count}`);
      }
      const name = "apiserver_request_duration_seconds";
      let count = 0;
      for (let bucket = 0; bucket <= buckets.length; bucket++) {
        count += counts[bucket] ?? 0;
        durations.push(`${name}_bucket{${labels},le="${buckets[bucket] ?? "+Inf"}"} ${count}`);
      }
      durations.push(`${name}_sum{${labels}} ${seconds}`, `${name}_count{${labels}} ${count}`);
    }
    return `${[...requests, ...durations].join("\n")}\n`;
  }
}

function keyOf(info: RequestInfo | undefined, method: string): string {
  if (!info?.isResource) return method;
  const { verb, group, version, resource, subresource, namespace, name } = info;
  const scope = name !== "" ? "o" : namespace !== "" ? "n" : "c";
  return `${verb}|${group}|${version}|${resource}|${subresource}|${scope}`;
}

function labelsOf(info: RequestInfo | undefined, method: string): string {
  const isResource = info?.isResource === true;
  const pairs = {
    verb: isResource ? info.verb.toUpperCase() : method,
    group: isResource ? info.group : "",
    version: isResource ? info.version : "",
    resource: isResource ? info.resource : "",
    subresource: isResource ? info.subresource : "",
    scope: scopeOf(info),
  };
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(",");
}

function scopeOf(info: RequestInfo | undefined): string {
  if (!info?.isResource) return "";
  if (info.name !== "") return "resource";
  return info.namespace !== "" ? "namespace" : "cluster";
}
