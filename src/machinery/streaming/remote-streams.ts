/**
 * The streams of one remote command (stdin, stdout, stderr, error, resize), the same whichever protocol
 * carries them and whichever end we are: accepted from a client, or opened to a server.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { ApiError } from "../errors.ts";
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
import { watchIdle } from "./idle.ts";
import { streamingLimits } from "./limits.ts";
import {
  channelNumbers,
  negotiate,
  spdyCommandProtocols,
  type StreamOptions,
  streamsFor,
  type StreamType,
  streamTypes,
  supportsResize,
  websocketCommandProtocols,
} from "./protocols.ts";
import { SpdyConnection } from "./spdy/spdy-connection.ts";
import {
  acceptWebSocket,
  offeredProtocols,
  openWebSocket,
  type WebSocket,
} from "./websocket/adapter.ts";
import { WebSocketChannels } from "./websocket/channels.ts";

export interface RemoteStreams {
  /** The negotiated version, such as `v4.channel.k8s.io`; "" where a client named none. */
  readonly protocol: string;
  /** Absent for streams that were not asked for. `error` is always there. */
  readonly stream: Readonly<Partial<Record<StreamType, Duplex>>> & { readonly error: Duplex };
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  /** Says that all is said; the other side reads what is left and closes. */
  close(): void;
  /** Cuts the connection. */
  destroy(): void;
}

