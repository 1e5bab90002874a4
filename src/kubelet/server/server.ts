/**
 * The kubelet's HTTPS server on port 10250: what the API server asks a node for (logs, exec, attach,
 * port-forward, statistics, metrics) and what operators look at.
 */
import { createServer as createPlainServer, type Server } from "node:http";
import { createServer, type Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { createGate } from "./access.ts";
import { Dispatcher, serverMetrics } from "./dispatcher.ts";
import { createRoutes, readOnlyRoutes } from "./kubelet-routes.ts";
import { createStatsSource } from "./stats.ts";
import type { KubeletView } from "./view.ts";

/** Who asks. */
export interface ServerUser {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is asked for, as a SubjectAccessReview says it: a subresource of this node. */
export interface NodeAccess {
  readonly user: ServerUser;
  readonly verb: string;
  /** `proxy`, `stats`, `log`, `metrics`, `pods`, `healthz`, `configz`, `spec`, `checkpoint`. */
  readonly subresource: string;
}

/** Where the server listens and whom it lets in: what is known before the kubelet runs. */
export interface KubeletServerOptions {
  /** Default "0.0.0.0". */
  readonly address?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Serves what is harmless without TLS and without asking who it is; off when undefined. */
  readonly readOnlyPort?: number;
  readonly tls: {
    readonly cert: string;
    readonly key: string;
    /** Verifies client certificates; without one only tokens count. */
    readonly clientCa?: string;
  };
  /** Who a bearer token belongs to; undefined when to nobody. Its answers are kept for 2 minutes. */
  readonly authenticate?: (token: string) => Promise<ServerUser | undefined>;
  /** Whether somebody may do something. Yes is kept for 5 minutes, no for 30 seconds. */
  readonly authorize: (access: NodeAccess) => Promise<boolean>;
}

/** What the kubelet adds when it starts the server. */
export interface KubeletServerContext {
  readonly view: KubeletView;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends every connection. */
  readonly signal: AbortSignal;
}

export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
  readonly readOnlyPort: number | undefined;
  /** Serves new connections with another certificate. */
  renew(tls: { cert: string; key: string; clientCa?: string }): void;
}

/** Starts the server; rejects when the port is taken. */
export async function startKubeletServer(
  options: KubeletServerOptions,
  context: KubeletServerContext,
): Promise<KubeletServer> {
  const { view, clock, log } = context;
  const { address = "0.0.0.0", readOnlyPort, tls } = options;
  const stop = childSignal(context.signal);
  const { signal } = stop;
  const routes = createRoutes({ view, clock, signal, stats: createStatsSource(view, clock) });
  const common = { clock, log, signal, metrics: serverMetrics(view.metrics) };
  const gate = createGate(options, clock);
  const secure = createServer({ ...tlsOptions(tls), keepAliveTimeout: idleMs });
  secure.on("tlsClientError", (error) => log.debug("handshake failed", { error }));
  const servers: Server[] = [secure];
  const doors = [openDoor(secure, new Dispatcher({ ...common, routes, gate }))];
  if (readOnlyPort !== undefined) {
    const plain = createPlainServer({ keepAliveTimeout: idleMs });
    servers.push(plain);
    doors.push(openDoor(plain, new Dispatcher({ ...common, routes: readOnlyRoutes(routes) })));
  }
  async function close(): Promise<void> {
    stop.abort();
    await Promise.all(doors.map((door) => door[Symbol.asyncDispose]()));
  }
  try {
    const port = await listen(secure, options.port, address);
    const plainPort = servers[1] && (await listen(servers[1], readOnlyPort ?? 0, address));
    signal.addEventListener("abort", () => void close(), { once: true });
    return {
      port,
      readOnlyPort: plainPort,
      renew: (next) => secure.setSecureContext(tlsOptions(next)),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** How long an idle connection is kept: as long as Go's clients keep theirs. */
const idleMs = 90_000;

function tlsOptions({ cert, key, clientCa }: KubeletServerOptions["tls"]) {
  const clients = { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return { cert, key, minVersion: "TLSv1.2" as const, ...(clientCa === undefined ? {} : clients) };
}

/** Sends a server's requests to `dispatcher`; disposing it closes the server and what is open. */
function openDoor(server: Server | SecureServer, dispatcher: Dispatcher): AsyncDisposable {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("request", (req, response) => void dispatcher.answer(req, response));
  server.on("upgrade", (req, socket, head) => void dispatcher.upgrade({ req, socket, head }));
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
