/** The one place that knows the `ws` package: accepting and opening WebSocket connections. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

import { createWebSocketStream, WebSocket, WebSocketServer, type ServerOptions } from "ws";

import { headerList, refusal, type StreamingContext, type UpgradeTarget } from "../http-upgrade.ts";
import { streamingLimits } from "../limits.ts";

export type { WebSocket } from "ws";

/**
 * `ws` knows only protocol names that are HTTP tokens, which `SPDY/3.1+portforward.k8s.io` is not. So it
 * never sees them: they are put into, and taken from, the headers here.
 */
const protocolHeader = "sec-websocket-protocol";

/**
 * Completes a WebSocket handshake with `protocol` ("" answers none). The WebSocket is paused until somebody
 * listens. Undefined when the request was malformed; the client has then been told.
 */
export function acceptWebSocket(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocket | undefined> {
  return new Promise((resolve) => {
    const options: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: streamingLimits.websocketMessageBytesMax,
      closeTimeout: streamingLimits.finishMs,
    };
    const server = new WebSocketServer(options);
    if (protocol !== "") {
      server.on("headers", (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
    }
    delete req.headers[protocolHeader];
    socket.once("close", () => resolve(undefined));
    server.handleUpgrade(req, socket, head, (websocket) => {
      // Errors end in `close`, which is what everybody listens to.
      websocket.on("error", () => {});
      websocket.pause();
      resolve(websocket);
    });
  });
}

/** The sub-protocols a client offers, in its order of preference. */
export function offeredProtocols(req: IncomingMessage): string[] {
  return headerList(req.headers["sec-websocket-protocol"]);
}

/**
 * Opens a WebSocket, paused until somebody listens, and says which of the protocols the server chose.
 * Throws ApiError when the target refuses.
 */
export function openWebSocket(
  target: UpgradeTarget,
  protocols: readonly string[],
  { signal }: StreamingContext,
): Promise<{ websocket: WebSocket; protocol: string }> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const websocket = new WebSocket(websocketUrl(target), {
      ...target.tls,
      headers: { ...target.headers, [protocolHeader]: protocols.join(", ") },
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: streamingLimits.websocketMessageBytesMax,
      handshakeTimeout: streamingLimits.dialMs,
    });
    let protocol = "";
    websocket.once("upgrade", (response) => {
      protocol = response.headers[protocolHeader] ?? "";
      delete response.headers[protocolHeader];
    });
    const abort = (): void => websocket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    websocket.once("close", () => signal.removeEventListener("abort", abort));
    websocket.once("open", () => {
      websocket.pause();
      if (protocols.includes(protocol)) return resolve({ websocket, protocol });
      websocket.terminate();
      return reject(new Error(`server chose the unknown sub-protocol "${protocol}"`));
    });
    websocket.once("unexpected-response", (_request, response) => {
      void refusal(response).then(reject);
    });
    websocket.on("error", (error) => reject(signal.aborted ? signal.reason : error));
    return undefined;
  });
}

/** The bytes of all binary messages as one stream: how SPDY is tunnelled. */
export function tunnelOf(websocket: WebSocket): Duplex {
  return createWebSocketStream(websocket, { allowHalfOpen: false });
}

function websocketUrl({ url, socketPath }: UpgradeTarget): string {
  if (socketPath !== undefined) return `ws+unix:${socketPath}:${url.pathname}${url.search}`;
  return url.href.replace(/^http/, "ws");
}
