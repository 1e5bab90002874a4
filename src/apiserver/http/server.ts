import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from "node:http2";
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
} from "node:net";
import type { Duplex } from "node:stream";
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type TLSSocket,
} from "node:tls";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { limits } from "../limits.ts";
import type { ApiRequest } from "../request.ts";
import type { ApiResponse } from "../response.ts";
import { NodeRequest } from "./node-request.ts";
import { respond } from "./respond.ts";

/** PEM texts of a certificate chain and its key. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface HttpsServerOptions {
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly certificate: ServingCertificate;
  /** PEM of the authorities whose client certificates are believed. */
  readonly clientCa?: string;
  readonly host: string;
  /** Further addresses to listen on, at the same port. */
  readonly moreHosts?: readonly string[];
  /** 0: a free port. */
  readonly port: number;
}

/** HTTP/1.1 and HTTP/2 over TLS in front of the pipeline. */
export class HttpsServer implements AsyncDisposable {
  readonly #options: HttpsServerOptions;
  readonly #tls: TlsServer;
  readonly #http1: Server;
  readonly #http2: Http2Server;
  readonly #sockets = new Set<TLSSocket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #open = new Set<NodeRequest>();
  /** Watches and other streams that a stop has to end. */
  readonly #streaming = new Set<() => void>();
  /** Plain servers on the further addresses, that hand their connections to the first. */
  readonly #doors: NetServer[] = [];
  #isStopping = false;
  address: { host: string; port: number } = { host: "", port: 0 };

  private constructor(options: HttpsServerOptions) {
    this.#options = options;
    const { cert, key } = options.certificate;
    this.#http1 = createServer({
      keepAliveTimeout: limits.keepAliveMs,
      // Who was told that the body came too slowly and still sends is cut off.
      requestTimeout: 2 * limits.requestBodyMs,
    });
    this.#http1.on("request", (request, response) => this.#onRequest(request, response));
    this.#http1.on("clientError", (error, socket) => refuseMessage(error, socket));
    this.#http1.on(
      "upgrade",
      (request, socket, head) => void this.#onUpgrade(request, socket, head),
    );
    this.#http2 = createHttp2Server({ settings: { maxConcurrentStreams: 250 } });
    this.#http2.on("request", (request, response) => this.#onRequest(request, response));
    this.#http2.on("session", (session) => {
      this.#sessions.add(session);
      session.on("close", () => this.#sessions.delete(session));
    });
    this.#http2.on("sessionError", (error) => options.log.debug("session failed", { error }));
    this.#tls = createTlsServer({
      cert,
      key,
      minVersion: "TLSv1.2",
      ALPNProtocols: ["h2", "http/1.1"],
      ...(options.clientCa === undefined
        ? {}
        : { ca: options.clientCa, requestCert: true, rejectUnauthorized: false }),
    });
    this.#tls.on("secureConnection", (socket) => this.#onConnection(socket));
    this.#tls.on("tlsClientError", (error) => options.log.debug("handshake failed", { error }));
  }

  static async listen(options: HttpsServerOptions): Promise<HttpsServer> {
    const server = new HttpsServer(options);
    const tls = server.#tls;
    await listenOn(tls, options.port, options.host);
    const { address, port } = tls.address() as AddressInfo;
    server.address = { host: address, port };
    for (const host of options.moreHosts ?? []) {
      const door = createNetServer((socket) => void tls.emit("connection", socket));
      server.#doors.push(door);
      await listenOn(door, port, host);
    }
    return server;
  }

  /** New connections get this certificate; those that are open go on. */
  useCertificate({ cert, key }: ServingCertificate): void {
    const { clientCa: ca } = this.#options;
    this.#tls.setSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) });
  }

  /** Takes no more connections, ends watches, waits for requests that are under way, closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise<void>((resolve) => this.#tls.close(() => resolve()));
    for (const door of this.#doors) door.close();
    for (const end of this.#streaming) end();
    const { clock } = this.#options;
    const late = clock.after(limits.shutdownMs, () => this.#destroyAll());
    this.#http1.closeIdleConnections();
    for (const session of this.#sessions) session.close();
    if (this.#open.size === 0) this.#destroyAll();
    await closed;
    late[Symbol.dispose]();
  }

  #destroyAll(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #onConnection(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.setNoDelay(true);
    if (socket.alpnProtocol === "h2") this.#http2.emit("connection", socket);
    else this.#http1.emit("connection", socket);
  }

  #onRequest(
    incoming: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void {
    const request = this.#requestOf(incoming);
    this.#open.add(request);
    response.on("close", () => {
      request.closed();
      this.#open.delete(request);
      if (this.#isStopping && this.#open.size === 0) this.#destroyAll();
    });
    this.#answer(request, response).catch((error: unknown) => {
      this.#options.log.error("answer failed", { path: request.path, error });
      (response as ServerResponse).destroy();
    });
  }

  async #answer(
    request: NodeRequest,
    response: ServerResponse | Http2ServerResponse,
  ): Promise<void> {
    const answer = await this.#options.handle(request);
    if (answer.body.kind === "watch" || answer.body.kind === "stream") {
      const end = (): void => void (response as ServerResponse).end();
      this.#streaming.add(end);
      response.on("close", () => this.#streaming.delete(end));
      if (this.#isStopping) end();
    }
    await respond(request, response, answer, this.#options.log);
  }

  async #onUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const request = this.#requestOf(incoming, incoming);
    socket.on("error", () => {});
    socket.on("close", () => request.closed());
    const { status, headers, body } = await this.#options.handle(request);
    if (body.kind === "upgrade") return body.upgrade(socket, head);
    const bytes = body.kind === "bytes" ? body.bytes : Buffer.alloc(0);
    const lines = Object.entries({ ...headers, "content-length": String(bytes.length) }).flatMap(
      ([name, value]) => [value].flat().map((each) => `${name}: ${each}`),
    );
    socket.write(`HTTP/1.1 ${status} ${status < 400 ? "OK" : "Error"}\r\nconnection: close\r\n`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    socket.end(bytes);
  }

  #requestOf(
    incoming: IncomingMessage | Http2ServerRequest,
    upgrade?: IncomingMessage,
  ): NodeRequest {
    const socket = incoming.socket as TLSSocket | undefined;
    return new NodeRequest({
      method: incoming.method ?? "GET",
      url: incoming.url ?? "/",
      headers: incoming.headers,
      stream: incoming,
      socket,
      clock: this.#options.clock,
      ...(upgrade ? { upgrade } : {}),
    });
  }
}

/** What is no HTTP request gets the shortest answer that says so. */
function refuseMessage(error: Error & { code?: string }, socket: Duplex): void {
  const unknownMethod = error.code === "HPE_INVALID_METHOD";
  const status = unknownMethod ? "405 Method Not Allowed" : "400 Bad Request";
  if (socket.writable)
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  else socket.destroy();
}

function listenOn(server: NetServer, port: number, host: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