/** An upgrade request as Node's servers hand it over. */
export interface UpgradeRequest {
  req: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/**
 * Accepts a client's streams by WebSocket or SPDY. Undefined when the request could not be served; the
 * client has then been told.
 */
export async function acceptRemoteStreams(
  request: UpgradeRequest,
  options: StreamOptions,
  context: StreamingContext,
): Promise<RemoteStreams | undefined> {
  request.socket.on("error", () => request.socket.destroy());
  return wantsWebSocket(request.req)
    ? acceptByWebSocket(request, options, context)
    : acceptBySpdy(request, options, context);
}

/** Opens streams to a server by WebSocket version 5. Throws ApiError when it refuses. */
export async function openByWebSocket(
  target: UpgradeTarget,
  options: StreamOptions,
  context: StreamingContext,
): Promise<RemoteStreams> {
  const offered = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
  const { websocket, protocol } = await openWebSocket(target, offered, context);
  return overWebSocket(websocket, "client", protocol, options, context);
}

/** Opens streams to a server by SPDY. Throws ApiError when it refuses. */
export async function openBySpdy(
  target: UpgradeTarget,
  options: StreamOptions,
  context: StreamingContext,
): Promise<RemoteStreams> {
  const answer = await requestUpgrade(
    target,
    {
      method: "POST",
      headers: {
        upgrade: "SPDY/3.1",
        "x-stream-protocol-version": [...spdyCommandProtocols],
        "content-length": 0,
      },
    },
    context,
  );
  if (!answer.socket) throw await refusal(answer.response);
  const [protocol = ""] = headerList(answer.response.headers["x-stream-protocol-version"]);
  const connection = new SpdyConnection(answer.socket, {
    role: "client",
    clock: context.clock,
    head: answer.head,
    pingEveryMs: streamingLimits.pingEveryMs,
  });
  const types: StreamType[] = ["error", ...streamsFor(options, supportsResize(protocol))];
  try {
    const streams = await Promise.all(
      types.map((type) => connection.openStream(new Map([["streamtype", type]]))),
    );
    const stream = Object.fromEntries(types.map((type, index) => [type, streams[index]!]));
    return overSpdy(connection, answer.socket, protocol, stream, context);
  } catch (error) {
    answer.socket.destroy();
    throw error;
  }
}

async function acceptByWebSocket(
  { req, socket, head }: UpgradeRequest,
  options: StreamOptions,
  context: StreamingContext,
): Promise<RemoteStreams | undefined> {
  const offered = offeredProtocols(req);
  const protocol = offered.length === 0 ? "" : negotiate(offered, websocketCommandProtocols);
  if (protocol === undefined) {
    const supported = websocketCommandProtocols.join(" ");
    const message = `requested protocol(s) are not supported: ${offered.join(" ")}; supports ${supported}`;
    answerError(socket, new ApiError("Forbidden", message));
    return undefined;
  }
  const websocket = await acceptWebSocket(req, socket, head, protocol);
  if (!websocket) return undefined;
  const streams = overWebSocket(websocket, "server", protocol, options, context);
  streams.announce(options.stdout ? "stdout" : options.stderr ? "stderr" : "error");
  return streams;
}

function overWebSocket(
  websocket: WebSocket,
  role: "client" | "server",
  protocol: string,
  options: StreamOptions,
  { clock, signal }: StreamingContext,
): RemoteStreams & { announce(type: StreamType): void } {
  const idle = watchIdle(clock, streamingLimits.idleMs, () => websocket.terminate());
  const types: StreamType[] = ["error", ...streamsFor(options)];
  const channels = new WebSocketChannels(websocket, {
    role,
    protocol,
    channels: types.map((type) => channelNumbers[type]),
    onMessage: () => idle.touch(),
  });
  const abort = (): void => websocket.terminate();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  void channels.closed.then(() => {
    idle[Symbol.dispose]();
    signal.removeEventListener("abort", abort);
    return undefined;
  });
  const stream = Object.fromEntries(
    types.map((type) => [type, channels.channel(channelNumbers[type])]),
  );
  return {
    protocol,
    stream: stream as RemoteStreams["stream"],
    closed: channels.closed,
    close: () => channels.close(),
    destroy: () => channels.terminate(),
    announce: (type) => channels.announce(channelNumbers[type]),
  };
}

/** Negotiates a SPDY sub-protocol; undefined after the client has been refused. */
export function acceptSpdyProtocol(
  { req, socket }: UpgradeRequest,
  supported: readonly string[],
): string | undefined {
  const offered = headerList(req.headers["x-stream-protocol-version"]);
  if (!/spdy\/3\.1/i.test(req.headers.upgrade ?? "")) {
    answerRaw(socket, 400, "unable to upgrade: missing upgrade headers in request");
  } else if (offered.length === 0) {
    answerRaw(socket, 400, "unable to upgrade: X-Stream-Protocol-Version is required");
  } else {
    const protocol = negotiate(offered, supported);
    if (protocol !== undefined) return protocol;
    const message =
      "unable to upgrade: unable to negotiate protocol: " +
      `client supports [${offered.join(" ")}], server accepts [${supported.join(" ")}]`;
    const accepted = { "x-accepted-stream-protocol-versions": supported.join(", ") };
    answerRaw(socket, 403, message, accepted);
  }
  return undefined;
}

async function acceptBySpdy(
  request: UpgradeRequest,
  options: StreamOptions,
  context: StreamingContext,
): Promise<RemoteStreams | undefined> {
  const { socket, head } = request;
  const protocol = acceptSpdyProtocol(request, spdyCommandProtocols);
  if (protocol === undefined) return undefined;
  switchProtocols(socket, { Upgrade: "SPDY/3.1", "X-Stream-Protocol-Version": protocol });
  const stream: Partial<Record<StreamType, Duplex>> = {};
  const expected = 1 + streamsFor(options, supportsResize(protocol)).length;
  const all = Promise.withResolvers<boolean>();
  const connection = new SpdyConnection(socket, {
    role: "server",
    clock: context.clock,
    head,
    onStream(opened) {
      const type = streamTypes.find((name) => name === opened.headers.get("streamtype"));
      if (!type || stream[type]) throw new Error("unexpected stream type");
      stream[type] = opened;
      if (Object.keys(stream).length === expected) all.resolve(true);
    },
  });
  void connection.closed.then(() => all.resolve(false));
  const timer = context.clock.after(streamingLimits.streamCreationMs, () => all.resolve(false));
  const complete = await all.promise;
  timer[Symbol.dispose]();
  if (complete && stream.error) return overSpdy(connection, socket, protocol, stream, context);
  connection.close();
  return undefined;
}

function overSpdy(
  connection: SpdyConnection,
  socket: Duplex,
  protocol: string,
  stream: Partial<Record<StreamType, Duplex>>,
  { signal }: StreamingContext,
): RemoteStreams {
  const abort = (): void => void socket.destroy();
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const closed = connection.closed.then(() => signal.removeEventListener("abort", abort));
  return {
    protocol,
    stream: stream as RemoteStreams["stream"],
    closed,
    close: () => connection.close(),
    destroy: abort,
  };
}
