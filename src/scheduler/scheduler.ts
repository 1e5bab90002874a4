/**
 * The scheduler gives every pending pod a node. It reads pods, nodes and what constrains them, and
 * writes bindings, the PodScheduled condition, nominations, and (when it preempts) deletions.
 * Read cycle.ts first: it decides, purely; plugins/ hold the rules; this file watches and writes.
 */
import type { Chance } from "#base/chance.ts";
import { type Clock, rfc3339 } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { nextTurn } from "#base/turn.ts";
import type { Node } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { Client } from "#client/client.ts";
import { type EventRecorder, startEventRecorder } from "#client/event-recorder.ts";
import { isReason } from "#machinery/errors.ts";
import { keyOf } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { type Outcome, type Profile, schedule } from "./cycle.ts";
import type { ClusterChange, SharedPod } from "./framework.ts";
import { noNodeFits } from "./messages.ts";
import { podInfo, type PodInfo } from "./pod-info.ts";
import { defaultProfile } from "./plugins/all.ts";
import { planPreemption, type Preemption } from "./preemption.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { Snapshot } from "./snapshot.ts";
import { otherObjects, watchWorld, type World } from "./world.ts";

export interface SchedulerOptions {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  profiles?: readonly Profile[];
}

/** Pods scheduled before the event loop gets a turn for watches and bindings. */
const podsPerTurn = 16;
/** Bindings under way at once. */
const bindingsMax = 64;

