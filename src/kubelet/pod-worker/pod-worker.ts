/**
 * The loop of one pod: observe, show the status, plan, do, and again until nothing is left to do;
 * then wait until something changes. Ends a pod that is deleted, evicted, past its deadline or
 * finished, and cleans up after it.
 */
import type { Pod } from "#apis/core/pod.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import { nothingObserved, type PodObservation } from "../observer/observation.ts";
import { isStaticPod, isTerminalPhase } from "../pod/containers.ts";
import { type PodProber, podProber } from "../probes/prober.ts";
import { containerHash } from "../runtime/labels.ts";
import { podLogDir } from "../runtime/sandbox-config.ts";
import type { PodVerdict } from "../status/pod-status.ts";
import { same } from "../status/status-patch.ts";
import { mountVolumes } from "./mount-volumes.ts";
import { planPod, type PodPlan } from "./plan.ts";
import { isWorthARound } from "./pod-change.ts";
import { deadlineMs, podGraceSeconds } from "./pod-times.ts";
import { PodView } from "./pod-view.ts";
import { type NodeContext, PodMemory } from "./pod-context.ts";
import {
  type Allocation,
  completeResize,
  grantResize,
  newAllocation,
  type ResizeRefusal,
  resizeView,
} from "./resize.ts";
import { applyPlan, leaveBackOff } from "./round.ts";
import { RoundLoop } from "./round-loop.ts";
import { removeSandboxes, stopSandboxes } from "./sandbox.ts";
import { StartFailure } from "./start-failure.ts";
import { podIpOf, stopAllContainers } from "./stop-container.ts";

export interface PodWorkerOptions {
  readonly node: NodeContext;
  /** Why the node does not take the pod; asked once, before anything is done for it. */
  readonly admit: (pod: Pod) => PodVerdict | undefined;
  readonly refuseResize: (pod: Pod) => ResizeRefusal | undefined;
  /** The worker has nothing left to do, ever. */
  readonly onDone: (uid: string) => void;
}

/** `new`: not admitted yet. `over`: everything is stopped; only the clean-up is left. */
type Phase = "new" | "running" | "ending" | "over" | "rejected";

const networkRetryMs = 1_000;
/** After a start failed the pod is looked at once more, so that its status shows the outcome. */
const lookAgainMs = 1_000;

export class PodWorker {
  readonly #options: PodWorkerOptions;
  readonly #memory: PodMemory;
  readonly #prober: PodProber;
  readonly #allocation: Allocation;
  readonly #view: PodView;
  readonly #loop: RoundLoop;
  #pod: Pod;
  #phase: Phase = "new";
  #removed = false;
  #verdict: PodVerdict | undefined;
  #graceOverride: number | undefined;
  /** The grace period that the current end was begun with. */
  #endingGrace = Infinity;
  #finished = false;
  #volumesStale = true;
  /** What the last round went by. */
  #seen: PodObservation | undefined;
  /** Set after a failed start: the round after the next shows what came of it. */
  #lookAgain = false;

