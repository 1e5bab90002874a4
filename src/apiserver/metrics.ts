import type { Clock } from "#base/clock.ts";
import type { Metrics } from "#base/metrics.ts";
import type { Observer } from "./pipeline.ts";
import type { RequestGate } from "./request-gate.ts";
import { bytesResponse } from "./response.ts";
import { RequestTallies } from "./request-tallies.ts";
import type { PathHandler } from "./router.ts";
import type { WatchCache } from "./watch-cache/watch-cache.ts";

/** What the server tells Prometheus, under upstream's names. */
export function requestMetrics(options: {
  metrics: Metrics;
  clock: Clock;
  gate: RequestGate;
  cache: WatchCache;
}): Observer {
  const { metrics, clock, gate, cache } = options;
  metrics.gauge(
    "apiserver_current_inflight_requests",
    "Requests under way.",
    ["request_kind"],
    () => [
      { labels: { request_kind: "readOnly" }, value: gate.reading },
      { labels: { request_kind: "mutating" }, value: gate.writing },
    ],
  );
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
  metrics.gauge("process_resident_memory_bytes", "Memory of the process.", [], () =>
    process.memoryUsage.rss(),
  );
  const tallies = new RequestTallies();
  metrics.raw(() => tallies.text());
  return {
    answered(request, info, status, startedMs) {
      tallies.add(info, request.method, status, (clock.monotonic() - startedMs) / 1_000);
    },
  };
}

/** Answers `/metrics`. */
export function metricsHandler(metrics: Metrics): PathHandler {
  return ({ path }) => {
    if (path !== "/metrics") return undefined;
    const { contentType } = metrics;
    return metrics.text().then((text) => bytesResponse(200, contentType, Buffer.from(text)));
  };
}
