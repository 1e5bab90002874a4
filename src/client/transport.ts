/**
 * How a client's calls reach an API server. Two implementations: `https-transport.ts`, and the
 * in-process one of `src/cluster/`, which hands objects over by reference: whatever comes out of a
 * transport is shared and must never be written to.
 */

/** Header names are lower-case. */
export type CallHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request, whatever the transport. */
export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Percent-encoded, without the query. */
  readonly path: string;
  readonly query?: URLSearchParams;
  /** An object is sent as JSON; bytes as they are. The transport may keep a reference to it. */
  readonly body?: object;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/** An answer with its body read and parsed: an object for JSON, a string for other text. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: CallHeaders;
  readonly body: unknown;
}

/** An answer whose body arrives over time (logs, proxied responses). */
export interface StreamAnswer {
  readonly status: number;
  readonly headers: CallHeaders;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A watch event as it is on the wire; the object of an `ERROR` is a Status. */
export interface RawWatchEvent {
  readonly type: string;
  readonly object: unknown;
}

export interface Transport {
  /** Resolves with whatever status the server gave; rejects only when there is no answer. */
  request(call: ApiCall): Promise<ApiAnswer>;
  /** @throws ApiError when the status is not 2xx. */
  stream(call: ApiCall): Promise<StreamAnswer>;
  /**
   * Events until the server ends the watch (then the iteration ends) or the signal aborts (then it
   * ends, too).
   * @throws ApiError when the server refuses the watch.
   */
  watch(call: ApiCall): AsyncIterable<RawWatchEvent>;
}
