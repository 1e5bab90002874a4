import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { ApiError } from "#machinery/errors.ts";
import { proxyUpgrade } from "#machinery/streaming/proxy-upgrade.ts";
import type { ApiResponse, ResponseHeaders } from "#apiserver/response.ts";
import type { ResourceContext } from "../context.ts";
import type { ConnectParts } from "./connect-parts.ts";
import { fetchFrom } from "./fetch.ts";
import { type ProxyTarget, proxyTarget } from "./proxy-target.ts";
import { admitConnect } from "./streams.ts";

/** Of one connection, not of the message (RFC 9110, 7.6.1); and what is none of the target's business. */
const dropped = new Set([
  "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
  "transfer-encoding", "upgrade", "authorization", "host", "content-length",
]); // prettier-ignore

/** `proxy` of a pod, Service or node: any HTTP request, passed on as it is. */
export async function proxy(context: ResourceContext, parts: ConnectParts): Promise<ApiResponse> {
  const { info, request, server } = context;
  const prefix = prefixOf(context);
  const rest = request.path.slice(prefix.length);
  const asksRoot = rest === "" && ["GET", "HEAD"].includes(request.method);
  if (asksRoot && !request.headers.upgrade) {
    const query = request.query.size > 0 ? `?${request.query.toString()}` : "";
    return { status: 301, headers: { location: `${prefix}/${query}` }, body: { kind: "none" } };
  }
  const target = proxyTarget(info, parts, server.chance);
  await admitConnect(context);
  const url = new URL(`${target.origin}${rest === "" ? "/" : rest}`);
  url.search = request.query.toString();
  const tls = target.tls ? { tls: target.tls } : {};
  const { incoming: req } = request;
  if (req) {
    const life = { clock: server.clock, signal: parts.signal };
    const take = (socket: Duplex, head: Uint8Array): void =>
      void proxyUpgrade({ req, socket, head: Buffer.from(head) }, { url, ...tls }, life);
    return { status: 101, headers: {}, body: { kind: "upgrade", upgrade: take } };
  }
  return passOn(context, { url, ...tls }, target, prefix);
}

async function passOn(
  { request }: ResourceContext,
  target: { url: URL },
  { origin }: ProxyTarget,
  prefix: string,
): Promise<ApiResponse> {
  const { method, signal } = request;
  const body = await request.body();
  const bytes = body instanceof Uint8Array && body.length > 0 ? { body } : {};
  const headers = forwarded(request.headers, request.remoteAddress);
  let answer: IncomingMessage;
  try {
    answer = await fetchFrom(target, { method, headers, ...bytes, signal });
  } catch (error) {
    const message = `error trying to reach service: ${(error as Error).message}`;
    throw new ApiError("ServiceUnavailable", message, { cause: error });
  }
  const { statusCode: status = 502 } = answer;
  const answered = responseHeaders(answer, origin, prefix);
  return { status, headers: answered, body: { kind: "stream", stream: answer } };
}

/** The part of the path that is ours: up to and including `/proxy`. */
function prefixOf({ info, request }: ResourceContext): string {
  const { path } = request;
  const marker = `/${info.resource}/`;
  const name = path.indexOf("/", path.indexOf(marker) + marker.length);
  return path.slice(0, name + "/proxy".length);
}

function forwarded(
  headers: ResourceContext["request"]["headers"],
  remoteAddress: string | undefined,
): Record<string, string | string[]> {
  const passed: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const isOurs = dropped.has(name) || name.startsWith("impersonate-") || name.startsWith(":");
    if (value !== undefined && !isOurs) passed[name] = value;
  }
  if (remoteAddress) passed["x-forwarded-for"] = remoteAddress;
  if (typeof headers.host === "string") passed["x-forwarded-host"] = headers.host;
  return passed;
}

/** Redirects of the target are for the client to follow, and lead through the proxy again. */
function responseHeaders(answer: IncomingMessage, origin: string, prefix: string): ResponseHeaders {
  const passed: ResponseHeaders = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    const isOurs = dropped.has(name) && name !== "content-length";
    if (value !== undefined && !isOurs) passed[name] = value;
  }
  const { location } = answer.headers;
  if (location === undefined) return passed;
  const resolved = new URL(location, `${origin}/`);
  if (resolved.origin === new URL(origin).origin) {
    passed["location"] = `${prefix}${resolved.pathname}${resolved.search}${resolved.hash}`;
  }
  return passed;
}