/** Runs until the signal aborts. */
export async function runScheduler(options: SchedulerOptions): Promise<void> {
  await new Scheduler(options).run();
}

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #profiles: ReadonlyMap<string, Profile>;
  readonly #world: World;
  readonly #snapshot: Snapshot;
  readonly #queue: SchedulingQueue;
  readonly #recorders = new Map<string, EventRecorder>();
  #startAt = 0;
  #bindings = 0;
  #bindingDone: (() => void) | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    const profiles = options.profiles ?? [defaultProfile];
    this.#profiles = new Map(profiles.map((profile) => [profile.schedulerName, profile]));
    const helpedBy = new Map(
      profiles.flatMap(({ plugins }) => plugins.map((plugin) => [plugin.name, plugin.helpedBy])),
    );
    const helps = (plugin: string, change: ClusterChange) =>
      helpedBy.get(plugin)?.includes(change) ?? true;
    this.#queue = new SchedulingQueue(options.clock, helps);
    this.#world = watchWorld(options);
    this.#snapshot = new Snapshot(otherObjects(this.#world));
  }

  async run(): Promise<void> {
    const { signal, log } = this.#options;
    const world = this.#world;
    world.nodes.onChange((next, old) => this.#nodeChanged(next, old));
    await Promise.all(Object.values(world).map((informer) => informer.synced));
    world.pods.onChange((next, old) => this.#podChanged(next, old));
    world.claims.onChange(() => this.#queue.moved("ClaimChanged"));
    world.volumes.onChange(() => this.#queue.moved("VolumeChanged"));
    world.storageClasses.onChange(() => this.#queue.moved("VolumeChanged"));
    world.namespaces.onChange(() => this.#queue.moved("NamespaceChanged"));
    while (!signal.aborted) {
      await this.#queue.ready(signal);
      for (let i = 0; i < podsPerTurn && !signal.aborted; i++) {
        const queued = this.#queue.pop();
        if (!queued) break;
        try {
          this.#tryPod(queued);
        } catch (error) {
          log.error("scheduling failed", { pod: queued.key, error });
          this.#queue.retry(queued, new Set());
        }
        if (this.#bindings >= bindingsMax) {
          await new Promise<void>((resolve) => (this.#bindingDone = resolve));
        }
      }
      await nextTurn();
    }
  }

  #nodeChanged(next: DeepReadonly<Node> | undefined, old: DeepReadonly<Node> | undefined): void {
    if (next) this.#snapshot.setNode(next);
    else if (old) this.#snapshot.deleteNode(old.metadata.name);
    if (!next || (old && !nodeOffersMore(next, old))) return;
    this.#queue.moved(old ? "NodeChanged" : "NodeAdded");
  }

  #podChanged(next: SharedPod | undefined, old: SharedPod | undefined): void {
    const pod = (next ?? old)!;
    const key = keyOf(pod);
    if (next && !next.spec.nodeName) {
      if (next.metadata.deletionTimestamp || !this.#profiles.has(schedulerOf(next))) {
        this.#queue.delete(key);
      } else if (!this.#snapshot.isAssumed(next.metadata.uid ?? "")) {
        this.#queue.set(key, next);
      }
      return;
    }
    this.#queue.delete(key);
    if (next) {
      this.#snapshot.setPod(next);
      this.#queue.moved(old?.spec.nodeName ? "PodChanged" : "PodAdded");
    } else {
      this.#snapshot.deletePod(pod.metadata.uid ?? "");
      if (pod.spec.nodeName) this.#queue.moved("PodDeleted");
    }
  }

  #tryPod(queued: QueuedPod): void {
    const pod = podInfo(queued.pod);
    const profile = this.#profiles.get(schedulerOf(queued.pod))!;
    const outcome = schedule(profile, pod, this.#snapshot, {
      chance: this.#options.chance,
      startAt: this.#startAt,
      nominated: queued.pod.status?.nominatedNodeName,
    });
    if (!outcome.fits) return this.#noFit(queued, profile, pod, outcome);
    this.#startAt = (this.#startAt + outcome.nodesTried) % Math.max(1, this.#snapshot.nodes.length);
    this.#snapshot.assume(pod, outcome.node);
    this.#bindings++;
    void this.#bind(queued, pod, outcome.node).finally(() => {
      this.#bindings--;
      this.#bindingDone?.();
      this.#bindingDone = undefined;
    });
  }

  async #bind(queued: QueuedPod, pod: PodInfo, node: string): Promise<void> {
    const { client, log, signal } = this.#options;
    const { namespace = "", name, uid } = pod.pod.metadata;
    try {
      await client.bind({ namespace, name, uid }, node, { signal });
      const message = `Successfully assigned ${namespace}/${name} to ${node}`;
      this.#recorder(pod.pod).normal(pod.pod, "Scheduled", message, { action: "Binding" });
    } catch (error) {
      if (signal.aborted) return;
      this.#snapshot.forget(pod);
      if (isReason(error, "NotFound", "Conflict")) {
        // Gone, or bound by somebody else: the watch says which.
        log.debug("pod could not be bound", { pod: pod.key, node, error });
      } else {
        log.warn("binding failed, will retry", { pod: pod.key, node, error });
      }
      this.#queue.retry(queued, new Set());
    }
  }

  #noFit(
    queued: QueuedPod,
    profile: Profile,
    pod: PodInfo,
    outcome: Extract<Outcome, { fits: false }>,
  ): void {
    const { rejections, everywhere } = outcome;
    const nodes = this.#snapshot.nodes.length;
    let afterwards = "not found";
    let preemption: Preemption | undefined;
    if (!everywhere && nodes > 0) {
      const budgets = this.#world.budgets.list();
      const planned = planPreemption({
        profile,
        pod,
        snapshot: this.#snapshot,
        rejections,
        budgets,
      });
      if (planned.do === "preempt") preemption = planned.preemption;
      afterwards = `no new claims to deallocate, ${planned.do === "nothing" ? planned.why : ""}`;
      if (preemption) afterwards = "";
    }
    const all = everywhere ? [everywhere] : [...rejections.values()];
    const message =
      nodes === 0
        ? "no nodes available to schedule pods"
        : noNodeFits({ nodes, rejections: rejections.values(), everywhere, afterwards });
    this.#recorder(pod.pod).warning(pod.pod, "FailedScheduling", message, { action: "Scheduling" });
    const blockers = nodes === 0 ? ["NodeName"] : all.map(({ plugin }) => plugin);
    this.#queue.retry(queued, new Set(blockers));
    void this.#report(pod, message, preemption).catch((error: unknown) => {
      if (this.#options.signal.aborted || isReason(error, "NotFound")) return;
      this.#options.log.warn("pod status could not be written", { pod: pod.key, error });
    });
  }

  /** Writes why the pod waits and, when it preempts, makes its victims go. */
  async #report(pod: PodInfo, message: string, preemption: Preemption | undefined): Promise<void> {
    const { client, signal, log } = this.#options;
    if (preemption) {
      log.info("preempting", {
        pod: pod.key,
        node: preemption.node,
        victims: preemption.victims.length,
      });
      await Promise.all(
        preemption.victims.map((victim) => this.#evict(victim, pod, preemption.node)),
      );
    }
    const old = pod.pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
    const nominated = preemption?.node;
    const same =
      old?.status === "False" && old.reason === "Unschedulable" && old.message === message;
    if (same && (nominated === undefined || nominated === pod.pod.status?.nominatedNodeName))
      return;
    const { namespace, name } = pod.pod.metadata;
    const condition = {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastProbeTime: null,
      lastTransitionTime: old?.status === "False" ? old.lastTransitionTime : this.#now(),
    };
    const status = {
      conditions: [condition],
      ...(nominated === undefined ? {} : { nominatedNodeName: nominated }),
    };
    const at = { namespace, name };
    await client.patch(
      pods,
      at,
      { metadata: { uid: pod.uid }, status },
      {
        type: "strategic",
        subresource: "status",
        signal,
      },
    );
  }

  async #evict(victim: PodInfo, pod: PodInfo, node: string): Promise<void> {
    const { client, signal } = this.#options;
    const { namespace, name, uid } = victim.pod.metadata;
    const at = { namespace, name };
    const condition = {
      type: "DisruptionTarget",
      status: "True",
      reason: "PreemptionByScheduler",
      message: `${schedulerOf(pod.pod)}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: this.#now(),
    };
    const patch = { metadata: { uid }, status: { conditions: [condition] } };
    try {
      if (victim.pod.metadata.deletionTimestamp === undefined) {
        await client.patch(pods, at, patch, { type: "strategic", subresource: "status", signal });
        await client.delete(pods, at, { preconditions: uid === undefined ? {} : { uid }, signal });
      }
      const message = `Preempted by pod ${pod.uid} on node ${node}`;
      this.#recorder(pod.pod).normal(victim.pod, "Preempted", message, { action: "Preempting" });
    } catch (error) {
      if (!isReason(error, "NotFound", "Conflict")) throw error;
    }
  }

  #recorder(pod: SharedPod): EventRecorder {
    const component = schedulerOf(pod);
    const known = this.#recorders.get(component);
    if (known) return known;
    const made = startEventRecorder({ ...this.#options, component, style: "events" });
    this.#recorders.set(component, made);
    return made;
  }

  #now(): string {
    return rfc3339(this.#options.clock.now());
  }
}

function schedulerOf(pod: DeepReadonly<Pod>): string {
  return pod.spec.schedulerName || "default-scheduler";
}

/** Whether the node's change could let a pod fit that did not; heartbeats could not. */
function nodeOffersMore(next: DeepReadonly<Node>, old: DeepReadonly<Node>): boolean {
  const offer = ({ metadata, spec, status }: DeepReadonly<Node>) =>
    JSON.stringify([metadata.labels, spec, status?.allocatable]);
  return offer(next) !== offer(old);
}
