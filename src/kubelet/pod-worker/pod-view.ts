/** Makes the status of one pod and shows it: at once, or a little later when a better one is near. */
import type { Timer } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import type { PodObservation } from "../observer/observation.ts";
import { isTerminalPhase } from "../pod/containers.ts";
import type { PodProber } from "../probes/prober.ts";
import { finalStatus, podStatusOf, type PodVerdict, rejectedStatus } from "../status/pod-status.ts";
import type { NodeContext, PodMemory } from "./pod-context.ts";
import { type Allocation, resizeConditions, resizeView } from "./resize.ts";

/** A status that says less than the next one is shown only if the next one takes this long. */
const showAfterMs = 300;

export interface PodViewOptions {
  readonly node: NodeContext;
  readonly memory: PodMemory;
  readonly prober: PodProber;
  readonly allocation: Allocation;
}

export class PodView implements Disposable {
  readonly #options: PodViewOptions;
  /** Some status of this pod has been shown by this kubelet. */
  #shown = false;
  #timer: Timer | undefined;

  constructor(options: PodViewOptions) {
    this.#options = options;
  }

  /** The status that follows from what is observed. */
  status(
    pod: Pod,
    observed: PodObservation,
    over?: { readonly verdict: PodVerdict | undefined },
  ): PodStatus {
    const { node, memory, prober, allocation } = this.#options;
    const resize = resizeView(observed, memory, allocation);
    return podStatusOf({
      pod,
      observed,
      old: node.statuses.get(pod),
      view: {
        failure: (name) => memory.failures.get(name),
        started: (id) => prober.started(id),
        ready: (id) => prober.ready(id),
        actuated: (id) => resize.actuated(id),
        allocated: (name) => resize.allocated(name),
      },
      nowMs: node.clock.now(),
      hostIps: node.hostIps(),
      runtimeName: node.runtimeName,
      isTerminal: over !== undefined,
      verdict: over?.verdict,
      extra: resizeConditions(allocation),
    });
  }

  /** Shows a status, now or, if the next one is `soon` to come, a little later. */
  show(pod: Pod, status: PodStatus, soon: boolean): void {
    if (!soon || !this.#shown) return this.showNow(pod, status);
    this.#timer ??= this.#options.node.clock.after(showAfterMs, () => this.showNow(pod, status));
  }

  /** A final phase is not shown before everything has been stopped: see `showLast`. */
  showNow(pod: Pod, status: PodStatus): void {
    this[Symbol.dispose]();
    if (isTerminalPhase(status.phase)) return;
    this.#shown = true;
    this.#options.node.statuses.set(pod, status);
  }

  /** The last status of a pod of which nothing runs any more. */
  showLast(pod: Pod, observed: PodObservation, verdict: PodVerdict | undefined): void {
    this[Symbol.dispose]();
    const { statuses } = this.#options.node;
    // A pod that had ended before this kubelet started: its status says all there is to say.
    if (isTerminalPhase(pod.status?.phase) && observed.containers.length === 0) return;
    const status = this.status(pod, observed, { verdict });
    statuses.set(pod, finalStatus(pod, status, statuses.get(pod)));
  }

  showRejected(pod: Pod, verdict: PodVerdict): void {
    const { node } = this.#options;
    node.recorder.warning(pod, verdict.reason, verdict.message);
    node.statuses.set(pod, rejectedStatus(pod, verdict, node.clock.now()));
  }

  /** Drops a status that waits to be shown. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
