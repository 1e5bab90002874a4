import type { ContainerStatus } from "#apis/core/container-status.ts";
import type { Pod } from "#apis/core/pod.ts";
import { age, ago, none } from "./format.ts";
import { printer } from "./printer.ts";

/** What `kubectl get pods` says of a pod: the most telling of its states. */
export const podPrinter = printer<Pod>(
  "Name, Ready, Status, Restarts, Age, IP!, Node!, Nominated Node!, Readiness Gates!",
  (pod, now) => {
    const { metadata, spec, status } = pod;
    const { ready, total, reason, restarts } = summarize(pod, now);
    return [
      metadata.name,
      `${ready}/${total}`,
      reason,
      restarts,
      age(pod, now),
      status?.podIPs?.[0]?.ip || none,
      spec.nodeName || none,
      status?.nominatedNodeName || none,
      readinessGates(pod),
    ];
  },
  {
    conditions: ({ status }) => {
      if (status?.phase !== "Succeeded" && status?.phase !== "Failed") return {};
      const reason = status.phase === "Succeeded" ? "Succeeded" : "Failed";
      const message =
        status.phase === "Succeeded" ? "The pod has completed successfully." : "The pod failed.";
      return { conditions: [{ type: "Completed", status: "True", reason, message }] };
    },
  },
);

interface Summary {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: string;
}

function summarize(pod: Pod, now: number): Summary {
  const { spec, status = {}, metadata } = pod;
  const sidecars = new Set(
    (spec.initContainers ?? [])
      .filter(({ restartPolicy }) => restartPolicy === "Always")
      .map(({ name }) => name),
  );
  let reason = status.reason || status.phase || "";
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.reason === "SchedulingGated") reason = "SchedulingGated";
  const init = summarizeInit(pod, sidecars);
  if (init.reason !== undefined) reason = init.reason;
  let ready = init.ready;
  let counted = init.counted;
  if (init.reason === undefined || isInitialized(pod)) {
    const main = summarizeMain(status.containerStatuses ?? [], reason);
    reason = main.reason;
    ready += main.ready;
    counted = [...sidecarStatuses(pod, sidecars), ...(status.containerStatuses ?? [])];
    if (reason === "Completed" && main.running) reason = isReady(pod) ? "Running" : "NotReady";
  }
  if (metadata.deletionTimestamp !== undefined) {
    if (status.reason === "NodeLost") reason = "Unknown";
    else if (status.phase !== "Succeeded" && status.phase !== "Failed") reason = "Terminating";
  }
  const total = (spec.containers ?? []).length + sidecars.size;
  return { ready, total, reason, restarts: restartsText(counted, now) };
}

function sidecarStatuses({ status }: Pod, sidecars: ReadonlySet<string>): ContainerStatus[] {
  return (status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name));
}

/** How far the init containers are; no reason once they are done. */
function summarizeInit({ spec, status }: Pod, sidecars: ReadonlySet<string>) {
  const statuses = status?.initContainerStatuses ?? [];
  const total = (spec.initContainers ?? []).length;
  let ready = 0;
  for (const [index, each] of statuses.entries()) {
    const { state, name } = each;
    const isSidecar = sidecars.has(name);
    if (state?.terminated && (state.terminated.exitCode ?? 0) === 0) continue;
    if (isSidecar && each.started) {
      if (each.ready) ready++;
      continue;
    }
    const counted = statuses.slice(0, index + 1);
    return { ready, counted, reason: initReason(each, index, total) };
  }
  return { ready, counted: statuses, reason: undefined };
}

function initReason({ state }: ContainerStatus, index: number, total: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated) {
    if (terminated.reason) return `Init:${terminated.reason}`;
    if (terminated.signal) return `Init:Signal:${terminated.signal}`;
    return `Init:ExitCode:${terminated.exitCode}`;
  }
  if (waiting?.reason && waiting.reason !== "PodInitializing") return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
}

function summarizeMain(statuses: readonly ContainerStatus[], initial: string) {
  let reason = initial;
  let ready = 0;
  let running = false;
  for (const { state, ready: isReady } of statuses.toReversed()) {
    const { waiting, terminated } = state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated?.reason) reason = terminated.reason;
    else if (terminated) {
      reason = terminated.signal
        ? `Signal:${terminated.signal}`
        : `ExitCode:${terminated.exitCode}`;
    } else if (isReady && state?.running) {
      running = true;
      ready++;
    }
  }
  return { reason, ready, running };
}

function hasCondition({ status }: Pod, wanted: string): boolean {
  return (
    status?.conditions?.some(({ type, status }) => type === wanted && status === "True") ?? false
  );
}

function isInitialized(pod: Pod): boolean {
  return hasCondition(pod, "Initialized");
}

function isReady(pod: Pod): boolean {
  return hasCondition(pod, "Ready");
}

/** `3 (5m ago)`: how often containers were started again, and when the last one died. */
function restartsText(statuses: readonly ContainerStatus[], now: number): string {
  let restarts = 0;
  let last = "";
  for (const { restartCount, lastState } of statuses) {
    restarts += restartCount ?? 0;
    const finished = lastState?.terminated?.finishedAt ?? "";
    if (finished > last) last = finished;
  }
  return restarts === 0 || last === "" ? String(restarts) : `${restarts} (${ago(last, now)} ago)`;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return none;
  const met = gates.filter(({ conditionType }) => hasCondition(pod, conditionType));
  return `${met.length}/${gates.length}`;
}
