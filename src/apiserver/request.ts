import type { IncomingMessage } from "node:http";
import type { UserInfo } from "#machinery/strategy.ts";

/** The verbs of the API, as authorization, audit and metrics name them. */
export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection";

/** What a request asks for, read from its method, path and query alone. */
export type RequestInfo =
  | {
      readonly isResource: true;
      /** Lower-case verb; `connect`-like subresources (exec, proxy) map to get/create/…. */
      readonly verb: Verb;
      readonly path: string;
      readonly group: string;
      readonly version: string;
      /** Plural resource name. */
      readonly resource: string;
      /** "" when none. */
      readonly subresource: string;
      /** "" for cluster-scoped and all-namespaces requests. */
      readonly namespace: string;
      /** "" for collections. */
      readonly name: string;
      /** What follows the subresource (`proxy/a/b` → `a/b`). */
      readonly rest: string;
      /** Selectors as given, for field-aware authorization (KEP-4601). */
      readonly fieldSelector: string;
      readonly labelSelector: string;
    }
  | { readonly isResource: false; readonly verb: string; readonly path: string };

/** Headers in Node's lower-case form. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A request on its way through the pipeline, whatever transport it came by. */
export interface ApiRequest {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** The body: bytes from a socket, or an object handed over in-process; read once. */
  readonly body: () => Promise<Uint8Array | object | undefined>;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Set by trusted in-process callers, who skip authentication but nothing else. */
  readonly user?: UserInfo;
  /**
   * Set by in-process callers: answers and watch events are wanted as shared, read-only objects
   * instead of bytes.
   */
  readonly wantsObjects?: boolean;
  /** The verified client certificate, when TLS gave one. */
  readonly peer?:
    | {
        readonly commonName: string;
        readonly organizations: readonly string[];
        readonly der: Uint8Array;
      }
    | undefined;
  /** Set for requests to upgrade the connection: the message itself, for who takes it over. */
  readonly incoming?: IncomingMessage;
  /** The client's address, for audit and proxies. */
  readonly remoteAddress?: string | undefined;
}
