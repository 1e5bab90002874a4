/**
 * The shape of a control loop. A controller is given a key, never an event: it reads the state of
 * the world from caches, makes it so, and says when to come back. Losing any event, or running
 * twice, is harmless. Between two runs for one key the caches catch up with what the first wrote.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { aborted } from "#base/signal.ts";
import { ApiError, isReason } from "#machinery/errors.ts";
import { controllerOf, keyOf, type KubeObject, type ObjectKey, toKey } from "#machinery/meta.ts";
import { parseApiVersion, type Resource } from "#machinery/resource.ts";
import type { Lister } from "./cache.ts";
import type { Client } from "./client.ts";
import type { EventRecorder } from "./event-recorder.ts";
import { Freshness, notingClient } from "./freshness.ts";
import type { InformerFactory } from "./informer-factory.ts";
import type { Informer } from "./informer.ts";
import { WorkQueue } from "./work-queue.ts";

/** A reconciler gives up waiting for its caches to show what it wrote after this, as upstream. */
const catchUpMsMax = 300_000;
/** Deletions have no revision to wait for; the caches are looked at again after this. */
const catchUpPollMs = 100;

/** What a run leads to: nothing more until something changes, or another run after a while. */
export type Outcome = { readonly requeueAfterMs?: number };
export const done: Outcome = {};
export function requeueAfter(ms: number): Outcome {
  return { requeueAfterMs: ms };
}

/** A failure that no retry can mend; it is logged once. */
export class TerminalError extends Error {
  override name = "TerminalError";
}

/** All that a controller may know of the world. */
export interface ControllerContext {
  /** Speaks as the controller's own user. */
  client: Client;
  informers: InformerFactory;
  recorder: EventRecorder;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  /** How many keys are worked on at a time. */
  concurrency: number;
}

/** What `reconcile` is given besides the key. */
export interface ReconcileContext extends ControllerContext {
  caches: Caches;
  /** Asks for a run for this or another key after a while. */
  enqueueAfter(key: ObjectKey, ms: number): void;
}

/** The caches of the resources that the controller declared. */
export interface Caches {
  of<T extends KubeObject>(resource: Resource<T>): Lister<T>;
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): T | undefined;
  /** The objects whose controlling owner is `owner`. */
  ownedBy<T extends KubeObject>(resource: Resource<T>, owner: KubeObject): T[];
  /** The objects of a namespace that nobody controls. */
  orphans<T extends KubeObject>(resource: Resource<T>, namespace: string): T[];
}

/** Which keys a change of another resource concerns. */
export interface Watch {
  resource: Resource;
  keys(object: KubeObject, caches: Caches): Iterable<ObjectKey>;
  /** Changes that do not matter. Default: all matter. */
  when?: (next: KubeObject | undefined, old: KubeObject | undefined) => boolean;
}

/** A typed `Watch`. */
export function watching<T extends KubeObject>(
  resource: Resource<T>,
  keys: (object: T, caches: Caches) => Iterable<ObjectKey>,
  when?: (next: T | undefined, old: T | undefined) => boolean,
): Watch {
  return { resource, keys, ...(when ? { when } : {}) } as unknown as Watch;
}

export interface Reconciler<T extends KubeObject> {
  /** See `Controller`. */
  name: string;
  account?: string | null;
  component?: string;
  /** What is reconciled: each change of such an object asks for a run for its key. */
  for: Resource<T>;
  /** Changes of `for` that do not matter. Default: all matter. */
  when?: (next: T | undefined, old: T | undefined) => boolean;
  /** A change of such an object asks for a run for its controlling owner. */
  owns?: readonly Resource[];
  /** A change of an object of `owns` that nobody controls asks for runs for those who may want it. */
  adopters?: (orphan: KubeObject, caches: Caches) => Iterable<ObjectKey>;
  watches?: readonly Watch[];
  /** Resources that are read but whose changes ask for nothing. */
  reads?: readonly Resource[];
  /** @throws whatever: the key is tried again with back-off; TerminalError is only logged. */
  reconcile(key: ObjectKey, context: ReconcileContext): Promise<Outcome>;
}

