/**
 * The heart of the kubelet: what to do next for one pod, decided from its spec, what the runtime
 * has of it and what the worker remembers. Pure; `apply.ts` does it. Each plan is one round: after
 * it was applied the pod is observed and planned anew, until nothing is left to do.
 */
import type { Pod } from "#apis/core/pod.ts";
import {
  ephemeralContainersOf,
  initContainersOf,
  type PodContainer,
  regularContainersOf,
} from "../pod/containers.ts";
import {
  anythingRunning,
  type ContainerObservation,
  latestOf,
  type PodObservation,
  type SandboxObservation,
} from "../observer/observation.ts";
import { type ContainerResize, planResize, type ResizeView } from "./plan-resize.ts";
import { restartsAfter, restartsOnFailure, shallStart } from "./restart-policy.ts";

export interface PlanInput {
  readonly pod: Pod;
  readonly observed: PodObservation;
  readonly nowMs: number;
  /** What probes say of a running container, by its id. */
  readonly health: HealthView;
  /** When a container that ended may start again; undefined is at once. */
  readonly restartNotBefore: (name: string, endedAtMs: number) => number | undefined;
  /** When a start that failed for another reason may be tried again. */
  readonly retryNotBefore: (name: string) => number | undefined;
  /** Instances that were ended so that a new one takes their place, whatever their exit code. */
  readonly replaced: ReadonlySet<string>;
  /** The hash of a container's spec, to compare with that of its instance. */
  readonly hashOf: (container: PodContainer["container"]) => string;
  readonly resize: ResizeView;
}

export interface HealthView {
  /** Whether the container's startup probe has succeeded (or it has none). */
  started(containerId: string): boolean;
  /** The probe that found the container broken. */
  failed(containerId: string): "startup" | "liveness" | undefined;
}

/** Why a running container must end although its pod goes on. */
export type KillReason = "changed" | "startup" | "liveness" | "resize";

export interface ContainerKill {
  readonly container: PodContainer;
  readonly id: string;
  readonly reason: KillReason;
  /** The text of the Killing event. */
  readonly message: string;
}

export interface ContainerStart {
  readonly container: PodContainer;
  /** The instance that it replaces. */
  readonly previous: ContainerObservation | undefined;
  /** When an instance last ended by itself: what the restart back-off counts from. */
  readonly endedAtMs: number | undefined;
}

export interface PodPlan {
  /**
   * `keep`: start containers in this sandbox. `create`: stop what is left and make another.
   * `stop`: nothing of the pod shall run any more.
   */
  readonly sandbox:
    | { do: "keep"; sandbox: SandboxObservation }
    | { do: "create"; attempt: number; stopFirst: boolean }
    | { do: "stop" };
  readonly kill: readonly ContainerKill[];
  readonly start: readonly ContainerStart[];
  /** Containers that wait for the end of their restart back-off. */
  readonly backingOff: readonly { start: ContainerStart; untilMs: number }[];
  readonly resize: readonly ContainerResize[];
  /** When to plan again even if nothing happens. */
  readonly wakeAtMs: number | undefined;
}

const nothing = { kill: [], start: [], backingOff: [], resize: [], wakeAtMs: undefined } as const;

/** The next round for a pod that is not being deleted. */
export function planPod(input: PlanInput): PodPlan {
  const { pod, observed } = input;
  const current = usableSandbox(pod, observed);
  if (!current) return planSandbox(input);
  const here = inSandbox(observed, current.id);
  const round = new Round(input, here);
  for (const container of ephemeralContainersOf(pod)) round.ephemeral(container);
  const initialized = round.initContainers(initContainersOf(pod));
  if (initialized === "failed") return { ...nothing, sandbox: { do: "stop" } };
  if (initialized === "done") {
    const alive = round.regularContainers(regularContainersOf(pod));
    if (!alive) return { ...nothing, sandbox: { do: "stop" } };
  }
  round.resizes(pod);
  return { sandbox: { do: "keep", sandbox: current }, ...round.result() };
}

/** Without a sandbox that can be used, everything starts from the beginning, or nothing does. */
function planSandbox({ pod, observed }: PlanInput): PodPlan {
  const attempt = (observed.sandboxes[0]?.attempt ?? -1) + 1;
  const stopFirst = anythingRunning(observed);
  const hasRun = attempt > 0 && observed.containers.length > 0;
  if (hasRun && !restartsOnFailure(pod) && !pod.spec.containers.some(ownPolicyRestarts)) {
    return { ...nothing, sandbox: { do: "stop" } };
  }
  const regular = regularContainersOf(pod);
  const wanted = regular.some((container) => {
    const latest = latestOf(observed, container.container.name);
    return latest?.state !== "exited" || restartsAfter(pod, container, latest.exitCode);
  });
  const initialized = regular.some(({ container }) => latestOf(observed, container.name));
  if (!wanted && initialized) return { ...nothing, sandbox: { do: "stop" } };
  return { ...nothing, sandbox: { do: "create", attempt, stopFirst } };
}

function ownPolicyRestarts(container: { restartPolicy?: string | undefined }): boolean {
  return container.restartPolicy === "Always" || container.restartPolicy === "OnFailure";
}

/** The newest sandbox, if it is ready, has its address and no other one is ready too. */
export function usableSandbox(pod: Pod, observed: PodObservation): SandboxObservation | undefined {
  const [newest] = observed.sandboxes;
  if (!newest?.ready) return undefined;
  if (observed.sandboxes.filter(({ ready }) => ready).length > 1) return undefined;
  if (!pod.spec.hostNetwork && newest.ips.length === 0) return undefined;
  return newest;
}

