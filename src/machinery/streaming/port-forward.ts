/**
 * Port-forwarding from each side. On the wire it is a SPDY connection (`portforward.k8s.io`) on which each
 * forwarded connection is two streams, `error` and `data`, with the same request id; or those bytes inside
 * a WebSocket (KEP-4006); or, from old clients, a WebSocket with two channels per port.
 */
import type { Duplex } from "node:stream";

import { ApiError } from "../errors.ts";
import { copy, finishWriting, readText, splice } from "./copy.ts";
import {
  answerError,
  answerRaw,
  headerList,
  refusal,
  requestUpgrade,
  type StreamingContext,
  switchProtocols,
  type UpgradeTarget,
  wantsWebSocket,
} from "./http-upgrade.ts";
import { streamingLimits } from "./limits.ts";
import { negotiate, portForwardProtocol, tunnelPrefix } from "./protocols.ts";
import { proxyUpgrade } from "./proxy-upgrade.ts";
import { acceptSpdyProtocol, type UpgradeRequest } from "./remote-streams.ts";
import { SpdyConnection } from "./spdy/spdy-connection.ts";
import type { SpdyStream } from "./spdy/spdy-stream.ts";
import { acceptWebSocket, offeredProtocols, openWebSocket, tunnelOf } from "./websocket/adapter.ts";
import { WebSocketChannels } from "./websocket/channels.ts";

/** Connects to a port of the pod. What it throws is reported to the client. */
export type Dial = (port: number) => Promise<Duplex>;

const tunnelProtocol = tunnelPrefix + portForwardProtocol;
const oldProtocols = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

/**
 * Serves a port-forward from `dial`, to SPDY, tunnelling and old WebSocket clients. Resolves when the
 * connection is over; never rejects.
 */
export async function servePortForward(
  request: UpgradeRequest,
  context: StreamingContext,
  dial: Dial,
): Promise<void> {
  const { req, socket, head } = request;
  socket.on("error", () => socket.destroy());
  if (!wantsWebSocket(req)) {
    const protocol = acceptSpdyProtocol(request, [portForwardProtocol]);
    if (protocol === undefined) return;
    switchProtocols(socket, { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol });
    await serveSpdy(socket, head, context, dial);
  } else if (offeredProtocols(req).includes(tunnelProtocol)) {
    const websocket = await acceptWebSocket(req, socket, head, tunnelProtocol);
    if (websocket) await serveSpdy(tunnelOf(websocket), undefined, context, dial);
  } else {
    await serveChannels(request, context, dial);
  }
}

/**
 * Serves a port-forward from `target` (a kubelet, or a container runtime's streaming URL): tunnelling
 * clients are unwrapped to SPDY, all others are passed through. Never rejects.
 */
export async function translatePortForward(
  request: UpgradeRequest,
  target: UpgradeTarget,
  context: StreamingContext,
): Promise<void> {
  const { req, socket, head } = request;
  const tunnelled = offeredProtocols(req).filter((name) => name.startsWith(tunnelPrefix));
  if (!wantsWebSocket(req) || tunnelled.length === 0) {
    return proxyUpgrade(request, target, context);
  }
  socket.on("error", () => socket.destroy());
  let answer;
  try {
    const versions = tunnelled.map((name) => name.slice(tunnelPrefix.length));
    answer = await askForSpdy(target, versions, context);
  } catch (cause) {
    const message = `error dialing backend: ${(cause as Error).message}`;
    answerError(socket, new ApiError("InternalError", message, { cause }));
    return;
  }
  if (!answer.socket) {
    const code = answer.response.statusCode ?? 502;
    const type = answer.response.headers["content-type"];
    const body = await readText(answer.response, streamingLimits.statusBytesMax);
    answerRaw(socket, code < 400 ? 502 : code, body, type ? { "content-type": type } : {});
    return;
  }
  const { socket: backend, response } = answer;
  const [version = portForwardProtocol] = headerList(response.headers["x-stream-protocol-version"]);
  const websocket = await acceptWebSocket(req, socket, head, tunnelPrefix + version);
  if (!websocket) {
    backend.destroy();
    return;
  }
  if (answer.head.length > 0) backend.unshift(answer.head);
  await splice(tunnelOf(websocket), backend, context.signal);
}

/** A port-forward as its client sees it. */
export interface PortForward extends Disposable {
  /** Opens a connection to a port of the pod. What goes wrong there destroys it with an Error. */
  connect(port: number): Promise<Duplex>;
  /** Resolves when the connection to the server is over. */
  readonly closed: Promise<void>;
}

/** Opens a port-forward through the API or a kubelet. Throws ApiError when it is refused. */
export async function openPortForward(
  target: UpgradeTarget,
  context: StreamingContext & { transport?: "websocket" | "spdy" },
): Promise<PortForward> {
  const { socket, head } = await openTransport(target, context);
  const connection = new SpdyConnection(socket, {
    role: "client",
    clock: context.clock,
    pingEveryMs: streamingLimits.pingEveryMs,
    ...(head && { head }),
  });
  const abort = (): void => void socket.destroy();
  context.signal.addEventListener("abort", abort, { once: true });
  let requests = 0;
  return {
    connect: (port) => connectPort(connection, port, requests++),
    closed: connection.closed.then(() => context.signal.removeEventListener("abort", abort)),
    [Symbol.dispose]: () => connection.close(),
  };
}

