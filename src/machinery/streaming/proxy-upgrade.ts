/**
 * A transparent reverse proxy for HTTP/1.1 upgrades (exec, attach, port-forward and whatever a pod serves):
 * API server → kubelet, and kubelet → the container runtime's streaming server.
 */
import type { IncomingMessage } from "node:http";

import { ApiError } from "../errors.ts";
import { readText, splice } from "./copy.ts";
import {
  answerError,
  answerRaw,
  requestUpgrade,
  type StreamingContext,
  type UpgradeTarget,
} from "./http-upgrade.ts";
import { watchIdle } from "./idle.ts";
import { streamingLimits } from "./limits.ts";
import type { UpgradeRequest } from "./remote-streams.ts";

/** Headers of one hop, and those by which the client proved who it is to us, not to the target. */
const notForwarded =
  /^(host|connection|content-length|transfer-encoding|authorization|impersonate-.*)$/;

/**
 * Passes an upgrade request on and joins both connections. Answers other than 101 go back as they are; a
 * target that cannot be reached is an InternalError. Resolves when all is over; never rejects.
 */
export async function proxyUpgrade(
  { req, socket, head }: UpgradeRequest,
  target: UpgradeTarget,
  context: StreamingContext,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  let answer;
  try {
    answer = await requestUpgrade(
      target,
      { method: req.method ?? "GET", headers: forwarded(req) },
      { clock: context.clock, signal: AbortSignal.any([context.signal, gone.signal]) },
    );
  } catch (cause) {
    const message = `error dialing backend: ${(cause as Error).message}`;
    answerError(socket, new ApiError("InternalError", message, { cause }));
    return;
  }
  if (!answer.socket) {
    await answerAsIs(socket, answer.response);
    return;
  }
  socket.write(rawHead(answer.response));
  if (answer.head.length > 0) socket.write(answer.head);
  if (head.length > 0) answer.socket.write(head);
  const { socket: backend } = answer;
  const idle = watchIdle(context.clock, streamingLimits.idleMs, () => backend.destroy());
  for (const one of [socket, backend]) one.on("data", () => idle.touch());
  await splice(socket, backend, context.signal);
  idle[Symbol.dispose]();
}

function forwarded(req: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined && !notForwarded.test(name)) headers[name] = value;
  }
  const from = req.socket?.remoteAddress;
  const before = req.headers["x-forwarded-for"];
  if (from) headers["x-forwarded-for"] = before ? `${String(before)}, ${from}` : from;
  if (req.method !== "GET") headers["content-length"] = "0";
  return headers;
}

async function answerAsIs(socket: UpgradeRequest["socket"], response: IncomingMessage) {
  const code = response.statusCode ?? 502;
  const body = await readText(response, streamingLimits.statusBytesMax);
  if (code < 400) {
    const message = `invalid upgrade response: status code ${code}`;
    answerError(socket, new ApiError("InternalError", message));
    return;
  }
  const type = response.headers["content-type"];
  answerRaw(socket, code, body, type ? { "content-type": type } : {});
}

function rawHead(response: IncomingMessage): string {
  const lines: string[] = [];
  for (let index = 0; index < response.rawHeaders.length; index += 2) {
    lines.push(`${response.rawHeaders[index]}: ${response.rawHeaders[index + 1]}\r\n`);
  }
  return `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n${lines.join("")}\r\n`;
}
