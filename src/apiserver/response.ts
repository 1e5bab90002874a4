import type { Duplex } from "node:stream";
import type { DeepReadonly } from "#machinery/readonly.ts";

/** Header names in lower case. */
export type ResponseHeaders = Record<string, string | string[]>;

/** What happened to an object, as in-process watchers are told; `object` is shared. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: DeepReadonly<object>;
}

/** Where the encoded events of a watch go. */
export interface ByteSink {
  /** The bytes are shared with other watchers: whoever gets them must not change them. */
  write(bytes: Uint8Array): void;
  /** Bytes that were written but that the client has not taken yet. */
  readonly backlogBytes: number;
  end(): void;
}

export type ResponseBody =
  | { readonly kind: "none" }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** Large answers in parts, which are shared and must not be changed. */
  | { readonly kind: "chunks"; readonly chunks: readonly Uint8Array[] }
  /** In-process answers: a shared object, never to be written to. */
  | { readonly kind: "object"; readonly object: object }
  /** In-process watches. */
  | { readonly kind: "events"; readonly events: AsyncIterable<WatchEvent> }
  /** Watches over a socket: `start` is called once, the returned value stops it. */
  | { readonly kind: "watch"; start(sink: ByteSink): Disposable }
  /** Logs and proxied bodies. */
  | { readonly kind: "stream"; readonly stream: AsyncIterable<Uint8Array> }
  /** exec, attach, port-forward, WebSocket: takes the connection over and answers on it itself. */
  | { readonly kind: "upgrade"; upgrade(socket: Duplex, head: Uint8Array): void };

export interface ApiResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: ResponseBody;
}

/** An answer of bytes with a media type. */
export function bytesResponse(
  status: number,
  contentType: string,
  bytes: Uint8Array,
  headers: ResponseHeaders = {},
): ApiResponse {
  headers["content-type"] = contentType;
  return { status, headers, body: { kind: "bytes", bytes } };
}

/** An answer of plain text, as health checks and unknown paths give it. */
export function textResponse(status: number, text: string): ApiResponse {
  return bytesResponse(status, "text/plain; charset=utf-8", Buffer.from(text), {
    "x-content-type-options": "nosniff",
  });
}
