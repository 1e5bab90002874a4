/** What handlers of the kubelet's server return, and how it is written. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { UpgradeRequest } from "#machinery/streaming/remote-streams.ts";

/** A request after it was let in. */
export interface ServerRequest {
  readonly req: IncomingMessage;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Parts of the path by the names that the route gives them, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Aborts when the client is gone or the server ends. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

export type Handler = (request: ServerRequest) => Answer | Promise<Answer>;
/** Answers on the connection itself. */
export type UpgradeHandler = (
  request: ServerRequest,
  upgrade: UpgradeRequest,
) => void | Promise<void>;

/** A refusal; kubelets explain themselves in plain text. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const plainText = "text/plain; charset=utf-8";

export function textAnswer(text: string, status = 200): Answer {
  return { status, contentType: plainText, body: text };
}

export function jsonAnswer(value: object): Answer {
  return { status: 200, contentType: "application/json", body: JSON.stringify(value) };
}

/** Whatever was thrown, as status and text. */
export function failureOf(error: unknown): { status: number; text: string } {
  const status = error instanceof HttpError ? error.status : 500;
  return { status, text: error instanceof Error ? error.message : String(error) };
}

/** Writes an answer; resolves when it is written or nobody listens any more. Never rejects. */
export async function writeAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const { status, contentType, headers, body } = answer;
  if (typeof body === "string" || body instanceof Uint8Array) {
    const bytes = Buffer.from(body);
    const length = { "content-length": bytes.length };
    response.writeHead(status, { "content-type": contentType, ...length, ...headers });
    response.end(bytes);
    return;
  }
  response.writeHead(status, { "content-type": contentType, ...headers });
  response.flushHeaders();
  try {
    for await (const bytes of body) {
      if (response.destroyed) return;
      if (bytes.length > 0 && !response.write(bytes)) await drained(response);
    }
    response.end();
  } catch {
    // The status is out already: a cut connection is the only way to say that something is missing.
    response.destroy();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    function done(): void {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    }
    response.on("drain", done);
    response.on("close", done);
    if (response.destroyed) done();
  });
}
