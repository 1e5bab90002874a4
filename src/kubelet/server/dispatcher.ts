/** Lets requests in, finds who answers them, counts them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { CounterMetric, HistogramMetric, Metrics } from "#base/metrics.ts";
import { answerRaw } from "#machinery/streaming/http-upgrade.ts";
import type { UpgradeRequest } from "#machinery/streaming/remote-streams.ts";
import { type Gate, isOpen } from "./access.ts";
import { failureOf, HttpError, type ServerRequest, textAnswer, writeAnswer } from "./answer.ts";
import { findRoute, type Match, type Route } from "./routes.ts";

export interface DispatcherOptions {
  readonly routes: readonly Route[];
  /** Without one everybody may do what the routes offer. */
  readonly gate?: Gate;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly metrics: ServerMetrics;
}

export interface ServerMetrics {
  readonly requests: CounterMetric;
  readonly durations: HistogramMetric;
}

/** The server's own metrics, named as upstream's. */
export function serverMetrics(metrics: Metrics): ServerMetrics {
  const labels = ["method", "path", "server_type", "long_running"];
  return {
    requests: metrics.counter(
      "kubelet_http_requests_total",
      "Number of the http requests received since the server started",
      labels,
    ),
    durations: metrics.histogram(
      "kubelet_http_requests_duration_seconds",
      "Duration in seconds to serve http requests",
      labels,
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ),
  };
}

const longRunning = new Set(["exec", "attach", "portForward"]);
const unauthorizedHeaders = { "www-authenticate": "Bearer" };

export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Answers an ordinary request. Never rejects. */
  async answer(req: IncomingMessage, response: ServerResponse): Promise<void> {
    using scope = new DisposableStack();
    scope.defer(this.#count(req));
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const { match, request } = await this.#admit(req, gone.signal);
      const { handle } = match.route;
      if (!handle) throw new HttpError(400, "Upgrade request required");
      await writeAnswer(response, await handle(request));
    } catch (error) {
      this.#note(req, error);
      const { status, text } = failureOf(error);
      const headers = status === 401 ? unauthorizedHeaders : {};
      if (response.headersSent) response.destroy();
      else await writeAnswer(response, { ...textAnswer(text, status), headers });
    }
  }

  /** Answers a request that asks for another protocol. Never rejects. */
  async upgrade(upgrade: UpgradeRequest): Promise<void> {
    const { req, socket } = upgrade;
    using scope = new DisposableStack();
    scope.defer(this.#count(req));
    socket.on("error", () => socket.destroy());
    const gone = new AbortController();
    socket.once("close", () => gone.abort());
    try {
      const { match, request } = await this.#admit(req, gone.signal);
      if (!match.route.upgrade) throw new HttpError(400, "this path knows no upgrade");
      await match.route.upgrade(request, upgrade);
    } catch (error) {
      this.#note(req, error);
      const { status, text } = failureOf(error);
      answerRaw(socket, status, text, { "content-type": "text/plain; charset=utf-8" });
    }
  }

  async #admit(
    req: IncomingMessage,
    gone: AbortSignal,
  ): Promise<{ match: Match; request: ServerRequest }> {
    const { routes, gate, signal } = this.#options;
    const { path, query } = partsOf(req);
    const method = req.method ?? "GET";
    if (gate && !isOpen(path)) {
      const verdict = await gate(req, path);
      if (!verdict.allowed) throw new HttpError(verdict.status, verdict.text);
    }
    const match = findRoute(routes, method, path);
    if (match === undefined) throw new HttpError(404, "404 page not found\n");
    if (match === "method") throw new HttpError(405, "Method Not Allowed");
    const { params } = match;
    const both = AbortSignal.any([gone, signal]);
    return { match, request: { req, method, query, params, signal: both } };
  }

  #note(req: IncomingMessage, error: unknown): void {
    if (error instanceof HttpError && error.status < 500) return;
    this.#options.log.warn("request failed", { path: partsOf(req).path, error });
  }

  /** Returns what is to be called when the request is over. */
  #count(req: IncomingMessage): () => void {
    const { clock, gate, metrics, routes } = this.#options;
    const begin = clock.monotonic();
    const [, root = ""] = partsOf(req).path.split("/");
    const isKnown = routes.some(({ pattern }) => pattern.split("/")[1] === root);
    const labels = {
      method: req.method ?? "GET",
      path: isKnown ? root : "other",
      server_type: gate ? "readwrite" : "readonly",
      long_running: String(longRunning.has(root)),
    };
    metrics.requests.add(labels);
    return () => metrics.durations.observe(labels, (clock.monotonic() - begin) / 1e3);
  }
}

/**
 * Path and query. Empty, `.` and `..` parts are refused rather than resolved: what was authorized has to be
 * what is answered.
 */
function partsOf({ url = "/" }: IncomingMessage): { path: string; query: URLSearchParams } {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const parts = path.split("/").slice(1, -1);
  const isPlain = path.startsWith("/") && !parts.some((part) => ["", ".", ".."].includes(part));
  return {
    path: isPlain ? path : "/",
    query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
  };
}