async function openTransport(
  target: UpgradeTarget,
  context: StreamingContext & { transport?: "websocket" | "spdy" },
): Promise<{ socket: Duplex; head?: Buffer }> {
  if (context.transport !== "spdy") {
    const { websocket } = await openWebSocket(target, [tunnelProtocol], context);
    return { socket: tunnelOf(websocket) };
  }
  const answer = await askForSpdy(target, [portForwardProtocol], context);
  if (!answer.socket) throw await refusal(answer.response);
  return answer;
}

function askForSpdy(target: UpgradeTarget, versions: string[], context: StreamingContext) {
  const headers = {
    upgrade: "SPDY/3.1",
    "x-stream-protocol-version": versions,
    "content-length": 0,
  };
  return requestUpgrade(target, { method: "POST", headers }, context);
}

async function connectPort(
  connection: SpdyConnection,
  port: number,
  requestId: number,
): Promise<Duplex> {
  const headers = (type: string): Map<string, string> =>
    new Map([
      ["streamtype", type],
      ["port", String(port)],
      ["requestid", String(requestId)],
    ]);
  const error = await connection.openStream(headers("error"));
  error.end();
  const data = await connection.openStream(headers("data"));
  void readText(error, streamingLimits.statusBytesMax).then((text) => {
    if (text !== "") data.destroy(new Error(text.trim()));
    return undefined;
  });
  return data;
}

interface Pair {
  error?: SpdyStream;
  data?: SpdyStream;
  /** Gives up on a pair that does not become complete. */
  timer: Disposable;
}

async function serveSpdy(
  socket: Duplex,
  head: Buffer | undefined,
  context: StreamingContext,
  dial: Dial,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const connection = new SpdyConnection(socket, {
    role: "server",
    clock: context.clock,
    ...(head && { head }),
    onStream(stream) {
      const type = stream.headers.get("streamtype");
      const port = portOf(stream.headers.get("port") ?? "");
      if ((type !== "error" && type !== "data") || !port) throw new Error("not a port-forward");
      const id = requestIdOf(stream, type);
      const pair = pairs.get(id) ?? { timer: expire(id) };
      if (pair[type]) throw new Error(`${type} stream already assigned`);
      pairs.set(id, pair);
      pair[type] = stream;
      if (!pair.error || !pair.data) return;
      pair.timer[Symbol.dispose]();
      pairs.delete(id);
      void forward({ data: pair.data, error: pair.error }, port, dial);
    },
  });
  function expire(id: string): Disposable {
    return context.clock.after(streamingLimits.streamCreationMs, () => {
      pairs.get(id)?.error?.end(`request ${id}: timed out waiting for streams`);
      pairs.get(id)?.data?.destroy();
      pairs.delete(id);
    });
  }
  const abort = (): void => void socket.destroy();
  context.signal.addEventListener("abort", abort, { once: true });
  await connection.closed;
  context.signal.removeEventListener("abort", abort);
  for (const pair of pairs.values()) pair.timer[Symbol.dispose]();
}

/** Old clients send no request id, but open `error` right before `data`. */
function requestIdOf(stream: SpdyStream, type: "error" | "data"): string {
  const given = stream.headers.get("requestid");
  if (given !== undefined && given !== "") return given;
  return `stream ${type === "error" ? stream.id : stream.id - 2}`;
}

async function forward(
  { data, error }: { data: Duplex; error: Duplex },
  port: number,
  dial: Dial,
): Promise<void> {
  error.resume();
  let backend: Duplex;
  try {
    backend = await dial(port);
  } catch (cause) {
    await report(error, port, cause as Error);
    data.destroy();
    return;
  }
  let failure: Error | undefined;
  backend.on("error", (cause) => (failure = cause));
  void copy(data, backend);
  await copy(backend, data);
  if (failure) await report(error, port, failure);
  await finishWriting(error);
  backend.destroy();
}

function report(error: Duplex, port: number, cause: Error): Promise<void> {
  error.write(`error forwarding port ${port}: ${cause.message}`);
  return finishWriting(error);
}

function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}

/** The channels of the n-th port are 2n (data) and 2n + 1 (error); each begins with the port number. */
async function serveChannels(
  { req, socket, head }: UpgradeRequest,
  { signal }: StreamingContext,
  dial: Dial,
): Promise<void> {
  const query = new URL(req.url ?? "/", "http://localhost").searchParams;
  const asked = headerList(query.getAll("ports").concat(query.getAll("port")));
  const ports = asked.map(portOf).filter((port) => port !== undefined);
  if (
    ports.length === 0 ||
    ports.length !== asked.length ||
    ports.length > streamingLimits.portsMax
  ) {
    answerError(socket, new ApiError("BadRequest", 'query parameter "port" is required'));
    return;
  }
  const offered = offeredProtocols(req);
  const protocol = offered.length === 0 ? "" : negotiate(offered, oldProtocols);
  if (protocol === undefined) {
    answerError(socket, new ApiError("Forbidden", "requested protocol(s) are not supported"));
    return;
  }
  const websocket = await acceptWebSocket(req, socket, head, protocol);
  if (!websocket) return;
  const abort = (): void => websocket.terminate();
  signal.addEventListener("abort", abort, { once: true });
  const channels = new WebSocketChannels(websocket, {
    role: "server",
    protocol,
    channels: ports.flatMap((_, index) => [index * 2, index * 2 + 1]),
  });
  const forwards = ports.map((port, index) => {
    const pair = { data: channels.channel(index * 2), error: channels.channel(index * 2 + 1) };
    const number = Buffer.from([port & 0xff, port >> 8]);
    pair.data.write(number);
    pair.error.write(number);
    return forward(pair, port, dial);
  });
  await Promise.all(forwards);
  channels.close();
  await channels.closed;
  signal.removeEventListener("abort", abort);
}
