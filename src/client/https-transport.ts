import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { backoffMs } from "#base/backoff.ts";
import { type Chance, jitter } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import { errorOf } from "./client.ts";
import type { ClientConfig } from "./config.ts";
import { jsonLines } from "./json-lines.ts";
import type { ApiAnswer, ApiCall, RawWatchEvent, StreamAnswer, Transport } from "./transport.ts";

/** How long a token read from a file is used before the file is read again. */
const tokenFileReadEveryMs = 60_000;
/** How often a call is tried again when the server was not there or asked to come back later. */
const retriesMax = 8;
const connectBackoff = { firstMs: 50, maxMs: 2_000 };
/** A server that asks for more than this is told to its caller instead. */
const retryAfterMsMax = 60_000;

/** What a transport over the network needs. */
export interface HttpsTransportOptions {
  config: ClientConfig;
  clock: Clock;
  chance: Chance;
  /** `coxswain-kubelet/v1.36`: the server derives the field manager from what precedes the slash. */
  userAgent?: string;
}

/**
 * HTTP/1.1 over TLS (or plain for `http:` servers) with kept-alive connections. Tries again when
 * the server refuses connections or answers 429 with Retry-After. Dispose it to close connections.
 */
export function httpsTransport(options: HttpsTransportOptions): Transport & Disposable {
  const { agent, open } = connection(options);
  const answer = (call: ApiCall) => retrying(open, call, options);
  return {
    async request(call) {
      const response = await answer(call);
      return { ...head(response), body: await readBody(response) };
    },
    async stream(call): Promise<StreamAnswer> {
      const response = await answer(call);
      const { status, headers } = head(response);
      if (status >= 400) throw errorOf({ status, body: await readBody(response) });
      return { status, headers, body: response };
    },
    async *watch(call) {
      const response = await answer(call);
      const { status } = head(response);
      if (status >= 400) throw errorOf({ status, body: await readBody(response) });
      try {
        for await (const line of jsonLines(plain(response))) yield line as RawWatchEvent;
      } catch (error) {
        // A watch that breaks ends; the reader resumes from what it has seen last.
        if (!call.signal?.aborted && !isConnectionError(error)) throw error;
      } finally {
        response.destroy();
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

type Open = (call: ApiCall) => Promise<http.IncomingMessage>;

/** Sends calls over kept-alive connections; resolves when the head of the answer is there. */
function connection(options: HttpsTransportOptions): { agent: http.Agent; open: Open } {
  const { config, clock } = options;
  const server = new URL(config.server);
  const lib = server.protocol === "http:" ? http : https;
  const agent = newAgent(config, server);
  const bearer = tokenSource(config, clock);
  const target = {
    protocol: server.protocol,
    hostname: server.hostname.replace(/^\[|\]$/g, ""),
    port: server.port,
    agent,
  };
  const basePath = server.pathname.replace(/\/$/, "");
  async function open(call: ApiCall): Promise<http.IncomingMessage> {
    const body = bodyOf(call);
    const headers = await headersOf(call, body, config, bearer, options.userAgent);
    const query = call.query?.toString();
    const path = `${basePath}${call.path}${query ? `?${query}` : ""}`;
    const signal = call.signal ? { signal: call.signal } : {};
    return new Promise((resolve, reject) => {
      const { method } = call;
      const request = lib.request({ ...target, path, method, headers, ...signal }, resolve);
      request.on("error", (error) => reject(withReuse(error, request.reusedSocket)));
      request.end(body);
    });
  }
  return { agent, open };
}

/** Opens with retries; the answer may still be an error of the API. */
async function retrying(
  open: Open,
  call: ApiCall,
  { clock, chance, config }: HttpsTransportOptions,
): Promise<http.IncomingMessage> {
  for (let attempt = 0; ; attempt++) {
    let waitMs: number | undefined;
    try {
      const response = await open(call);
      waitMs = attempt < retriesMax ? retryAfterMs(response) : undefined;
      if (waitMs === undefined) return response;
      response.resume();
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      if (attempt >= retriesMax || !mayRetry(error, call)) throw describe(error, config.server);
      waitMs = jitter(chance, backoffMs(connectBackoff, attempt), 0.5);
    }
    await clock.sleep(waitMs, call.signal);
  }
}

function newAgent(config: ClientConfig, server: URL): http.Agent {
  const common = { keepAlive: true, maxFreeSockets: 16, scheduling: "lifo" as const };
  if (server.protocol === "http:") return new http.Agent(common);
  return new https.Agent({
    ...common,
    ...(config.ca ? { ca: config.ca } : {}),
    ...(config.cert ? { cert: config.cert } : {}),
    ...(config.key ? { key: config.key } : {}),
    ...(config.tlsServerName ? { servername: config.tlsServerName } : {}),
    rejectUnauthorized: config.insecureSkipTlsVerify !== true,
  });
}

/** The bearer token, from the configuration or a file that others renew. */
function tokenSource(config: ClientConfig, clock: Clock): () => Promise<string | undefined> {
  const { tokenFile } = config;
  if (tokenFile === undefined) return () => Promise.resolve(config.token);
  let token = config.token;
  let readAt: number | undefined;
  return async () => {
    if (readAt === undefined || clock.monotonic() - readAt >= tokenFileReadEveryMs) {
      token = (await readFile(tokenFile, "utf8")).trim();
      readAt = clock.monotonic();
    }
    return token;
  };
}

function bodyOf(call: ApiCall): Uint8Array | string | undefined {
  const { body } = call;
  if (body === undefined || body instanceof Uint8Array) return body;
  return JSON.stringify(body);
}

async function headersOf(
  call: ApiCall,
  body: Uint8Array | string | undefined,
  config: ClientConfig,
  bearer: () => Promise<string | undefined>,
  userAgent = "coxswain/v1.36",
): Promise<http.OutgoingHttpHeaders> {
  const headers: http.OutgoingHttpHeaders = {
    accept: call.accept ?? "application/json",
    "accept-encoding": "gzip",
    "user-agent": userAgent,
  };
  if (body !== undefined) {
    headers["content-type"] = call.contentType ?? "application/json";
    headers["content-length"] = Buffer.byteLength(body);
  }
  const token = await bearer();
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  else if (config.username !== undefined) {
    const basic = Buffer.from(`${config.username}:${config.password ?? ""}`).toString("base64");
    headers["authorization"] = `Basic ${basic}`;
  }
  if (config.impersonate !== undefined) headers["impersonate-user"] = config.impersonate;
  return headers;
}

function head(response: http.IncomingMessage): Pick<ApiAnswer, "status" | "headers"> {
  return { status: response.statusCode ?? 0, headers: response.headers };
}

function plain(response: http.IncomingMessage): Readable {
  if (response.headers["content-encoding"] !== "gzip") return response;
  return response.pipe(createGunzip());
}

async function readBody(response: http.IncomingMessage): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of plain(response)) chunks.push(chunk as Uint8Array);
  const text = Buffer.concat(chunks).toString("utf8");
  if (!response.headers["content-type"]?.includes("json")) return text;
  return text === "" ? undefined : JSON.parse(text);
}

function retryAfterMs(response: http.IncomingMessage): number | undefined {
  if (response.statusCode !== 429 && response.statusCode !== 503) return undefined;
  const header = response.headers["retry-after"];
  if (header === undefined || !/^\d+$/.test(header)) return undefined;
  const waitMs = Number(header) * 1_000;
  return waitMs <= retryAfterMsMax ? waitMs : undefined;
}

function withReuse(error: Error, reusedSocket: boolean): Error {
  return Object.assign(error, { reusedSocket });
}

const refused = new Set(["ECONNREFUSED", "ENOENT", "EHOSTUNREACH", "ENETUNREACH"]);
const broken = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ETIMEDOUT"]);

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? "";
}

function isConnectionError(error: unknown): boolean {
  return broken.has(codeOf(error)) || (error as Error | undefined)?.message === "aborted";
}

/**
 * A refused connection means that nothing was sent. A kept-alive connection that the server closed
 * while we used it again may have carried the call, so only calls that do no harm twice go again.
 */
function mayRetry(error: unknown, call: ApiCall): boolean {
  if (refused.has(codeOf(error))) return true;
  if (!isConnectionError(error)) return false;
  return call.method === "GET" || (error as { reusedSocket?: boolean }).reusedSocket === true;
}

function describe(error: unknown, server: string): Error {
  return new Error(`no answer from the API server at ${server}`, { cause: error });
}
