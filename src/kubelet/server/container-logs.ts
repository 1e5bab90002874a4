/** `/containerLogs/{namespace}/{pod}/{container}`: what `kubectl logs` reads. */
import { join } from "node:path";
import type { Clock } from "#base/clock.ts";
import { timeToMs } from "#machinery/time.ts";
import { type LogQuery, readLog } from "../logs/read-log.ts";
import type { ContainerObservation } from "../observer/observation.ts";
import { containerNamed } from "../pod/containers.ts";
import { type Answer, HttpError, type ServerRequest, textAnswer } from "./answer.ts";
import { findPod, loggedContainerId } from "./find-container.ts";
import type { KubeletView } from "./view.ts";

/** Answers with the log; refusals are 404 for unknown names and 400 for what is not there yet. */
export async function containerLogs(
  view: KubeletView,
  clock: Clock,
  { params, query, signal }: ServerRequest,
): Promise<Answer> {
  const { namespace = "", pod: podName = "", container = "" } = params;
  const wanted = logQueryOf(query, clock.now());
  const pod = findPod(view, { namespace, name: podName });
  if (!pod) throw new HttpError(404, `pod ${JSON.stringify(podName)} does not exist`);
  if (!containerNamed(pod, container)) {
    const names = `${JSON.stringify(container)} not found in pod ${JSON.stringify(podName)}`;
    throw new HttpError(404, `container ${names}`);
  }
  const { uid = "" } = pod.metadata;
  try {
    const id = loggedContainerId(pod, container, isOn(query.get("previous")));
    const found = () => view.observation(uid)?.containers.find((it) => it.id === id);
    // Nothing is written on a machine that is not real.
    if (view.host.simulated) return textAnswer("");
    const path = await logPathOf(view, id, found());
    const { files } = view.host;
    const isRunning = () => ["running", "created"].includes(found()?.state ?? "");
    const body = await readLog({ path, files, clock, isRunning, signal }, wanted);
    return { status: 200, contentType: "text/plain", body };
  } catch (error) {
    throw new HttpError(400, (error as Error).message, { cause: error });
  }
}

/** The observer may not have seen a new container yet, or the runtime has forgotten an old one. */
async function logPathOf(
  view: KubeletView,
  id: string,
  seen: ContainerObservation | undefined,
): Promise<string> {
  if (seen && seen.logPath !== "") return seen.logPath;
  const { status } = await view.cri.containerStatus(id);
  if (status.logPath === "") throw new Error(`container ${JSON.stringify(id)} has no log`);
  return join(status.logPath);
}

/** Reads PodLogOptions from a query. Throws 400 for what cannot be read, 422 for what makes no sense. */
export function logQueryOf(query: URLSearchParams, nowMs: number): LogQuery {
  const tail = query.get("tail");
  const tailLines = tail === "all" ? undefined : integer(tail ?? query.get("tailLines"), 0);
  const limitBytes = integer(query.get("limitBytes"), 1);
  const sinceSeconds = integer(query.get("sinceSeconds"), 1);
  const sinceTime = query.get("sinceTime") || undefined;
  const sinceTimeMs = timeToMs(sinceTime);
  if (sinceTime !== undefined && sinceTimeMs === undefined) throw undecodable();
  if (sinceTime !== undefined && sinceSeconds !== undefined) throw invalid();
  const sinceMs = sinceSeconds === undefined ? sinceTimeMs : nowMs - sinceSeconds * 1_000;
  const stream = streamOf(query.get("stream") ?? "All");
  if (stream && tailLines !== undefined) throw invalid();
  return {
    follow: isOn(query.get("follow")),
    timestamps: isOn(query.get("timestamps")),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(stream && { stream }),
  };
}

function streamOf(text: string): LogQuery["stream"] {
  if (text === "Stdout") return "stdout";
  if (text === "Stderr") return "stderr";
  if (text === "All") return undefined;
  throw invalid();
}

function integer(text: string | null, min: number): number | undefined {
  if (text === null || text === "") return undefined;
  if (!/^-?\d+$/.test(text)) throw undecodable();
  if (Number(text) < min) throw invalid();
  return Number(text);
}

function isOn(text: string | null): boolean {
  return text !== null && !["", "0", "false", "False", "FALSE", "f", "F"].includes(text);
}

function undecodable(): HttpError {
  return new HttpError(400, '{"message": "Unable to decode query."}');
}

function invalid(): HttpError {
  return new HttpError(422, '{"message": "Invalid request."}');
}
