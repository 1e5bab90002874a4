/**
 * Remote commands (exec, attach) from each side: `serveRemoteCommand` runs one for a client,
 * `translateRemoteCommand` serves a WebSocket client from a server that speaks SPDY, and
 * `runRemoteCommand` is the client. How the streams travel is `remote-streams.ts`'s business.
 */
import type { Readable, Writable } from "node:stream";

import { ApiError } from "../errors.ts";
import { copy, finishWriting, readText } from "./copy.ts";
import type { StreamingContext, UpgradeTarget } from "./http-upgrade.ts";
import { streamingLimits } from "./limits.ts";
import {
  exitCodeOf,
  exitStatus,
  failureStatus,
  saysStatus,
  type StreamOptions,
  type TerminalSize,
} from "./protocols.ts";
import {
  acceptRemoteStreams,
  openBySpdy,
  openByWebSocket,
  type RemoteStreams,
  type UpgradeRequest,
} from "./remote-streams.ts";

/** What a handler of remote commands works with; streams that the client did not ask for are absent. */
export interface CommandStreams {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** Terminal sizes as the client changes them. */
  resizes: AsyncIterable<TerminalSize>;
  tty: boolean;
  /** Aborts when the client is gone. */
  signal: AbortSignal;
}

/** Runs a command and returns its exit code; what it throws is reported as a failure to run. */
export type CommandHandler = (streams: CommandStreams) => Promise<number>;

/**
 * Serves one remote command from local streams, to SPDY and WebSocket clients alike. Resolves when the
 * connection is over; never rejects.
 */
export async function serveRemoteCommand(
  request: UpgradeRequest,
  options: StreamOptions,
  context: StreamingContext,
  handler: CommandHandler,
): Promise<void> {
  const remote = await acceptRemoteStreams(request, options, context);
  if (!remote) return;
  const gone = new AbortController();
  void remote.closed.then(() => gone.abort());
  const { stdin, stdout, stderr, resize } = remote.stream;
  let status: object;
  try {
    const exitCode = await handler({
      ...(stdin && { stdin }),
      ...(stdout && { stdout }),
      ...(stderr && { stderr }),
      resizes: resize ? terminalSizes(resize) : none(),
      tty: options.tty,
      signal: gone.signal,
    });
    status = exitStatus(exitCode);
  } catch (error) {
    const message = `error executing command in container: ${(error as Error).message}`;
    status = failureStatus(new Error(message, { cause: error }));
  }
  await finish(remote, JSON.stringify(status), context);
}

/**
 * Serves a WebSocket client (any version) from `target`, which is asked by SPDY: what the API server and
 * the kubelet do because container runtimes know no version 5. What the target refuses is reported on the
 * error channel. Resolves when both connections are over; never rejects.
 */
export async function translateRemoteCommand(
  request: UpgradeRequest,
  options: StreamOptions,
  target: UpgradeTarget,
  context: StreamingContext,
): Promise<void> {
  const client = await acceptRemoteStreams(request, options, context);
  if (!client) return;
  let server: RemoteStreams;
  try {
    server = await openBySpdy(target, options, context);
  } catch (error) {
    await finish(client, JSON.stringify(failureStatus(upgradeFailure(error))), context);
    return;
  }
  void client.closed.then(() => server.destroy());
  const [from, to] = [server.stream, client.stream];
  const status = readText(from.error, streamingLimits.statusBytesMax);
  const outputs: Promise<void>[] = [];
  if (from.stdout && to.stdout) outputs.push(copy(from.stdout, to.stdout));
  if (from.stderr && to.stderr) outputs.push(copy(from.stderr, to.stderr));
  if (to.stdin && from.stdin) void copy(to.stdin, from.stdin);
  if (to.resize && from.resize) void copy(to.resize, from.resize);
  else to.resize?.resume();
  await Promise.all(outputs);
  const text = complete(await status, server.protocol);
  server.close();
  await finish(client, text, context);
}

/** How a command ended on the far side. */
export interface CommandResult {
  exitCode: number;
}

/** The local ends of a command that runs elsewhere. */
export interface LocalStreams {
  stdin?: Readable;
  stdout?: Writable;
  stderr?: Writable;
  /** Terminal sizes to tell, the first one included. Ends when the command does. */
  resizes?: AsyncIterable<TerminalSize>;
  tty?: boolean;
}

/**
 * Runs a command through the API or a kubelet: `target.url` is the whole exec or attach URL. Resolves when it
 * ended and all its output is written. Throws ApiError when it could not run.
 */
