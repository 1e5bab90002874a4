/**
 * The HTTP/1.1 side of an upgrade: asking a target for one, and answering on a raw socket when a request
 * with `Upgrade` has to be refused.
 */
import { request as httpRequest, STATUS_CODES } from "node:http";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import type { ConnectionOptions } from "node:tls";

import type { Clock } from "#base/clock.ts";

import { ApiError } from "../errors.ts";
import { readText } from "./copy.ts";
import { streamingLimits } from "./limits.ts";

/** Where an upgrade goes. */
export interface UpgradeTarget {
  /** `http:` or `https:`, with the whole path and query. */
  url: URL;
  /** Connect to this Unix socket instead of the URL's host. */
  socketPath?: string;
  /** Client certificate, CA, server name … for `https:`. */
  tls?: ConnectionOptions;
  /** Added to every request: `authorization`, for one. */
  headers?: Readonly<Record<string, string>>;
}

/** What a component gives every streaming call. */
export interface StreamingContext {
  clock: Clock;
  /** Ends everything at once. */
  signal: AbortSignal;
}

/** An upgraded connection: the 101 answer, the socket, and the bytes that came with the answer. */
export interface Upgraded {
  response: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** True for a request that asks for a WebSocket rather than for SPDY. */
export function wantsWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === "websocket";
}

/** All values of a header that may be repeated or separated by commas. */
export function headerList(value: string | string[] | undefined): string[] {
  const texts = Array.isArray(value) ? value : [value ?? ""];
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

/** Asks `target` to upgrade; the answer is either the connection or whatever it says instead. */
export function requestUpgrade(
  target: UpgradeTarget,
  ask: { method: string; headers: OutgoingHttpHeaders },
  { clock, signal }: StreamingContext,
): Promise<Upgraded | { response: IncomingMessage; socket?: undefined }> {
  return new Promise((resolve, reject) => {
    const start = target.url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = start(target.url, {
      ...target.tls,
      ...(target.socketPath === undefined ? {} : { socketPath: target.socketPath }),
      agent: false,
      method: ask.method,
      headers: { ...ask.headers, ...target.headers, connection: "Upgrade" },
      signal,
    });
    const timer = clock.after(streamingLimits.dialMs, () =>
      request.destroy(new Error(`no answer within ${streamingLimits.dialMs} ms`)),
    );
    const settled = (): void => timer[Symbol.dispose]();
    request.once("upgrade", (response, socket, head) => {
      settled();
      resolve({ response, socket, head });
    });
    request.once("response", (response) => {
      settled();
      resolve({ response });
    });
    request.once("error", (error) => {
      settled();
      reject(error);
    });
    request.end();
  });
}

/** The error that a refused upgrade means: the target's Status where it sent one. */
export async function refusal(response: IncomingMessage): Promise<ApiError> {
  const body = await readText(response, streamingLimits.statusBytesMax);
  const code = response.statusCode ?? 500;
  try {
    const status = JSON.parse(body) as { kind?: string };
    if (status.kind === "Status") return ApiError.fromStatus(status as object, code);
  } catch {
    // Not JSON: kubelets and container runtimes answer in plain text.
  }
  return new ApiError("", body.trim() || (STATUS_CODES[code] ?? "refused"), { code });
}

/** Answers a request whose socket was taken over for an upgrade, and closes it. */
export function answerRaw(
  socket: Duplex,
  code: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(body);
  const all = {
    connection: "close",
    "content-length": String(bytes.length),
    ...headers,
  };
  socket.on("error", () => socket.destroy());
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ""}\r\n${lines.join("")}\r\n`);
  // The HTTP server let go of this socket: nobody else would close it.
  socket.resume();
  socket.end(bytes, () => socket.destroy());
}

/** Answers with the error's Status, as any other API request would be. */
export function answerError(socket: Duplex, error: unknown): void {
  const status = ApiError.from(error).toStatus();
  answerRaw(socket, status.code, JSON.stringify(status), { "content-type": "application/json" });
}

/** Writes the 101 that turns the socket over to another protocol. */
export function switchProtocols(socket: Duplex, headers: Readonly<Record<string, string>>): void {
  const lines = Object.entries({ Connection: "Upgrade", ...headers });
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${text}\r\n`);
}