/** Something that runs until its context's signal aborts. */
export interface Controller {
  /** Its name in flags and logs, such as `replicaset-controller`. */
  readonly name: string;
  /**
   * The service account in kube-system whose rights it has. Default: its name. Null: those of the
   * controller manager itself.
   */
  readonly account?: string | null | undefined;
  /** Who its events say they are from. Default: its name. */
  readonly component?: string | undefined;
  run(context: ControllerContext): Promise<void>;
}

/** A controller that reconciles keys. */
export function defineController<T extends KubeObject>(
  spec: Reconciler<T>,
): Controller & { readonly spec: Reconciler<T> } {
  const { name, account, component } = spec;
  return { name, account, component, spec, run: (context) => runReconciler(spec, context) };
}

const controllerIndex = "controller";
const orphanIndex = "orphan";

/** Runs the reconciler until the signal aborts. */
export async function runReconciler<T extends KubeObject>(
  spec: Reconciler<T>,
  context: ControllerContext,
): Promise<void> {
  const { signal, clock } = context;
  const informers = openInformers(spec, context);
  const caches = cachesOf(informers);
  const all = [...informers.values()];
  await Promise.all(all.map(({ synced }) => synced));
  if (signal.aborted) return;
  const states = new Map<ObjectKey, Freshness>();
  const queue = new WorkQueue<ObjectKey>({
    clock,
    concurrency: context.concurrency,
    signal,
    process: (key) => runOnce(key),
  });
  const enqueueAfter = (key: ObjectKey, ms: number) => queue.addAfter(key, ms);
  const waiting = new Map<ObjectKey, number>();

  async function runOnce(key: ObjectKey): Promise<void> {
    const freshness = states.get(key) ?? new Freshness();
    try {
      await freshness.resolveDoubts(context.informers.client, signal);
      if (mustWait(key, freshness)) return;
      const client = notingClient(context.client, freshness);
      const outcome = await spec.reconcile(key, { ...context, client, caches, enqueueAfter });
      queue.forget(key);
      if (outcome.requeueAfterMs !== undefined) queue.addAfter(key, outcome.requeueAfterMs);
    } catch (error) {
      failed(key, error);
    }
    if (freshness.pending) states.set(key, freshness);
    else states.delete(key);
  }

  /** Whether the caches have yet to see what the last run for the key wrote. */
  function mustWait(key: ObjectKey, freshness: Freshness): boolean {
    if (!freshness.pending) return false;
    const behind = freshness.behind(all);
    const now = clock.monotonic();
    const sinceMs = waiting.get(key) ?? now;
    if (!behind || now - sinceMs >= catchUpMsMax) {
      waiting.delete(key);
      if (behind) states.delete(key);
      return false;
    }
    waiting.set(key, sinceMs);
    const { informer, revision } = behind;
    if (revision) informer.whenSeen(revision, () => queue.add(key));
    else queue.addAfter(key, catchUpPollMs);
    queue.addAfter(key, catchUpMsMax);
    return true;
  }

  function failed(key: ObjectKey, error: unknown): void {
    if (signal.aborted) return;
    const { log } = context;
    if (error instanceof TerminalError) {
      log.error("reconcile failed for good", { controller: spec.name, key, error });
      queue.forget(key);
      return;
    }
    // In a namespace that goes away nothing can be created, and soon nothing has to be.
    if (isNamespaceTerminating(error)) return queue.forget(key);
    const retryInMs = queue.addRateLimited(key);
    // Someone else was faster: the next run sees what they wrote.
    const level = isReason(error, "Conflict", "NotFound") ? "debug" : "warn";
    log[level]("reconcile failed, will retry", { controller: spec.name, key, retryInMs, error });
  }

  using subscriptions = subscribe(spec, informers, caches, (key) => queue.add(key));
  await aborted(signal);
  void subscriptions;
}

