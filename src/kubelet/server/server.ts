/**
 * The kubelet's HTTPS server on port 10250: what the API server asks a node for (logs, exec, attach,
 * port-forward, statistics, metrics) and what operators look at.
 */
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
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
export function startKubeletServer(
  _options: KubeletServerOptions,
  _context: KubeletServerContext,
): Promise<KubeletServer> {
  return Promise.reject(new Error("not here yet"));
}