  constructor(pod: Pod, options: PodWorkerOptions) {
    this.#pod = pod;
    this.#options = options;
    this.#memory = new PodMemory(options.node.clock.now());
    this.#prober = podProber(options.node);
    this.#allocation = newAllocation(pod);
    this.#view = new PodView({
      node: options.node,
      memory: this.#memory,
      prober: this.#prober,
      allocation: this.#allocation,
    });
    this.#loop = new RoundLoop({
      clock: options.node.clock,
      round: (signal) => this.#round(signal),
      onFailure: (error, retryInMs) => this.#report(error, retryInMs),
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Whether the pod's resources count as used on this node. */
  get isActive(): boolean {
    return this.#phase === "new" || this.#phase === "running" || this.#phase === "ending";
  }

  /** Whether a wish of the pod was put off until others make room. */
  get waitsForRoom(): boolean {
    return this.#allocation.pending?.reason === "Deferred";
  }

  /** Begins, or goes on after something changed. */
  poke(): void {
    this.#loop.poke();
  }

  /** The runtime has something else of the pod than it had. */
  lookAgain(): void {
    const { uid = "" } = this.#pod.metadata;
    if (this.#options.node.observer.get(uid) !== this.#seen) this.poke();
  }

  /** An object that the pod refers to changed. */
  referencesChanged(): void {
    this.#volumesStale = true;
    this.#memory.retryAtMs.clear();
    this.poke();
  }

  /** The pod's object changed. */
  update(pod: Pod): void {
    const old = this.#pod;
    this.#pod = pod;
    const { node } = this.#options;
    if (this.#mustEnd() && this.#graceSeconds() < this.#endingGrace) this.#loop.interrupt();
    if (!isWorthARound(old, pod)) {
      const shown = node.statuses.get(pod);
      if (this.#phase !== "new" && shown !== pod.status) node.statuses.set(pod, shown);
      return;
    }
    if (!same(old.metadata, pod.metadata)) this.#volumesStale = true;
    this.#memory.retryAtMs.clear();
    this.poke();
  }

  /** The pod's object is gone. */
  remove(): void {
    this.#removed = true;
    if (this.#graceSeconds() < this.#endingGrace) this.#loop.interrupt();
    this.poke();
  }

  /** Ends the pod although its object says otherwise. */
  evict(verdict: PodVerdict, graceSeconds?: number): void {
    if (this.#verdict) return;
    this.#verdict = verdict;
    this.#graceOverride = graceSeconds;
    this.#loop.interrupt();
    this.poke();
  }

  /** Forgets the pod without touching its containers: the kubelet ends. */
  stop(): void {
    this.#loop.stop();
    this.#view[Symbol.dispose]();
    this.#prober.stop(["startup", "liveness", "readiness"]);
  }

  #report(error: unknown, retryInMs: number): void {
    // These have told the user already.
    if (error instanceof StartFailure || error instanceof AggregateError) return;
    const { name, namespace } = this.#pod.metadata;
    const pod = `${namespace}/${name}`;
    this.#options.node.log.warn("pod round failed, will retry", { pod, retryInMs, error });
  }

  async #round(signal: AbortSignal): Promise<void> {
    if (this.#phase === "new") this.#admit();
    if (this.#phase === "rejected" || this.#phase === "over") return this.#cleanUp();
    if (this.#mustEnd()) return this.#end(signal);
    await this.#keepRunning(signal);
  }

  #admit(): void {
    const { admit } = this.#options;
    const pod = this.#pod;
    const known = this.#observed();
    const before = known.containers.length + known.sandboxes.length > 0 || pod.status?.startTime;
    if (!before && !this.#mustEnd()) {
      const verdict = admit(pod);
      if (verdict) {
        this.#view.showRejected(pod, verdict);
        this.#phase = "rejected";
        return;
      }
    }
    this.#phase = "running";
  }

  async #observe(): Promise<PodObservation> {
    const { observer } = this.#options.node;
    return (await observer.refresh(this.#pod.metadata.uid ?? "")) ?? nothingObserved(this.#pod);
  }

  #mustEnd(): boolean {
    const { metadata, status } = this.#pod;
    const over = !isStaticPod(this.#pod) && isTerminalPhase(status?.phase);
    return (
      this.#removed ||
      this.#finished ||
      over ||
      this.#verdict !== undefined ||
      metadata.deletionTimestamp !== undefined
    );
  }

  #graceSeconds(): number {
    return podGraceSeconds(this.#pod, this.#graceOverride);
  }

  /** Brings a pod that shall run one step further. */
  async #keepRunning(signal: AbortSignal): Promise<void> {
    const { node, refuseResize } = this.#options;
    const { clock, recorder } = node;
    const pod = this.#pod;
    const observed = this.#observed();
    this.#prober.follow(pod, observed, podIpOf(node, pod, observed));
    grantResize(node, pod, this.#allocation, refuseResize);
    const plan = this.#plan(observed);
    leaveBackOff(this.#memory, plan);
    if (plan.resize.length === 0 && plan.kill.length + plan.start.length === 0) {
      completeResize(node, pod, this.#allocation);
    }
    const status = this.#view.status(pod, observed);
    this.#view.show(pod, status, plan.start.length > 0 || plan.sandbox.do === "create");
    if (isTerminalPhase(status.phase) || plan.sandbox.do === "stop") return this.#finish();
    if (this.#pastDeadline(status)) return;
    const trouble = pod.spec.hostNetwork ? undefined : node.networkTrouble();
    if (trouble !== undefined && plan.sandbox.do === "create") {
      recorder.warning(pod, "NetworkNotReady", `network is not ready: ${trouble}`);
      return this.#loop.wakeAt(clock.now() + networkRetryMs);
    }
    await this.#mountVolumes(observed, signal);
    const outcome = await applyPlan({
      node,
      pod,
      memory: this.#memory,
      allocation: this.#allocation,
      observed,
      plan,
      onWait: () => void this.#showMeanwhile(),
      signal,
    });
    if (outcome.acted) {
      await this.#observe();
      this.#loop.poke();
    }
    if (outcome.failed) this.#lookAgain = true;
    else if (!outcome.acted) this.#scheduleNext(plan, status);
  }

  /** Shows how far things are while something takes long. */
  async #showMeanwhile(): Promise<void> {
    const { node } = this.#options;
    try {
      const observed = await this.#observe();
      if (this.#phase !== "running" || this.#loop.stopped) return;
      this.#prober.follow(this.#pod, observed, podIpOf(node, this.#pod, observed));
      this.#view.showNow(this.#pod, this.#view.status(this.#pod, observed));
    } catch (error) {
      node.log.debug("pod not observed", { pod: this.#pod.metadata.name, error });
    }
  }

  #observed(): PodObservation {
    this.#seen = this.#options.node.observer.get(this.#pod.metadata.uid ?? "");
    return this.#seen ?? nothingObserved(this.#pod);
  }

  #scheduleNext(plan: PodPlan, status: PodStatus): void {
    const { volumes, clock } = this.#options.node;
    const { uid = "" } = this.#pod.metadata;
    const again = this.#lookAgain && plan.backingOff.length > 0 ? clock.now() + lookAgainMs : null;
    this.#lookAgain = false;
    const times = [plan.wakeAtMs, volumes.refreshAtMs(uid), deadlineMs(this.#pod, status), again];
    const known = times.filter((time) => time !== undefined && time !== null);
    if (known.length > 0) this.#loop.wakeAt(Math.min(...known));
  }

  #plan(observed: PodObservation): PodPlan {
    const memory = this.#memory;
    return planPod({
      pod: this.#pod,
      observed,
      nowMs: this.#options.node.clock.now(),
      health: this.#prober,
      restartNotBefore: (name, endedAtMs) => memory.restartNotBefore(name, endedAtMs),
      retryNotBefore: (name) => memory.retryAtMs.get(name),
      replaced: memory.replaced,
      hashOf: containerHash,
      resize: resizeView(observed, memory, this.#allocation),
    });
  }

  async #mountVolumes(observed: PodObservation, signal: AbortSignal): Promise<void> {
    const { node } = this.#options;
    const renewAtMs = node.volumes.refreshAtMs(this.#pod.metadata.uid ?? "") ?? Infinity;
    if (!this.#volumesStale && node.clock.now() < renewAtMs) return;
    this.#volumesStale = false;
    try {
      await mountVolumes(node, this.#pod, this.#memory, observed, signal);
    } catch (error) {
      this.#volumesStale = true;
      throw error;
    }
  }

  #pastDeadline(status: PodStatus): boolean {
    const { clock, recorder } = this.#options.node;
    if (clock.now() < (deadlineMs(this.#pod, status) ?? Infinity)) return false;
    const message = "Pod was active on the node longer than the specified deadline";
    recorder.normal(this.#pod, "DeadlineExceeded", message);
    this.evict({ reason: "DeadlineExceeded", message });
    return true;
  }

  #finish(): void {
    this.#finished = true;
    this.#loop.poke();
  }

  /** Stops everything and shows the last status. */
  async #end(signal: AbortSignal): Promise<void> {
    const { node } = this.#options;
    this.#phase = "ending";
    this.#prober.stop(["startup", "liveness"]);
    this.#endingGrace = this.#graceSeconds();
    let observed = await this.#observe();
    const pod = this.#pod;
    if (!this.#removed) {
      this.#prober.follow(pod, observed, podIpOf(node, pod, observed));
      this.#view.showNow(pod, this.#view.status(pod, observed));
    }
    await stopAllContainers(node, pod, observed, this.#endingGrace, signal);
    // The sandbox's end is not to be hurried: an interrupted one would leave its network behind.
    await stopSandboxes(node, pod, observed);
    observed = await this.#observe();
    this.#prober.stop(["readiness"]);
    if (!this.#removed) this.#view.showLast(this.#pod, observed, this.#verdict);
    await node.volumes.unmount(pod.metadata.uid ?? "");
    await node.cgroups.remove(pod);
    this.#phase = "over";
    this.#loop.poke();
  }

  /** What is left to do for a pod that runs no more. */
  async #cleanUp(): Promise<void> {
    const { node, onDone } = this.#options;
    const pod = this.#pod;
    const { uid = "" } = pod.metadata;
    if (!this.#removed) {
      // Its file is still there: what is left of it can be looked at.
      if (isStaticPod(pod)) return;
      const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
      // At 0 the object waits for nobody but its finalizers.
      if (deletionTimestamp === undefined || deletionGracePeriodSeconds === 0) return;
      await node.statuses.finish(pod, node.statuses.get(pod));
      return;
    }
    const observed = await this.#observe();
    await removeSandboxes(node, observed);
    await node.host.files.remove(podLogDir(node.podLogsDir, pod));
    await this.#observe();
    node.statuses.forget(uid);
    node.images.forget(uid);
    this.stop();
    onDone(uid);
  }
}
