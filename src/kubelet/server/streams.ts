/** exec, attach, port-forward, run: connections into containers, by way of the container runtime. */
import type { ApiError } from "#machinery/errors.ts";
import {
  answerRaw,
  type StreamingContext,
  wantsWebSocket,
} from "#machinery/streaming/http-upgrade.ts";
import { translatePortForward } from "#machinery/streaming/port-forward.ts";
import { type StreamOptions, streamOptionsOf } from "#machinery/streaming/protocols.ts";
import { proxyUpgrade } from "#machinery/streaming/proxy-upgrade.ts";
import { translateRemoteCommand } from "#machinery/streaming/remote-command.ts";
import type { UpgradeRequest } from "#machinery/streaming/remote-streams.ts";
import { offeredProtocols } from "#machinery/streaming/websocket/adapter.ts";
import { CriError } from "../cri/cri.ts";
import { containerNamed } from "../pod/containers.ts";
import {
  type Answer,
  failureOf,
  HttpError,
  type ServerRequest,
  textAnswer,
  type UpgradeHandler,
} from "./answer.ts";
import { type PodName, requirePod, runningContainer } from "./find-container.ts";
import type { KubeletView } from "./view.ts";

/** A command that `/run` waits for may take this long. */
const runTimeoutSeconds = 2 * 60;
/** From this version on clients half-close streams, which runtimes do not understand. */
const closingProtocol = "v5.channel.k8s.io";

function nameOf({ params }: ServerRequest): PodName {
  const { namespace = "", pod: name = "", uid } = params;
  return { namespace, name, uid };
}

/** Runs a command in a container with its streams on the connection. */
export function execHandler(view: KubeletView, context: StreamingContext): UpgradeHandler {
  return commandHandler(context, async (request, { stdin, stdout, stderr, tty }) => {
    const name = nameOf(request);
    const pod = requirePod(view, name);
    const { id } = runningContainer(view, pod, name, request.params["container"] ?? "");
    const cmd = request.query.getAll("command");
    return view.cri.exec({ containerId: id, cmd, tty, stdin, stdout, stderr });
  });
}

/** Joins the streams of a container's own program; whether they are a terminal is the container's matter. */
export function attachHandler(view: KubeletView, context: StreamingContext): UpgradeHandler {
  return commandHandler(context, async (request, { stdin, stdout, stderr }) => {
    const name = nameOf(request);
    const pod = requirePod(view, name);
    const wanted = request.params["container"] ?? "";
    const { id } = runningContainer(view, pod, name, wanted);
    const tty = containerNamed(pod, wanted)?.container.tty ?? false;
    return view.cri.attach({ containerId: id, tty, stdin, stdout, stderr });
  });
}

function commandHandler(
  context: StreamingContext,
  urlOf: (request: ServerRequest, options: StreamOptions) => Promise<string>,
): UpgradeHandler {
  return refusingRaw(async (request, upgrade) => {
    const options = optionsOf(request.query);
    const target = { url: new URL(await urlOf(request, options).catch(asHttpError)) };
    const translate =
      wantsWebSocket(upgrade.req) && offeredProtocols(upgrade.req).includes(closingProtocol);
    if (translate) await translateRemoteCommand(upgrade, options, target, context);
    else await proxyUpgrade(upgrade, target, context);
  });
}

function optionsOf(query: URLSearchParams): StreamOptions {
  try {
    return streamOptionsOf(query);
  } catch (error) {
    throw new HttpError(400, (error as ApiError).message);
  }
}

/** Connects to ports inside a pod. */
export function portForwardHandler(view: KubeletView, context: StreamingContext): UpgradeHandler {
  return refusingRaw(async (request, upgrade) => {
    const name = nameOf(request);
    const pod = requirePod(view, name);
    const { uid = "", namespace = "" } = pod.metadata;
    if (name.uid !== undefined && name.uid !== uid) throw new HttpError(404, "pod not found");
    const sandbox = view.observation(uid)?.sandboxes.find(({ ready }) => ready);
    const fullName = JSON.stringify(`${pod.metadata.name}_${namespace}`);
    if (!sandbox) throw new HttpError(500, `pod not found (${fullName})`);
    const ports = request.query
      .getAll("port")
      .flatMap((text) => text.split(","))
      .filter((text) => text !== "")
      .map(portOf);
    const asked = view.cri.portForward({ podSandboxId: sandbox.id, ports });
    const url = new URL(await asked.catch(asHttpError));
    await translatePortForward(upgrade, { url }, context);
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new HttpError(400, `invalid port ${JSON.stringify(text)}`);
}

/** `/run`: the command's output as the answer, for those without streams. */
export async function runCommand(view: KubeletView, request: ServerRequest): Promise<Answer> {
  const name = nameOf(request);
  const pod = requirePod(view, name);
  const { id } = runningContainer(view, pod, name, request.params["container"] ?? "");
  const cmd = (request.query.get("cmd") ?? "").split(" ");
  const timeoutSeconds = runTimeoutSeconds;
  const ask = { containerId: id, cmd, timeoutSeconds };
  const { stdout, stderr, exitCode } = await view.cri
    .execSync(ask, { signal: request.signal })
    .catch(asHttpError);
  const output = Buffer.concat([stdout, stderr]);
  if (exitCode !== 0) {
    throw new HttpError(
      500,
      `command '${cmd.join(" ")}' exited with ${exitCode}: ${output.toString()}`,
    );
  }
  return textAnswer(output.toString());
}

/** The runtime's refusals as status codes, as upstream's streaming library maps them. */
export function asHttpError(error: unknown): never {
  if (!(error instanceof CriError)) throw error;
  const status = { NOT_FOUND: 404, INVALID_ARGUMENT: 400, RESOURCE_EXHAUSTED: 429 };
  const code = status[error.code as keyof typeof status] ?? 500;
  throw new HttpError(code, error.rpcText, { cause: error });
}

/** Before the connection was taken over, a failure is an answer like any other. */
function refusingRaw(handler: UpgradeHandler): UpgradeHandler {
  return async (request, upgrade: UpgradeRequest) => {
    try {
      await handler(request, upgrade);
    } catch (error) {
      const { status, text } = failureOf(error);
      answerRaw(upgrade.socket, status, text, { "content-type": "text/plain; charset=utf-8" });
    }
  };
}
