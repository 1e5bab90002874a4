import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { Clock } from "#base/clock.ts";
import { ApiError } from "#machinery/errors.ts";
import { limits } from "../limits.ts";
import type { ApiRequest } from "../request.ts";

const noQuery = new URLSearchParams();
Object.freeze(noQuery);

/** What both HTTP versions of Node know of a request. */
export interface NodeRequestParts {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly stream: Readable;
  readonly socket: TLSSocket | undefined;
  readonly clock: Clock;
  /** The message, when it asks to upgrade the connection. */
  readonly upgrade?: IncomingMessage;
}

/** A request that came over a socket. What is not asked for is not made. */
export class NodeRequest implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly incoming?: IncomingMessage;
  readonly #stream: Readable;
  readonly #socket: TLSSocket | undefined;
  readonly #clock: Clock;
  #abort: AbortController | undefined;
  #isClosed = false;

  constructor({ method, url, headers, stream, socket, clock, upgrade }: NodeRequestParts) {
    this.method = method;
    const mark = url.indexOf("?");
    this.path = mark < 0 ? url : url.slice(0, mark);
    this.query = mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1));
    this.headers = headers;
    this.#stream = stream;
    this.#socket = socket;
    this.#clock = clock;
    if (upgrade) this.incoming = upgrade;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#isClosed) this.#abort.abort();
    return this.#abort.signal;
  }

  get remoteAddress(): string | undefined {
    return this.#socket?.remoteAddress;
  }

  get peer(): ApiRequest["peer"] {
    const socket = this.#socket;
    if (!socket?.authorized) return undefined;
    const { subject, raw } = socket.getPeerCertificate();
    if (!raw) return undefined;
    const list = (value: string | string[] | undefined) =>
      value === undefined ? [] : [value].flat();
    return { commonName: list(subject.CN)[0] ?? "", organizations: list(subject.O), der: raw };
  }

  /** The connection has gone or the answer is complete. */
  closed(): void {
    this.#isClosed = true;
    this.#abort?.abort();
  }

  /** Fails when the body is too large, comes too slowly or stops before its end. */
  async body(): Promise<Uint8Array> {
    const stream = this.#stream;
    const chunks: Buffer[] = [];
    let size = 0;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const late = this.#clock.after(limits.requestBodyMs, () => reject(tooSlow()));
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.requestBodyBytesMax) {
        stream.removeAllListeners("data");
        stream.resume();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    stream.on("end", () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.on("close", () => reject(new ApiError("BadRequest", "the request was cut off")));
    try {
      return await promise;
    } finally {
      late[Symbol.dispose]();
    }
  }
}

function tooSlow(): ApiError {
  return new ApiError("Timeout", "the body of the request did not arrive in time");
}

function tooLarge(): ApiError {
  const message = `Request entity too large: limit is ${limits.requestBodyBytesMax}`;
  return new ApiError("RequestEntityTooLarge", message);
}