/** Whether the server refuses to create because the namespace goes away. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return error.details?.causes?.some(({ reason }) => reason === "NamespaceTerminating") ?? false;
}

type Informers = Map<string, Informer<KubeObject>>;

function openInformers<T extends KubeObject>(
  spec: Reconciler<T>,
  { informers }: ControllerContext,
): Informers {
  const opened: Informers = new Map();
  function open(resource: Resource): Informer<KubeObject> {
    const informer = informers.informer(resource);
    opened.set(resource.path(), informer);
    return informer;
  }
  open(spec.for);
  for (const resource of spec.owns ?? []) open(resource);
  for (const { resource } of spec.watches ?? []) open(resource);
  for (const resource of spec.reads ?? []) open(resource);
  return opened;
}

function cachesOf(informers: Informers): Caches {
  function of<T extends KubeObject>(resource: Resource<T>): Informer<T> {
    const informer = informers.get(resource.path());
    if (!informer) throw new Error(`invariant broken: ${resource.plural} are not declared`);
    return informer as unknown as Informer<T>;
  }
  return {
    of,
    get: (resource, key) => of(resource).get(key),
    ownedBy(resource, owner) {
      const informer = of(resource);
      informer.addIndex(controllerIndex, controllerUid);
      return informer.by(controllerIndex, owner.metadata.uid ?? "");
    },
    orphans(resource, namespace) {
      const informer = of(resource);
      informer.addIndex(orphanIndex, orphanNamespace);
      return informer.by(orphanIndex, namespace);
    },
  };
}

function controllerUid(object: KubeObject): string[] {
  const uid = controllerOf(object)?.uid;
  return uid === undefined ? [] : [uid];
}

function orphanNamespace(object: KubeObject): string[] {
  return controllerOf(object) === undefined ? [object.metadata.namespace ?? ""] : [];
}

function subscribe<T extends KubeObject>(
  spec: Reconciler<T>,
  informers: Informers,
  caches: Caches,
  enqueue: (key: ObjectKey) => void,
): Disposable {
  const subscriptions = new DisposableStack();
  type Change = (next: KubeObject | undefined, old: KubeObject | undefined) => void;
  const on = (resource: { path(): string }, change: Change) =>
    subscriptions.use(informers.get(resource.path())!.onChange(change));
  on(spec.for, (next, old) => {
    if (spec.when && !spec.when(next as T | undefined, old as T | undefined)) return;
    const object = next ?? old;
    if (object) enqueue(keyOf(object));
  });
  for (const resource of spec.owns ?? []) {
    on(resource, (next, old) => {
      const owner = next && ownerKey(next, spec.for);
      const oldOwner = old && ownerKey(old, spec.for);
      if (owner) enqueue(owner);
      if (oldOwner && oldOwner !== owner) enqueue(oldOwner);
      const orphan = next && !controllerOf(next) ? next : undefined;
      if (orphan) for (const key of spec.adopters?.(orphan, caches) ?? []) enqueue(key);
    });
  }
  for (const watch of spec.watches ?? []) {
    on(watch.resource, (next, old) => {
      if (watch.when && !watch.when(next, old)) return;
      for (const object of [next, old]) {
        if (object) for (const key of watch.keys(object, caches)) enqueue(key);
      }
    });
  }
  return subscriptions;
}

/** The key of the object's controlling owner, if that is of the given resource. */
function ownerKey<T extends KubeObject>(
  object: KubeObject,
  resource: Resource<T>,
): ObjectKey | undefined {
  const owner = controllerOf(object);
  if (!owner || owner.kind !== resource.kind) return undefined;
  if (parseApiVersion(owner.apiVersion).group !== resource.group) return undefined;
  return toKey(object.metadata.namespace, owner.name);
}
