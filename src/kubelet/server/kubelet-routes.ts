/** Every path of the kubelet's server. */
import type { Clock } from "#base/clock.ts";
import type { Handler, UpgradeHandler } from "./answer.ts";
import { jsonAnswer, textAnswer } from "./answer.ts";
import { containerLogs } from "./container-logs.ts";
import { expositionType } from "./exposition.ts";
import { hostLogs } from "./host-logs.ts";
import { cadvisorMetrics, probeMetrics, resourceMetrics } from "./metrics.ts";
import {
  checkpoint,
  configuration,
  health,
  machineSpec,
  podList,
  runningPods,
} from "./node-answers.ts";
import type { Route } from "./routes.ts";
import type { StatsSource } from "./stats.ts";
import { attachHandler, execHandler, portForwardHandler, runCommand } from "./streams.ts";
import type { KubeletView } from "./view.ts";

export interface RoutesInput {
  readonly view: KubeletView;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly stats: StatsSource;
}

export function createRoutes({ view, clock, signal, stats }: RoutesInput): Route[] {
  const context = { clock, signal };
  const metrics = (text: string) => ({ ...textAnswer(text), contentType: expositionType });
  const exec = execHandler(view, context);
  const attach = attachHandler(view, context);
  const portForward = portForwardHandler(view, context);
  const run: Handler = (request) => runCommand(view, request);
  return [
    get("/healthz", (request) => health(view, request)),
    get("/healthz/{check}", (request) => health(view, request)),
    get("/pods", () => podList(view)),
    get("/runningpods", () => runningPods(view)),
    get("/spec", () => machineSpec(view, clock)),
    get("/stats/summary", async () => jsonAnswer(await stats.summary())),
    get("/metrics", async () => ({
      ...textAnswer(await view.metrics.text()),
      contentType: view.metrics.contentType,
    })),
    get("/metrics/resource", async () =>
      metrics(resourceMetrics(await stats.summary().catch(() => undefined))),
    ),
    get("/metrics/cadvisor", async () =>
      metrics(cadvisorMetrics(await stats.summary(), await view.host.machine.facts())),
    ),
    get("/metrics/probes", () => metrics(probeMetrics(view.probeResults?.() ?? []))),
    get("/configz", () => configuration(view)),
    get("/containerLogs/{namespace}/{pod}/{container}", (request) =>
      containerLogs(view, clock, request),
    ),
    get("/logs/{path...}", ({ params }) =>
      hostLogs(view.host.files, view.hostLogsDir, params["path"] ?? ""),
    ),
    stream("/exec/{namespace}/{pod}/{container}", exec),
    stream("/exec/{namespace}/{pod}/{uid}/{container}", exec),
    stream("/attach/{namespace}/{pod}/{container}", attach),
    stream("/attach/{namespace}/{pod}/{uid}/{container}", attach),
    stream("/portForward/{namespace}/{pod}", portForward),
    stream("/portForward/{namespace}/{pod}/{uid}", portForward),
    post("/run/{namespace}/{pod}/{container}", run),
    post("/run/{namespace}/{pod}/{uid}/{container}", run),
    post("/checkpoint/{namespace}/{pod}/{container}", (request) =>
      checkpoint(view, clock, request),
    ),
  ];
}

/** What may be seen by whoever reaches the port without TLS: no logs, no commands, no configuration. */
const harmless = /^\/(healthz|pods|spec|stats|metrics)(\/|$)/;

export function readOnlyRoutes(routes: readonly Route[]): Route[] {
  return routes.filter(({ pattern }) => harmless.test(pattern));
}

function get(pattern: string, handle: Handler): Route {
  return { methods: ["GET"], pattern, handle };
}

function post(pattern: string, handle: Handler): Route {
  return { methods: ["POST"], pattern, handle };
}

function stream(pattern: string, upgrade: UpgradeHandler): Route {
  return { methods: ["GET", "POST"], pattern, upgrade };
}
