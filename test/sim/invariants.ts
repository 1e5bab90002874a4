/**
 * What must hold at every step of a simulation, whatever fails. It is checked with every event that
 * the API server tells, in the order in which the changes were made.
 */
import { type Deployment, deployments } from "#apis/apps/deployment.ts";
import { type ReplicaSet, replicaSets } from "#apis/apps/replica-set.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { aborted, childSignal } from "#base/signal.ts";
import type { Client } from "#client/client.ts";
import { ApiError } from "#machinery/errors.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";

/** Watches a cluster through a client whose calls do not fail. */
export class Invariants implements AsyncDisposable {
  /** What was seen to be broken, in words. */
  readonly broken: string[] = [];
  /** Changes that were looked at. */
  events = 0;
  readonly #stop = childSignal();
  readonly #watching: Promise<unknown>;
  readonly #pods = new Map<string, Pod>();
  /** By uid; where a pod was bound to first. */
  readonly #bound = new Map<string, string>();
  /** By address: uid of the running pod that has it. */
  readonly #addresses = new Map<string, string>();
  /** By uid. A limit is the most that was allowed at any time since `settled`. */
  readonly #deployments = new Map<string, Counted<Deployment>>();
  readonly #replicaSets = new Map<string, Counted<ReplicaSet>>();
  /** By uid of the ReplicaSet: pods that live, and the most that lived since the last `check`. */
  readonly #alive = new Map<string, { uids: Set<string>; most: number }>();

  constructor(client: Client) {
    this.#watching = Promise.all([
      this.#follow(client, deployments, (type, object) => this.#deployment(type, object)),
      this.#follow(client, replicaSets, (type, object) => this.#replicaSet(type, object)),
      this.#follow(client, pods, (type, object) => this.#pod(type, object)),
    ]);
  }

  /** @throws Error that lists what is broken. */
  check(): void {
    for (const [uid, alive] of this.#alive) {
      // The watch of the pods may have been ahead of that of the ReplicaSets, so it is done here.
      const { object, limit } = this.#replicaSets.get(uid) ?? { limit: 0 };
      if (object && alive.most > limit) {
        const { name } = object.metadata;
        this.broken.push(`ReplicaSet ${name} has ${alive.most} pods, ${limit} are allowed`);
      }
      alive.most = alive.uids.size;
      if (!object && alive.uids.size === 0) this.#alive.delete(uid);
    }
    for (const { object, limit } of this.#deployments.values()) this.#checkSurge(object, limit);
    if (this.broken.length === 0) return;
    throw new Error(`invariants broken:\n${this.broken.slice(0, 10).join("\n")}`);
  }

  /** All Deployments are as wanted: from here on the limits of their present spec hold. */
  settled(): void {
    for (const one of this.#deployments.values()) one.limit = limitOf(one.object);
    for (const one of this.#replicaSets.values()) one.limit = one.object.spec.replicas ?? 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #follow<T extends KubeObject>(
    client: Client,
    resource: Resource<T>,
    look: (type: string, object: T) => void,
  ): Promise<void> {
    const { signal } = this.#stop;
    let revision = "0";
    while (!signal.aborted) {
      try {
        const from = { resourceVersion: revision };
        for await (const { type, object } of client.watch(resource, from, signal)) {
          const { name, resourceVersion = "" } = object.metadata;
          const initial = revision === "0" || BigInt(revision) === 0n;
          if (!initial && BigInt(resourceVersion) <= BigInt(revision)) {
            this.broken.push(`${name} has revision ${resourceVersion} after ${revision}`);
          }
          revision = resourceVersion;
          this.events++;
          look(type, object);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        this.broken.push(`the watch failed: ${error.message}`);
        await aborted(signal);
      }
    }
  }

  #deployment(type: string, deployment: Deployment): void {
    note(this.#deployments, type, deployment, limitOf(deployment));
  }

  #replicaSet(type: string, replicaSet: ReplicaSet): void {
    note(this.#replicaSets, type, replicaSet, replicaSet.spec.replicas ?? 1);
  }

  /**
   * What the ReplicaSets of a Deployment are told to have never exceeds its surge. (Their pods may
   * for a moment: one may be quicker to create than another is to delete.)
   */
  #checkSurge(deployment: Deployment, limit: number): void {
    const { uid, name } = deployment.metadata;
    let told = 0;
    for (const { object } of this.#replicaSets.values()) {
      const { ownerReferences = [] } = object.metadata;
      if (ownerReferences.some((owner) => owner.uid === uid)) told += object.spec.replicas ?? 1;
    }
    if (told <= limit) return;
    this.broken.push(`Deployment ${name} is told to have ${told} pods, ${limit} are allowed`);
  }

  #pod(type: string, pod: Pod): void {
    const { uid = "", name } = pod.metadata;
    if (type === "DELETED") {
      this.#address(pod, false);
      this.#count(pod, false);
      this.#pods.delete(uid);
      return;
    }
    const before = this.#pods.get(uid);
    const { nodeName } = pod.spec;
    const bound = this.#bound.get(uid);
    if (bound !== undefined && nodeName !== bound) {
      this.broken.push(`${name} was bound to ${bound}, then to ${nodeName}`);
    }
    if (nodeName) this.#bound.set(uid, nodeName);
    if (before) this.#address(before, false);
    this.#pods.set(uid, pod);
    this.#address(pod, pod.status?.phase === "Running");
    this.#count(pod, !pod.metadata.deletionTimestamp && !isOver(pod));
  }

  #address(pod: Pod, holds: boolean): void {
    const { podIP } = pod.status ?? {};
    const { uid = "", name } = pod.metadata;
    if (!podIP) return;
    const holder = this.#addresses.get(podIP);
    if (!holds) {
      if (holder === uid) this.#addresses.delete(podIP);
      return;
    }
    if (holder !== undefined && holder !== uid) {
      const other = this.#pods.get(holder)?.metadata.name;
      this.broken.push(`${name} and ${other} both run with address ${podIP}`);
    }
    this.#addresses.set(podIP, uid);
  }

  #count(pod: Pod, lives: boolean): void {
    const { uid = "", ownerReferences = [] } = pod.metadata;
    const owner = ownerReferences.find(({ controller }) => controller)?.uid;
    if (owner === undefined) return;
    const alive = this.#alive.get(owner) ?? { uids: new Set(), most: 0 };
    this.#alive.set(owner, alive);
    if (lives) alive.uids.add(uid);
    else alive.uids.delete(uid);
    alive.most = Math.max(alive.most, alive.uids.size);
  }
}

interface Counted<T> {
  object: T;
  limit: number;
}

function note<T extends KubeObject>(
  all: Map<string, Counted<T>>,
  type: string,
  object: T,
  limit: number,
): void {
  const { uid = "" } = object.metadata;
  if (type === "DELETED") all.delete(uid);
  else all.set(uid, { object, limit: Math.max(limit, all.get(uid)?.limit ?? 0) });
}

function isOver({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function limitOf({ spec }: Deployment): number {
  const { replicas = 1 } = spec;
  const surge = spec.strategy?.rollingUpdate?.maxSurge ?? "25%";
  const more = typeof surge === "number" ? surge : (Number.parseInt(surge) * replicas) / 100;
  return replicas + Math.ceil(more);
}
