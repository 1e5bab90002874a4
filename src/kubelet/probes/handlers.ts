/** One try of a probe or lifecycle handler: an HTTP request, a connection, a command, a gRPC call. */
import http from "node:http";
import https from "node:https";
import { connect } from "node:net";
import type { Clock } from "#base/clock.ts";
import type { LifecycleHandler } from "#apis/core/lifecycle.ts";
import type { Probe } from "#apis/core/probe.ts";
import { type CriClient, CriError } from "../cri/cri.ts";
import type { AnyContainer } from "../pod/containers.ts";
import { tryGrpc } from "./grpc-health.ts";

export type Handler = Pick<Probe, "exec" | "httpGet" | "tcpSocket" | "grpc"> &
  Pick<LifecycleHandler, "sleep">;

/** `error`: the handler itself could not be tried. */
export interface Outcome {
  readonly result: "success" | "failure" | "error";
  readonly output: string;
}

export interface HandlerTarget {
  readonly container: AnyContainer;
  readonly containerId: string;
  readonly podIp: string;
  /** 0 waits as long as it takes. */
  readonly timeoutSeconds: number;
}

export interface HandlerContext {
  readonly cri: CriClient;
  readonly clock: Clock;
}

const redirectsMax = 10;
const bodyBytesMax = 10 * 1_024;

/** Tries the handler once. Rejects only when `signal` aborts. */
export async function tryHandler(
  context: HandlerContext,
  handler: Handler,
  target: HandlerTarget,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    if (handler.exec) return await tryExec(context, handler.exec.command ?? [], target, signal);
    if (handler.httpGet) return await tryHttp(context, handler.httpGet, target, signal);
    if (handler.tcpSocket) {
      const { host, port } = handler.tcpSocket;
      const at = { host: host || target.podIp, port: portOf(target.container, port) };
      return await tryTcp(context, at, target, signal);
    }
    if (handler.grpc) {
      const { port, service } = handler.grpc;
      const timeoutMs = target.timeoutSeconds * 1_000;
      const at = { host: target.podIp, port, service: service ?? "" };
      return await tryGrpc(context.clock, at, timeoutMs, signal);
    }
    if (handler.sleep) {
      await context.clock.sleep(handler.sleep.seconds * 1_000, signal);
      return { result: "success", output: "" };
    }
    return { result: "error", output: "no handler" };
  } catch (error) {
    if (signal.aborted) throw error;
    return { result: "error", output: textOf(error) };
  }
}

function textOf(error: unknown): string {
  if (error instanceof CriError) return error.rpcText;
  return error instanceof Error ? error.message : String(error);
}

async function tryExec(
  { cri }: HandlerContext,
  cmd: string[],
  { containerId, timeoutSeconds }: HandlerTarget,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const answer = await cri.execSync({ containerId, cmd, timeoutSeconds }, { signal });
    const output = Buffer.concat([answer.stdout, answer.stderr]).toString("utf8");
    return { result: answer.exitCode === 0 ? "success" : "failure", output };
  } catch (error) {
    if (!(error instanceof CriError) || error.code !== "DEADLINE_EXCEEDED") throw error;
    const command = JSON.stringify(cmd.join(" "));
    const output = `command timed out: ${command} timed out after ${timeoutSeconds}s`;
    return { result: "failure", output };
  }
}

type HttpGet = NonNullable<Handler["httpGet"]>;

async function tryHttp(
  context: HandlerContext,
  { scheme = "HTTP", host, port, path = "", httpHeaders = [] }: HttpGet,
  target: HandlerTarget,
  signal: AbortSignal,
): Promise<Outcome> {
  const authority = `${bracketed(host || target.podIp)}:${portOf(target.container, port)}`;
  const url = new URL(
    path.startsWith("/") ? path : `/${path}`,
    `${scheme.toLowerCase()}://${authority}`,
  );
  const headers: Record<string, string[]> = {};
  for (const { name, value } of httpHeaders) (headers[name.toLowerCase()] ??= []).push(value);
  headers["user-agent"] ??= ["kube-probe/1.36"];
  headers["accept"] ??= ["*/*"];
  const first = url.href.replace(`//${url.host}/`, `//${authority}/`);
  try {
    return await follow(context, url, headers, target.timeoutSeconds * 1_000, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = dialError(error, authority);
    return { result: "failure", output: `Get ${JSON.stringify(first)}: ${reason}` };
  }
}

/** Redirects on the same host are followed; one that leads elsewhere counts as healthy. */
async function follow(
  context: HandlerContext,
  start: URL,
  headers: Record<string, string[]>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Outcome> {
  let url = start;
  for (let hop = 0; hop <= redirectsMax; hop++) {
    const { status, location } = await get(context, url, headers, timeoutMs, signal);
    if (status < 200 || status >= 400) {
      return { result: "failure", output: `HTTP probe failed with statuscode: ${status}` };
    }
    if (status < 300 || location === undefined) return { result: "success", output: "" };
    const next = new URL(location, url);
    if (next.hostname !== start.hostname) return { result: "success", output: "" };
    url = next;
  }
  return { result: "failure", output: `stopped after ${redirectsMax} redirects` };
}

function get(
  { clock }: HandlerContext,
  url: URL,
  headers: Record<string, string[]>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<{ status: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const lib = url.protocol === "https:" ? https : http;
    const request = lib.request(
      url,
      { headers, agent: false, rejectUnauthorized: false, signal },
      (response) => {
        let bytes = 0;
        response.on("data", (chunk: Uint8Array) => {
          if ((bytes += chunk.length) > bodyBytesMax) finish();
        });
        response.on("error", finish);
        response.on("end", finish);
        function finish(): void {
          timer?.[Symbol.dispose]();
          resolve({ status: response.statusCode ?? 0, location: response.headers.location });
          response.destroy();
        }
      },
    );
    const timer =
      timeoutMs > 0
        ? clock.after(timeoutMs, () => request.destroy(new Error(timeoutText)))
        : undefined;
    request.on("error", (error) => {
      timer?.[Symbol.dispose]();
      reject(error);
    });
    request.end();
  });
}

const timeoutText = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";

function tryTcp(
  { clock }: HandlerContext,
  { host, port }: { host: string; port: number },
  { timeoutSeconds }: HandlerTarget,
  signal: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    const timer =
      timeoutSeconds > 0
        ? clock.after(timeoutSeconds * 1_000, () => socket.destroy(new Error("i/o timeout")))
        : undefined;
    const done = () => timer?.[Symbol.dispose]();
    socket.on("connect", () => {
      done();
      socket.destroy();
      resolve({ result: "success", output: "" });
    });
    socket.on("error", (error) => {
      done();
      if (signal.aborted) return reject(error);
      resolve({ result: "failure", output: dialError(error, `${bracketed(host)}:${port}`) });
    });
  });
}

/** A connection error as Go words it. */
export function dialError(error: unknown, address: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ECONNREFUSED: "connect: connection refused",
    EHOSTUNREACH: "connect: no route to host",
    ENETUNREACH: "connect: network is unreachable",
    ETIMEDOUT: "connect: connection timed out",
  };
  const known = code === undefined ? undefined : words[code];
  if (known) return `dial tcp ${address}: ${known}`;
  if (message === "i/o timeout") return `dial tcp ${address}: i/o timeout`;
  return message;
}

/** A port by number or by the name that the container gives it. Throws for an unknown name. */
export function portOf(container: AnyContainer, port: number | string): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named !== undefined) return named;
  if (/^\d+$/.test(port)) return Number(port);
  throw new Error(`couldn't find port: "${port}" in container ${container.name}`);
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
