/** Ends running containers: preStop hook, their turn among sidecars, the signal, the grace period. */
import type { Pod } from "#apis/core/pod.ts";
import { isNotFound } from "../cri/cri.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import {
  containerNamed,
  fieldPathOf,
  initContainersOf,
  type PodContainer,
} from "../pod/containers.ts";
import { tryHandler } from "../probes/handlers.ts";
import type { NodeContext } from "./pod-context.ts";

/** Containers get at least this long, so that none is killed needlessly. */
const graceSecondsMin = 2;

export interface StopRequest {
  readonly pod: Pod;
  readonly container: PodContainer | undefined;
  readonly instance: Pick<ContainerObservation, "id">;
  readonly graceSeconds: number;
  /** The text of the Killing event. */
  readonly message: string;
  readonly podIp: string;
  /** Resolves when it is this container's turn, for sidecars. */
  readonly turn?: Promise<unknown> | undefined;
  readonly signal: AbortSignal;
}

/** The grace period of a container whose pod goes on: the probe's that failed, or the pod's. */
export function graceSecondsOf(
  pod: Pod,
  container: PodContainer | undefined,
  reason: "startup" | "liveness" | "other" = "other",
): number {
  const { deletionGracePeriodSeconds } = pod.metadata;
  if (deletionGracePeriodSeconds !== undefined) return deletionGracePeriodSeconds;
  const spec = container?.container;
  const probe =
    reason === "startup"
      ? spec?.startupProbe
      : reason === "liveness"
        ? spec?.livenessProbe
        : undefined;
  return (
    probe?.terminationGracePeriodSeconds ??
    pod.spec.terminationGracePeriodSeconds ??
    graceSecondsMin
  );
}

/** Ends one container. Resolves when it has ended. */
export async function stopContainer(node: NodeContext, request: StopRequest): Promise<void> {
  const { pod, container, instance, message, signal } = request;
  const { clock, recorder, cri } = node;
  const startedMs = clock.monotonic();
  const fieldPath = container && fieldPathOf(container);
  recorder.normal(pod, "Killing", message, { fieldPath });
  const left = () =>
    Math.max(0, request.graceSeconds - Math.floor((clock.monotonic() - startedMs) / 1_000));
  if (left() > 0) await runPreStop(node, request, left() * 1_000);
  if (request.turn && left() > 0) {
    await Promise.race([request.turn, clock.sleep(left() * 1_000, signal).catch(() => {})]);
  }
  const timeout = Math.max(graceSecondsMin, left());
  try {
    await cri.stopContainer(instance.id, timeout, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function runPreStop(node: NodeContext, request: StopRequest, graceMs: number): Promise<void> {
  const { pod, container, instance, podIp, signal } = request;
  const hook = container?.container.lifecycle?.preStop;
  if (!container || !hook) return;
  const tooLong = new AbortController();
  using timer = node.clock.after(graceMs, () => tooLong.abort());
  void timer;
  const target = {
    container: container.container,
    containerId: instance.id,
    podIp,
    timeoutSeconds: 0,
  };
  let failed = false;
  try {
    const both = AbortSignal.any([signal, tooLong.signal]);
    const outcome = await tryHandler(node, hook, target, both);
    failed = outcome.result !== "success" && !answeredHttp(hook, outcome.output);
  } catch {
    failed = !tooLong.signal.aborted && !signal.aborted;
  }
  if (failed) {
    const fieldPath = fieldPathOf(container);
    node.recorder.warning(pod, "FailedPreStopHook", "PreStopHook failed", { fieldPath });
  }
}

/** For a hook any HTTP answer is success. */
export function answeredHttp(hook: { httpGet?: unknown }, output: string): boolean {
  return hook.httpGet !== undefined && output.startsWith("HTTP probe failed with statuscode");
}

/** Ends everything of a pod that runs: regular containers at once, then sidecars in reverse order. */
export async function stopAllContainers(
  node: NodeContext,
  pod: Pod,
  observed: PodObservation,
  graceSeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const podIp = podIpOf(node, pod, observed);
  const running = observed.containers.filter(
    ({ state }) => state === "running" || state === "unknown",
  );
  const order = initContainersOf(pod).filter(({ kind }) => kind === "sidecar");
  const isSidecar = (name: string) => order.some(({ container }) => container.name === name);
  const stop = (instance: ContainerObservation, turn?: Promise<unknown>) =>
    stopContainer(node, {
      pod,
      container: containerNamed(pod, instance.name),
      instance,
      graceSeconds,
      message: `Stopping container ${instance.name}`,
      podIp,
      turn,
      signal,
    });
  const first = running.filter(({ name }) => !isSidecar(name)).map((instance) => stop(instance));
  const all = [...first];
  let before: Promise<unknown> = Promise.allSettled(first);
  for (const { container } of order.toReversed()) {
    const instances = running.filter(({ name }) => name === container.name);
    const stopping = instances.map((instance) => stop(instance, before));
    all.push(...stopping);
    before = Promise.allSettled([before, ...stopping]);
  }
  const failed = (await Promise.allSettled(all)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

/** The address where the pod's ports are reached. */
export function podIpOf(node: NodeContext, pod: Pod, observed: PodObservation): string {
  if (pod.spec.hostNetwork) return node.hostIps()[0] ?? "127.0.0.1";
  return observed.sandboxes[0]?.ips[0] ?? "";
}