function inSandbox(observed: PodObservation, sandboxId: string): PodObservation {
  const containers = observed.containers.filter((container) => container.sandboxId === sandboxId);
  return containers.length === observed.containers.length ? observed : { ...observed, containers };
}

/** Collects what one round does to the containers of a usable sandbox. */
class Round {
  readonly #input: PlanInput;
  /** Only what is in the current sandbox; earlier sandboxes count for restarts alone. */
  readonly #here: PodObservation;
  readonly #kill: ContainerKill[] = [];
  readonly #start: ContainerStart[] = [];
  readonly #backingOff: { start: ContainerStart; untilMs: number }[] = [];
  readonly #resize: ContainerResize[] = [];
  #wakeAtMs: number | undefined;

  constructor(input: PlanInput, here: PodObservation) {
    this.#input = input;
    this.#here = here;
  }

  result(): Omit<PodPlan, "sandbox"> {
    return {
      kill: this.#kill,
      start: this.#start,
      backingOff: this.#backingOff,
      resize: this.#resize,
      wakeAtMs: this.#wakeAtMs,
    };
  }

  ephemeral(container: PodContainer): void {
    if (!latestOf(this.#input.observed, container.container.name)) this.#begin(container);
  }

  /**
   * Init containers run one after the other, sidecars start in the same order and stay. `done`:
   * regular containers may run; `failed`: they never will.
   */
  initContainers(containers: readonly PodContainer[]): "done" | "waiting" | "failed" {
    const { pod } = this.#input;
    const latest = (container: PodContainer) => latestOf(this.#here, container.container.name);
    const initialized = regularContainersOf(pod).some((container) => latest(container));
    for (const [index, container] of containers.entries()) {
      const instance = latest(container);
      const later = initialized || containers.slice(index + 1).some((next) => latest(next));
      if (container.kind === "sidecar") {
        if (!this.#sidecar(container, instance) && !later) return "waiting";
        continue;
      }
      if (initialized) continue;
      if (instance?.state === "exited" && instance.exitCode === 0) continue;
      if (instance?.state === "running") return "waiting";
      if (instance?.state === "exited" && !restartsAfter(pod, container, instance.exitCode)) {
        return "failed";
      }
      this.#begin(container);
      return "waiting";
    }
    return "done";
  }

  /** Keeps a sidecar going; whether the containers after it may start. */
  #sidecar(container: PodContainer, instance: ContainerObservation | undefined): boolean {
    if (instance?.state !== "running") {
      this.#begin(container);
      return false;
    }
    if (this.#killIfBroken(container, instance, true)) return false;
    return this.#input.health.started(instance.id);
  }

  /** Whether any regular container runs or shall run. */
  regularContainers(containers: readonly PodContainer[]): boolean {
    const { pod, observed } = this.#input;
    let alive = false;
    for (const container of containers) {
      const here = latestOf(this.#here, container.container.name);
      const latest = here ?? latestOf(observed, container.container.name);
      if (here?.state !== "running") {
        // What ended in an earlier sandbox is judged by how it ended, what ran there starts anew.
        const lost = !here && latest?.state !== "exited";
        const replaced = latest !== undefined && this.#input.replaced.has(latest.id);
        if (lost || replaced || shallStart(pod, container, latest)) {
          this.#begin(container);
          alive = true;
        }
        continue;
      }
      const restarts = restartsAfter(pod, container, 137);
      if (!this.#killIfBroken(container, here, restarts) || restarts) alive = true;
    }
    return alive;
  }

  resizes(pod: Pod): void {
    for (const change of planResize(pod, this.#here, this.#input.resize)) {
      if (this.#kill.some(({ id }) => id === change.id)) continue;
      if (!change.restart) this.#resize.push(change);
      else {
        const { container, id } = change;
        const message = `Container ${container.container.name} resize requires restart`;
        this.#kill.push({ container, id, reason: "resize", message });
      }
    }
  }

  #killIfBroken(
    container: PodContainer,
    instance: ContainerObservation,
    restarts: boolean,
  ): boolean {
    const { name } = container.container;
    const { id } = instance;
    if (instance.hash !== "" && instance.hash !== this.#input.hashOf(container.container)) {
      const message = `Container ${name} definition changed, will be restarted`;
      this.#kill.push({ container, id, reason: "changed", message });
      return true;
    }
    const failed = this.#input.health.failed(id);
    if (!failed) return false;
    const message = `Container ${name} failed ${failed} probe${restarts ? ", will be restarted" : ""}`;
    this.#kill.push({ container, id, reason: failed, message });
    return true;
  }

  #begin(container: PodContainer): void {
    const { observed, nowMs, replaced, restartNotBefore, retryNotBefore } = this.#input;
    const { name } = container.container;
    const previous = latestOf(observed, name);
    // What was ended on purpose does not count as a crash; what crashed before it does.
    const ended = observed.containers.find(
      (it) => it.name === name && it.state === "exited" && !replaced.has(it.id),
    );
    const start = { container, previous, endedAtMs: ended?.finishedAtMs };
    const backoff = ended && restartNotBefore(name, ended.finishedAtMs);
    if (backoff !== undefined && backoff > nowMs) {
      this.#backingOff.push({ start, untilMs: backoff });
      return this.#wake(backoff);
    }
    const retry = retryNotBefore(name);
    if (retry !== undefined && retry > nowMs) return this.#wake(retry);
    this.#start.push(start);
  }

  #wake(atMs: number): void {
    this.#wakeAtMs = Math.min(this.#wakeAtMs ?? Infinity, atMs);
  }
}
