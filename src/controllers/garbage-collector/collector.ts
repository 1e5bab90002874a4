import { isReason } from "#machinery/errors.ts";
import { fromKey, keyOf, type KubeObject, type OwnerReference } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ControllerContext } from "#client/reconciler.ts";
import { WorkQueue } from "#client/work-queue.ts";
import { Graph, type Node } from "./graph.ts";
import {
  blocks,
  foregroundFinalizer,
  judge,
  orphanFinalizer,
  orphansDependents,
  type OwnerState,
  waitsForDependents,
} from "./plan.ts";

/** Work waits for this when the caches are not complete yet. */
const notSyncedMs = 100;

/** Watches the graph and does what plan.ts decides, one object at a time. */
export class Collector {
  readonly graph = new Graph();
  readonly #context: ControllerContext;
  readonly #queue: WorkQueue<string>;
  readonly #nodes = new Map<string, Node>();

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#queue = new WorkQueue({
      clock: context.clock,
      concurrency: context.concurrency,
      signal: context.signal,
      process: (uid) => this.#process(uid),
    });
  }

  /** Takes note of a change and of what it may lead to. */
  changed(resource: Resource, next: KubeObject | undefined, old: KubeObject | undefined): void {
    this.graph.changed(resource, next, old);
    if (!next) {
      if (old) this.#gone(old);
      return;
    }
    const { metadata } = next;
    if (waitsForDependents(metadata) || orphansDependents(metadata)) this.#enqueue(resource, next);
    else if (this.#mayHaveLostOwner(next)) this.#enqueue(resource, next);
    // Someone who waits may go on when a dependent no longer refers to it, or no longer blocks.
    if (old && old.metadata.ownerReferences !== metadata.ownerReferences) this.#wakeOwners(old);
  }

  #gone(old: KubeObject): void {
    for (const node of this.graph.dependentsOf(old.metadata.uid ?? "")) this.#enqueueNode(node);
    this.#wakeOwners(old);
  }

  #mayHaveLostOwner(object: KubeObject): boolean {
    const { ownerReferences, deletionTimestamp } = object.metadata;
    if (!ownerReferences || deletionTimestamp !== undefined) return false;
    return ownerReferences.some((reference) => {
      const owner = this.graph.ownerOf(object, reference);
      return !owner || waitsForDependents(owner.metadata);
    });
  }

  #wakeOwners(object: KubeObject): void {
    for (const reference of object.metadata.ownerReferences ?? []) {
      const owner = this.graph.ownerOf(object, reference);
      const resource = this.graph.resourceOf(reference);
      if (owner && resource && waitsForDependents(owner.metadata)) this.#enqueue(resource, owner);
    }
  }

  #enqueue(resource: Resource, object: KubeObject): void {
    this.#enqueueNode({ resource, key: keyOf(object), uid: object.metadata.uid ?? "" });
  }

  #enqueueNode(node: Node): void {
    this.#nodes.set(node.uid, node);
    this.#queue.add(node.uid);
  }

  async #process(uid: string): Promise<void> {
    const node = this.#nodes.get(uid);
    if (!node) return;
    if (!this.graph.synced) return this.#queue.addAfter(uid, notSyncedMs);
    // Taken out first: who enqueues it meanwhile wants another run.
    this.#nodes.delete(uid);
    try {
      await this.#attempt(node);
      this.#queue.forget(uid);
    } catch (error) {
      if (this.#context.signal.aborted) return;
      this.#nodes.set(uid, node);
      const retryInMs = this.#queue.addRateLimited(uid);
      if (isReason(error, "Conflict")) return;
      const fields = { resource: node.resource.plural, key: node.key, retryInMs, error };
      this.#context.log.warn("garbage collection failed, will retry", fields);
    }
  }

  async #attempt(node: Node): Promise<void> {
    const object = this.graph.objectOf(node);
    if (!object) return;
    if (orphansDependents(object.metadata)) return this.#orphan(node, object);
    if (waitsForDependents(object.metadata)) return this.#deleteDependents(node, object);
    const states = new Map<string, OwnerState>();
    for (const owner of object.metadata.ownerReferences ?? []) {
      states.set(owner.uid, await this.#stateOf(object, owner));
    }
    const hasDependents = this.graph.hasDependents(node.uid);
    const verdict = judge(object, ({ uid }) => states.get(uid) ?? "absent", hasDependents);
    if (verdict.do === "disown") await this.#setOwners(node, object, verdict.keep);
    if (verdict.do === "delete") {
      if (verdict.propagation === "Foreground") await this.#unblockCycle(node, object);
      await this.#delete(node, object, verdict.propagation);
    }
  }

  /** What the caches do not know is asked for before it counts as absent. */
  async #stateOf(object: KubeObject, owner: OwnerReference): Promise<OwnerState> {
    const known = this.graph.ownerOf(object, owner);
    if (known) return waitsForDependents(known.metadata) ? "waiting" : "solid";
    const resource = this.graph.resourceOf(owner);
    if (!resource) {
      throw new Error(`owner ${owner.apiVersion} ${owner.kind} is of a kind that is not served`);
    }
    const namespace = resource.namespaced ? object.metadata.namespace : undefined;
    if (resource.namespaced && !namespace) return this.#misplaced(object, owner);
    try {
      const fresh = await this.#context.client.get(resource, { namespace, name: owner.name });
      if (fresh.metadata.uid !== owner.uid) return "absent";
      return waitsForDependents(fresh.metadata) ? "waiting" : "solid";
    } catch (error) {
      if (isReason(error, "NotFound")) return "absent";
      throw error;
    }
  }

  /** An object of the cluster cannot be owned by one in a namespace; its reference means nothing. */
  #misplaced(object: KubeObject, { kind, name, uid }: OwnerReference): OwnerState {
    const reference = `[${kind}, namespace: , name: ${name}, uid: ${uid}]`;
    const text = `ownerRef ${reference} does not exist in namespace ""`;
    this.#context.recorder.warning(object, "OwnerRefInvalidNamespace", text);
    return "solid";
  }

  /** An owner deleted in the foreground goes once nothing that blocks it is left. */
  async #deleteDependents(node: Node, object: KubeObject): Promise<void> {
    const dependents = this.graph.dependentsOf(node.uid);
    const blocking = dependents.filter((dependent) => {
      const found = this.graph.objectOf(dependent);
      return found !== undefined && blocks(found, node.uid);
    });
    if (blocking.length === 0) return this.#removeFinalizer(node, object, foregroundFinalizer);
    for (const dependent of dependents) this.#enqueueNode(dependent);
  }

  /** Two objects that each wait for the other: the one in hand stops to block. */
  async #unblockCycle({ resource, key, uid }: Node, object: KubeObject): Promise<void> {
    const cyclic = this.graph.dependentsOf(uid).some((dependent) => {
      const found = this.graph.objectOf(dependent);
      return found !== undefined && waitsForDependents(found.metadata);
    });
    if (!cyclic) return;
    const ownerReferences = object.metadata.ownerReferences?.map((owner) => ({
      ...owner,
      blockOwnerDeletion: false,
    }));
    const patch = { metadata: { uid, ownerReferences } };
    await this.#context.client.patch(resource, fromKey(key), patch, { type: "merge" });
  }

  async #orphan(node: Node, object: KubeObject): Promise<void> {
    for (const dependent of this.graph.dependentsOf(node.uid)) {
      const found = this.graph.objectOf(dependent);
      const owners = found?.metadata.ownerReferences ?? [];
      const keep = owners.filter(({ uid }) => uid !== node.uid);
      if (found) await this.#setOwners(dependent, found, keep);
    }
    await this.#removeFinalizer(node, object, orphanFinalizer);
  }

  async #setOwners(
    { resource, key }: Node,
    { metadata }: KubeObject,
    keep: readonly OwnerReference[],
  ): Promise<void> {
    const { resourceVersion, uid } = metadata;
    const ownerReferences = keep.length > 0 ? keep : null;
    const patch = { metadata: { resourceVersion, uid, ownerReferences } };
    await unlessGone(this.#context.client.patch(resource, fromKey(key), patch, { type: "merge" }));
  }

  async #removeFinalizer(
    { resource, key }: Node,
    { metadata }: KubeObject,
    finalizer: string,
  ): Promise<void> {
    const { resourceVersion, uid } = metadata;
    const rest = (metadata.finalizers ?? []).filter((name) => name !== finalizer);
    const finalizers = rest.length > 0 ? rest : null;
    const patch = { metadata: { resourceVersion, uid, finalizers } };
    await unlessGone(this.#context.client.patch(resource, fromKey(key), patch, { type: "merge" }));
  }

  async #delete(
    { resource, key, uid }: Node,
    { metadata }: KubeObject,
    propagationPolicy: "Background" | "Foreground" | "Orphan",
  ): Promise<void> {
    const { resourceVersion = "" } = metadata;
    // The verdict holds for this state of its owner references only.
    const preconditions = { uid, ...(resourceVersion ? { resourceVersion } : {}) };
    const how = { propagationPolicy, preconditions };
    await unlessGone(this.#context.client.delete(resource, fromKey(key), how));
  }
}

async function unlessGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error;
  }
}