export async function runRemoteCommand(
  target: UpgradeTarget,
  local: LocalStreams,
  context: StreamingContext & { transport?: "websocket" | "spdy" },
): Promise<CommandResult> {
  const tty = local.tty ?? false;
  const options = {
    stdin: local.stdin !== undefined,
    stdout: local.stdout !== undefined,
    stderr: local.stderr !== undefined && !tty,
    tty,
  };
  const open = context.transport === "spdy" ? openBySpdy : openByWebSocket;
  const remote = await open(target, options, context);
  const { stdin, stdout, stderr, error, resize } = remote.stream;
  const status = readText(error, streamingLimits.statusBytesMax);
  if (stdin && local.stdin) void copy(local.stdin, stdin);
  if (resize && local.resizes) void sendSizes(local.resizes, resize, remote.closed);
  // Local outputs stay open: they may be the process's own, or serve several commands.
  const outputs: Promise<void>[] = [];
  if (stdout && local.stdout) outputs.push(drainInto(stdout, local.stdout));
  if (stderr && local.stderr) outputs.push(drainInto(stderr, local.stderr));
  await Promise.all(outputs);
  try {
    const text = await status;
    context.signal.throwIfAborted();
    return { exitCode: exitCodeOf(complete(text, remote.protocol)) };
  } finally {
    if (stdin) local.stdin?.unpipe(stdin);
    remote.close();
  }
}

/** Lets all output leave, says how it ended, and waits for the client to close. */
async function finish(
  remote: RemoteStreams,
  status: string,
  { clock }: StreamingContext,
): Promise<void> {
  const { stdin, stdout, stderr, error, resize } = remote.stream;
  const timer = clock.after(streamingLimits.finishMs, () => remote.destroy());
  // What the client still sends is read and dropped: unread bytes would cut off what it has to read.
  stdin?.resume();
  resize?.resume();
  const outputs = [stdout, stderr].filter((stream) => stream !== undefined);
  const gone = remote.closed;
  await Promise.race([gone, Promise.all(outputs.map((stream) => finishWriting(stream)))]);
  const text = saysStatus(remote.protocol) ? status : plainMessage(status);
  if (text !== "") error.write(text);
  await Promise.race([gone, finishWriting(error)]);
  remote.close();
  await gone;
  timer[Symbol.dispose]();
}

/** Before version 4 the error stream carries a message, and nothing for success. */
function plainMessage(status: string): string {
  try {
    const { status: outcome, message } = JSON.parse(status) as Record<string, unknown>;
    return outcome === "Success" ? "" : String(message);
  } catch {
    return status;
  }
}

/** From version 4 on every command ends with a Status: without one the connection broke. */
function complete(text: string, protocol: string): string {
  if (text !== "") return text;
  const broken = new Error("the connection was lost before the command ended");
  return JSON.stringify(saysStatus(protocol) ? failureStatus(broken) : exitStatus(0));
}

/** A Status that the target answered with is passed on; anything else is our failure to reach it. */
function upgradeFailure(error: unknown): Error {
  if (error instanceof ApiError && error.reason !== "") return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Error(`unable to upgrade connection: ${message}`, { cause: error });
}

function drainInto(from: Readable, to: Writable): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ["end", "close", "error"]) from.once(event, () => resolve());
    to.once("close", () => {
      from.unpipe(to);
      from.resume();
    });
    from.pipe(to, { end: false });
  });
}

async function sendSizes(
  sizes: AsyncIterable<TerminalSize>,
  resize: Writable,
  closed: Promise<void>,
): Promise<void> {
  const iterator = sizes[Symbol.asyncIterator]();
  const over = closed.then(() => ({ done: true as const, value: undefined }));
  for (;;) {
    const next = await Promise.race([over, iterator.next()]);
    if (next.done) break;
    resize.write(JSON.stringify(next.value));
  }
  await iterator.return?.();
}

/** Terminal sizes from a stream of JSON objects; what is none is skipped. */
async function* terminalSizes(stream: Readable): AsyncGenerator<TerminalSize, void, undefined> {
  let text = "";
  for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += piece.toString();
    for (let end = text.indexOf("}"); end >= 0; end = text.indexOf("}")) {
      const size = parseSize(text.slice(0, end + 1));
      text = text.slice(end + 1);
      if (size) yield size;
    }
    if (text.length > streamingLimits.resizeBytesMax) text = "";
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as Record<string, unknown>;
    if (typeof Width === "number" && typeof Height === "number") return { Width, Height };
  } catch {
    // A client's nonsense does not end its session.
  }
  return undefined;
}

async function* none(): AsyncGenerator<TerminalSize, void, undefined> {}
