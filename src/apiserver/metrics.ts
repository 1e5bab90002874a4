import type { Clock } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Observer } from "./pipeline.ts";
import type { RequestGate } from "./request-gate.ts";
import { bytesResponse } from "./response.ts";
import type { PathHandler } from "./router.ts";
import type { WatchCache } from "./watch-cache/watch-cache.ts";

/** Upstream's buckets for request durations, in seconds. */
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];

/** What the server tells Prometheus, under upstream's names. */
export function requestMetrics(options: {
  metrics: Metrics;
  clock: Clock;
  gate: RequestGate;
  cache: WatchCache;
}): Observer {
  const { metrics, clock, gate, cache } = options;
  const labels = ["verb", "group", "version", "resource", "subresource", "scope"];
  const total = metrics.counter("apiserver_request_total", "Requests, by what they were and their code.", [
    ...labels,
    "code",
  ]);
  const duration = metrics.histogram(
    "apiserver_request_duration_seconds",
    "How long requests took.",
    labels,
    durationBuckets,
  );
  metrics.gauge("apiserver_current_inflight_requests", "Requests under way.", ["request_kind"], () => [
    { labels: { request_kind: "readOnly" }, value: gate.reading },
    { labels: { request_kind: "mutating" }, value: gate.writing },
  ]);
  metrics.gauge("apiserver_storage_objects", "Objects stored.", ["resource"], () =>
    [...cache.all()].map(({ resource, objects }) => ({
      labels: { resource: resource.prefix.slice("/registry/".length, -1) },
      value: objects.size,
    })),
  );
  metrics.gauge("apiserver_longrunning_requests", "Watches.", ["resource"], () =>
    [...cache.all()].map(({ resource, hub }) => ({
      labels: { resource: resource.prefix.slice("/registry/".length, -1) },
      value: hub.size,
    })),
  );
  metrics.gauge("process_resident_memory_bytes", "Memory of the process.", [], () => process.memoryUsage.rss());
  const observed = new Map<string, { labels: Record<string, string> }>();
  return {
    answered(request, info, status, startedMs) {
      const verb = info?.verb ?? request.method.toLowerCase();
      const key = info?.isResource
        ? `${verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${info.namespace === ""}${info.name === ""}`
        : verb;
      let known = observed.get(key);
      if (!known) {
        known = { labels: labelsOf(verb, info) };
        observed.set(key, known);
      }
      duration.observe(known.labels, (clock.monotonic() - startedMs) / 1_000);
      total.add({ ...known.labels, code: String(status) });
    },
  };
}

function labelsOf(verb: string, info: Parameters<Observer["answered"]>[1]): Record<string, string> {
  if (!info?.isResource) {
    return { verb: verb.toUpperCase(), group: "", version: "", resource: "", subresource: "", scope: "" };
  }
  const { group, version, resource, subresource, namespace, name } = info;
  const scope = name !== "" ? "resource" : namespace !== "" ? "namespace" : "cluster";
  return { verb: verb.toUpperCase(), group, version, resource, subresource, scope };
}

/** Answers `/metrics`. */
export function metricsHandler(metrics: Metrics): PathHandler {
  return ({ path }) => {
    if (path !== "/metrics") return undefined;
    const { contentType } = metrics;
    return metrics.text().then((text) => bytesResponse(200, contentType, Buffer.from(text)));
  };
}
