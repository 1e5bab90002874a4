import { backoffMs } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { ClusterChange, SharedPod } from "./framework.ts";

/** Upstream's podInitialBackoffSeconds and podMaxBackoffSeconds. */
const backoffShape = { firstMs: 1_000, maxMs: 10_000 };
/** A pod that nothing has moved for this long is tried again anyway. */
const unschedulableMsMax = 5 * 60_000;

/** A pod that waits for a node. */
export interface QueuedPod {
  pod: SharedPod;
  key: ObjectKey;
  attempts: number;
  queuedAtMs: number;
  /** Plug-ins that rejected it the last time. */
  rejectedBy: ReadonlySet<string>;
  /** Not before this time, whatever happens. */
  backoffUntilMs: number;
  state: "active" | "backoff" | "unschedulable" | "gated" | "in-flight";
  /** Something helpful happened while it was being tried: its failure is stale. */
  movedInFlight: boolean;
}

/**
 * Pending pods: those to try now (by priority, then age), those that back off, those that wait for a
 * change that could help, and those that are gated.
 */
export class SchedulingQueue {
  readonly #clock: Clock;
  readonly #helps: (plugin: string, change: ClusterChange) => boolean;
  readonly #pods = new Map<ObjectKey, QueuedPod>();
  #wake: (() => void) | undefined;

  /** `helps`: whether a change may let a pod fit that the plug-in rejected. */
  constructor(clock: Clock, helps: (plugin: string, change: ClusterChange) => boolean) {
    this.#clock = clock;
    this.#helps = helps;
  }

  get size(): number {
    return this.#pods.size;
  }

  get(key: ObjectKey): QueuedPod | undefined {
    return this.#pods.get(key);
  }

  /** How many pods wait in each state. */
  counts(): Record<QueuedPod["state"], number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, gated: 0, "in-flight": 0 };
    for (const { state } of this.#pods.values()) counts[state]++;
    return counts;
  }

  /** Takes in a new or changed pending pod. */
  set(key: ObjectKey, pod: SharedPod): void {
    const gated = (pod.spec.schedulingGates ?? []).length > 0;
    const known = this.#pods.get(key);
    if (known && known.pod.metadata.uid === pod.metadata.uid) {
      const changed = needsChanged(known.pod, pod);
      known.pod = pod;
      if (gated && known.state !== "in-flight") known.state = "gated";
      else if (known.state === "gated") this.#activate(known);
      else if (changed && known.state === "unschedulable") this.#release(known);
      else if (changed) known.movedInFlight = true;
      return;
    }
    const queuedAtMs = this.#clock.now();
    const queued: QueuedPod = {
      pod, key, attempts: 0, queuedAtMs, rejectedBy: new Set(), backoffUntilMs: 0,
      state: gated ? "gated" : "active", movedInFlight: false,
    }; // prettier-ignore
    this.#pods.set(key, queued);
    if (!gated) this.#activate(queued);
  }

  /** The pod has a node, or is gone. */
  delete(key: ObjectKey): void {
    this.#pods.delete(key);
  }

  /** The pod to try next, marked as in flight; undefined when none is ready. */
  pop(): QueuedPod | undefined {
    const queued = this.#takeFirst();
    if (!queued) return undefined;
    queued.state = "in-flight";
    queued.attempts++;
    queued.movedInFlight = false;
    return queued;
  }

  /** The attempt failed: back off, or wait for a change that helps. */
  retry(queued: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    if (this.#pods.get(queued.key) !== queued) return;
    queued.rejectedBy = rejectedBy;
    queued.backoffUntilMs = this.#clock.now() + backoffMs(backoffShape, queued.attempts - 1);
    if (rejectedBy.size === 0 || queued.movedInFlight) return this.#release(queued);
    queued.state = "unschedulable";
    queued.queuedAtMs = Math.max(queued.queuedAtMs, 0);
    const { attempts } = queued;
    this.#clock.after(unschedulableMsMax, () => {
      if (queued.attempts === attempts && queued.state === "unschedulable") this.#release(queued);
    });
  }

  /** Something changed: pods that it may help are tried again. */
  moved(change: ClusterChange): void {
    for (const queued of this.#pods.values()) {
      if (queued.state !== "unschedulable" && queued.state !== "in-flight") continue;
      if (queued.state === "in-flight") {
        queued.movedInFlight = true;
        continue;
      }
      const helped = [...queued.rejectedBy].some((plugin) => this.#helps(plugin, change));
      if (helped) this.#release(queued);
    }
  }

  /** Resolves when a pod may be ready to try. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.#active.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** To active, once its back-off is over. */
  #release(queued: QueuedPod): void {
    const waitMs = queued.backoffUntilMs - this.#clock.now();
    if (waitMs <= 0) return this.#activate(queued);
    queued.state = "backoff";
    this.#clock.after(waitMs, () => {
      if (queued.state === "backoff" && this.#pods.get(queued.key) === queued)
        this.#activate(queued);
    });
  }

  /** Binary heap of pods to try: higher priority first, then the older. */
  readonly #active: QueuedPod[] = [];

  #activate(queued: QueuedPod): void {
    queued.state = "active";
    const heap = this.#active;
    let index = heap.push(queued) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!goesFirst(queued, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = queued;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #takeFirst(): QueuedPod | undefined {
    for (;;) {
      const first = this.#popHeap();
      if (!first) return undefined;
      // Deleted and gated pods stay in the heap until their turn comes.
      if (first.state === "active" && this.#pods.get(first.key) === first) return first;
    }
  }

  #popHeap(): QueuedPod | undefined {
    const heap = this.#active;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && goesFirst(heap[child + 1]!, heap[child]!)) child++;
      if (!goesFirst(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function goesFirst(a: QueuedPod, b: QueuedPod): boolean {
  const byPriority = (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0);
  return byPriority === 0 ? a.queuedAtMs < b.queuedAtMs : byPriority < 0;
}

/** Whether the update could change where the pod fits; its status does not count. */
function needsChanged(old: SharedPod, next: SharedPod): boolean {
  const needs = ({ metadata, spec }: SharedPod) =>
    JSON.stringify([metadata.labels, spec, metadata.deletionTimestamp]);
  return old.spec !== next.spec && needs(old) !== needs(next);
}
