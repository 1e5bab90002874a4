/**
 * The words that remote commands and port-forwards share on every transport: sub-protocol names, stream
 * types, which streams a request asks for, and how an exit status is said (KEP-4006).
 */
import { ApiError, type Status } from "../errors.ts";

/** Remote command versions by transport, as servers name them. */
export const spdyCommandProtocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v3.channel.k8s.io",
  "v2.channel.k8s.io",
  "channel.k8s.io",
] as const;
export const websocketCommandProtocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
] as const;
export const portForwardProtocol = "portforward.k8s.io";
/** Prefix of WebSocket sub-protocols whose messages carry the bytes of a SPDY connection. */
export const tunnelPrefix = "SPDY/3.1+";

export const streamTypes = ["stdin", "stdout", "stderr", "error", "resize"] as const;
export type StreamType = (typeof streamTypes)[number];

/** Channel numbers in WebSocket messages. */
export const channelNumbers: Readonly<Record<StreamType, number>> = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  error: 3,
  resize: 4,
};
/** In version 5 a message on this channel half-closes the channel that its one byte names. */
export const closeChannel = 255;

/** Which streams a remote command has. With a terminal stdout and stderr are one. */
export interface StreamOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

export interface TerminalSize {
  Width: number;
  Height: number;
}

/**
 * Reads the streams asked for from a query, in the API's words (`stdin=true`) or the kubelet's
 * (`input=1`). Throws BadRequest when none is asked for.
 */
export function streamOptionsOf(query: URLSearchParams): StreamOptions {
  const on = (...names: string[]): boolean =>
    names.some((name) => ["1", "true"].includes(query.get(name) ?? ""));
  const tty = on("tty");
  const options = {
    stdin: on("stdin", "input"),
    stdout: on("stdout", "output"),
    stderr: on("stderr", "error") && !tty,
    tty,
  };
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw new ApiError("BadRequest", "you must specify at least 1 of stdin, stdout, stderr");
  }
  return options;
}

/** The streams besides `error` that both sides must open for these options. */
export function streamsFor(options: StreamOptions, resizable = true): StreamType[] {
  const types = (["stdin", "stdout", "stderr"] as const).filter((type) => options[type]);
  return options.tty && resizable ? [...types, "resize"] : types;
}

/** The first of the client's protocols that the server knows. */
export function negotiate(
  offered: readonly string[],
  supported: readonly string[],
): string | undefined {
  return offered.find((protocol) => supported.includes(protocol));
}

/** Whether the error stream carries a JSON Status (version 4 on) or, before, a plain message. */
export function saysStatus(protocol: string): boolean {
  return /^v[45]\./.test(protocol);
}

/** Terminals can be resized from version 3 on; old WebSocket clients always may. */
export function supportsResize(protocol: string): boolean {
  return /^v[345]\./.test(protocol);
}

type ExecStatus = Pick<Status, "status"> & Partial<Status>;

/** The Status that a finished command is reported with. */
export function exitStatus(exitCode: number): ExecStatus {
  if (exitCode === 0) return { metadata: {}, status: "Success" };
  return {
    metadata: {},
    status: "Failure",
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: "NonZeroExitCode",
    details: { causes: [{ reason: "ExitCode", message: String(exitCode) }] },
  };
}

/** The Status for a command that could not be run; an ApiError keeps its own. */
export function failureStatus(error: unknown): ExecStatus {
  if (error instanceof ApiError) return error.toStatus();
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError("InternalError", `Internal error occurred: ${message}`, {
    details: { causes: [{ message }] },
  }).toStatus();
}

/**
 * The exit code that an error stream's text reports. Throws ApiError for a command
 * that did not run, or text that is no Status.
 */
export function exitCodeOf(text: string): number {
  let status: Partial<Status>;
  try {
    status = JSON.parse(text) as Partial<Status>;
  } catch {
    throw new ApiError("InternalError", text.trim());
  }
  if (status.status === "Success") return 0;
  const code = status.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (status.reason === "NonZeroExitCode" && /^-?\d+$/.test(code ?? "")) return Number(code);
  throw ApiError.fromStatus(status);
}
