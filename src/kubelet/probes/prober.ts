/** Runs the probes of all running containers and knows which container is started and ready. */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Probe } from "#apis/core/probe.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import type { CriClient } from "../cri/cri.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import {
  fieldPathOf,
  initContainersOf,
  type PodContainer,
  regularContainersOf,
} from "../pod/containers.ts";
import { tryHandler, type Outcome } from "./handlers.ts";
import { type ProbeKind, ProbeWorker } from "./probe-worker.ts";

export interface ProberOptions {
  cri: CriClient;
  clock: Clock;
  chance: Chance;
  recorder: EventRecorder;
  /** Told the uid of the pod of which a container's health changed. */
  onChange: (uid: string) => void;
}

/** The probes of one pod. */
export interface PodProber {
  /** Probes exactly the containers that run now; `podIp` is where their ports are. */
  follow(pod: Pod, observed: PodObservation, podIp: string): void;
  started(containerId: string): boolean;
  ready(containerId: string): boolean;
  failed(containerId: string): "startup" | "liveness" | undefined;
  /** Stops probes that would end containers (the pod ends anyway), or all of them. */
  stop(kinds: readonly ProbeKind[]): void;
}

interface Probed {
  readonly container: PodContainer;
  /** What an earlier kubelet found out about this very container. */
  readonly before: { started: boolean; ready: boolean };
  readonly startedAtMs: number;
  readonly workers: Map<ProbeKind, ProbeWorker>;
}

const allKinds = ["startup", "liveness", "readiness"] as const;
const words: Record<ProbeKind, string> = {
  startup: "Startup",
  liveness: "Liveness",
  readiness: "Readiness",
};

export function podProber(options: ProberOptions): PodProber {
  return new Prober(options);
}

class Prober implements PodProber {
  readonly #options: ProberOptions;
  readonly #probed = new Map<string, Probed>();
  readonly #stopped = new Set<ProbeKind>();
  #pod: Pod | undefined;
  #podIp = "";

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  follow(pod: Pod, observed: PodObservation, podIp: string): void {
    this.#pod = pod;
    this.#podIp = podIp;
    const running = new Map<string, ContainerObservation>();
    for (const container of observed.containers) {
      if (container.state === "running") running.set(container.id, container);
    }
    for (const [id, { workers }] of this.#probed) {
      if (running.has(id)) continue;
      for (const worker of workers.values()) worker[Symbol.dispose]();
      this.#probed.delete(id);
    }
    for (const container of [...initContainersOf(pod), ...regularContainersOf(pod)]) {
      if (container.kind === "init" || !hasProbe(container)) continue;
      const instance = observed.containers.find(({ name }) => name === container.container.name);
      if (instance && running.has(instance.id)) this.#watch(instance, container);
    }
  }

  #watch({ id, startedAtMs }: ContainerObservation, container: PodContainer): void {
    let probed = this.#probed.get(id);
    if (!probed) {
      const before = shownBefore(this.#pod, id);
      probed = { container, before, startedAtMs, workers: new Map() };
      this.#probed.set(id, probed);
    }
    this.#startWorkers(id, probed);
  }

  /** The startup probe first; the others once it has succeeded. */
  #startWorkers(id: string, { container, before, startedAtMs, workers }: Probed): void {
    for (const kind of allKinds) {
      const probe = probeOf(container, kind);
      if (!probe || workers.has(kind) || this.#stopped.has(kind)) continue;
      if (kind === "startup" ? before.started : !this.started(id)) continue;
      const worker = new ProbeWorker({
        kind,
        probe,
        startedAtMs,
        ...this.#options,
        attempt: (signal) => this.#attempt(id, container, probe, signal),
        onFailure: (outcome) => this.#report(container, kind, outcome),
        onVerdict: () => {
          const probed = this.#probed.get(id);
          if (probed) this.#startWorkers(id, probed);
          this.#options.onChange(this.#pod?.metadata.uid ?? "");
        },
      });
      workers.set(kind, worker);
    }
  }

  #attempt(
    containerId: string,
    { container }: PodContainer,
    probe: Probe,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const timeoutSeconds = probe.timeoutSeconds ?? 1;
    const target = { container, containerId, podIp: this.#podIp, timeoutSeconds };
    return tryHandler(this.#options, probe, target, signal);
  }

  #report(container: PodContainer, kind: ProbeKind, { result, output }: Outcome): void {
    if (!this.#pod) return;
    const what = `${words[kind]} probe`;
    const message =
      result === "error"
        ? `${what} errored and resulted in unknown state: ${output}`
        : `${what} failed: ${output}`;
    const fieldPath = fieldPathOf(container);
    this.#options.recorder.warning(this.#pod, "Unhealthy", message, { fieldPath });
  }

  started(containerId: string): boolean {
    const probed = this.#probed.get(containerId);
    if (!probed || !probeOf(probed.container, "startup")) return true;
    return probed.before.started || probed.workers.get("startup")?.verdict === true;
  }

  ready(containerId: string): boolean {
    const probed = this.#probed.get(containerId);
    if (!probed || !probeOf(probed.container, "readiness")) return true;
    return probed.workers.get("readiness")?.verdict ?? probed.before.ready;
  }

  failed(containerId: string): "startup" | "liveness" | undefined {
    const workers = this.#probed.get(containerId)?.workers;
    if (workers?.get("startup")?.verdict === false) return "startup";
    return workers?.get("liveness")?.verdict === false ? "liveness" : undefined;
  }

  stop(kinds: readonly ProbeKind[]): void {
    for (const kind of kinds) {
      this.#stopped.add(kind);
      for (const { workers } of this.#probed.values()) workers.get(kind)?.[Symbol.dispose]();
    }
  }
}

/** What the pod's status says of this instance of a container. */
function shownBefore(pod: Pod | undefined, id: string): { started: boolean; ready: boolean } {
  const { containerStatuses = [], initContainerStatuses = [] } = pod?.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses].find(({ containerID }) =>
    containerID?.endsWith(`://${id}`),
  );
  return { started: status?.started ?? false, ready: status?.ready ?? false };
}

function probeOf({ container }: PodContainer, kind: ProbeKind): Probe | undefined {
  if (kind === "startup") return container.startupProbe;
  return kind === "liveness" ? container.livenessProbe : container.readinessProbe;
}

function hasProbe(container: PodContainer): boolean {
  return allKinds.some((kind) => probeOf(container, kind) !== undefined);
}
