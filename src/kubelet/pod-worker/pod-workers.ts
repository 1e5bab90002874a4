/** All pod workers of a node: one per pod of the API or of a file, and the end of orphans. */
import type { Timer } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { PodObservation } from "../observer/observation.ts";
import { isMirrorPod, isTerminalPhase } from "../pod/containers.ts";
import type { PodVerdict } from "../status/pod-status.ts";
import type { NodeContext } from "./pod-context.ts";
import { PodWorker } from "./pod-worker.ts";
import type { ResizeRefusal } from "./resize.ts";

export interface PodWorkersOptions {
  readonly node: NodeContext;
  readonly admit: (pod: Pod, others: readonly Pod[]) => PodVerdict | undefined;
  readonly refuseResize: (pod: Pod, others: readonly Pod[]) => ResizeRefusal | undefined;
}

/** Grace period of containers whose pod nobody knows any more. */
const orphanGraceSeconds = 10;
const balanceAfterMs = 500;

export class PodWorkers {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #endingOrphans = new Set<string>();
  #balancing: Timer | undefined;

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  /** The pod is new or has changed. Mirror pods are nobody's work. */
  update(pod: Pod): void {
    if (isMirrorPod(pod)) return;
    const { uid = "" } = pod.metadata;
    const known = this.#workers.get(uid);
    if (known) return known.update(pod);
    const worker = new PodWorker(pod, {
      node: this.#options.node,
      admit: (it) => this.#options.admit(it, this.#others(it)),
      refuseResize: (it) => this.#options.refuseResize(it, this.#others(it)),
      onDone: (done) => this.#forget(done, worker),
    });
    this.#workers.set(uid, worker);
    worker.poke();
    this.#balanceSoon();
  }

  /** Many pods come and go together: their class is weighed once for all. */
  #balanceSoon(): void {
    const { clock, cgroups, host } = this.#options.node;
    if (host.simulated) return;
    this.#balancing ??= clock.after(balanceAfterMs, () => {
      this.#balancing = undefined;
      void cgroups.balance(this.activePods());
    });
  }

  /** The pod's object is gone. */
  remove(pod: Pod): void {
    this.#workers.get(pod.metadata.uid ?? "")?.remove();
  }

  get(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  /** The health of the pod's containers changed. */
  poke(uid: string): void {
    this.#workers.get(uid)?.poke();
  }

  /** The runtime has something else of the pod than it had. */
  lookAgain(uid: string): void {
    this.#workers.get(uid)?.lookAgain();
  }

  referencesChanged(uids: Iterable<string>): void {
    for (const uid of uids) this.#workers.get(uid)?.referencesChanged();
  }

  /** The pods of this node, newest version. */
  pods(): Pod[] {
    return Array.from(this.#workers.values(), ({ pod }) => pod);
  }

  /** The pods whose resources count as used. */
  activePods(): Pod[] {
    const active: Pod[] = [];
    for (const worker of this.#workers.values()) {
      if (worker.isActive && !isTerminalPhase(worker.pod.status?.phase)) active.push(worker.pod);
    }
    return active;
  }

  #others(pod: Pod): Pod[] {
    return this.activePods().filter(({ metadata }) => metadata.uid !== pod.metadata.uid);
  }

  #forget(uid: string, worker: PodWorker): void {
    if (this.#workers.get(uid) === worker) this.#workers.delete(uid);
    this.#balanceSoon();
    // Room was made: what waits for it may go on.
    for (const other of this.#workers.values()) {
      if (other.waitsForRoom) other.poke();
    }
  }

  /** Ends what the runtime has of pods that are no longer known. */
  async endOrphans(): Promise<void> {
    const { node } = this.#options;
    const orphans = Array.from(node.observer.all()).filter(
      ({ uid }) => !this.#workers.has(uid) && !this.#endingOrphans.has(uid),
    );
    await Promise.all(orphans.map((orphan) => this.#endOrphan(orphan)));
    for (const uid of await node.volumes.present()) {
      if (!this.#workers.has(uid)) await node.volumes.unmount(uid);
    }
    await node.cgroups.removeOthers(new Set(this.#workers.keys()));
  }

  async #endOrphan({ uid, namespace, name, sandboxes, containers }: PodObservation): Promise<void> {
    const { cri, log, observer } = this.#options.node;
    this.#endingOrphans.add(uid);
    log.info("ending containers of a pod that is gone", { pod: `${namespace}/${name}`, uid });
    try {
      const running = containers.filter(({ state }) => state === "running");
      await Promise.all(running.map(({ id }) => cri.stopContainer(id, orphanGraceSeconds)));
      for (const { id } of sandboxes) {
        await cri.stopPodSandbox(id);
        await cri.removePodSandbox(id);
      }
      for (const { id } of containers) await cri.removeContainer(id);
      await observer.refresh(uid);
    } catch (error) {
      log.warn("containers of a gone pod not ended", { pod: `${namespace}/${name}`, error });
    } finally {
      this.#endingOrphans.delete(uid);
    }
  }

  /** Forgets all pods without touching their containers. */
  stop(): void {
    this.#balancing?.[Symbol.dispose]();
    for (const worker of this.#workers.values()) worker.stop();
    this.#workers.clear();
  }
}
