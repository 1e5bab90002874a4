import { withCondition } from "#apis/apiextensions/conditions.ts";
import { cleanupFinalizer, isCondition } from "#apis/apiextensions/crd-spec.ts";
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
} from "#apis/apiextensions/custom-resource-definition.ts";
import { backoffMs } from "#base/backoff.ts";
import { isReason } from "#machinery/errors.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { ServerContext } from "../rest/context.ts";
import { modify } from "../rest/modify.ts";
import type { Served, ServedStorage } from "../rest/served.ts";
import type { Router } from "../router.ts";
import type { Converter } from "./custom-conversion.ts";
import { type CustomResource, customPrefix, customResource } from "./custom-resource.ts";
import { deleteInstances } from "./delete-instances.ts";
import { planStatus } from "./plan-status.ts";

type Crd = DeepReadonly<CustomResourceDefinition>;

export interface CustomResourcesOptions {
  readonly server: ServerContext;
  readonly router: Router;
  readonly reader: ObjectReader;
  /** How objects of a definition come into another version. */
  readonly converterFor: (crd: Crd) => Converter;
}

/** A definition that is served now. */
interface Serving {
  /** What it was made of; something else, and it has to be made anew. */
  readonly state: string;
  readonly made: CustomResource;
  readonly routes: readonly Served[];
  readonly watch: Disposable;
}

/** How long a definition is seen to end at least, once it is deleted. */
const shownMs = 250;
const retry = { firstMs: 100, maxMs: 30_000 };

/**
 * Serves what CustomResourceDefinitions define, and keeps their status: names, conditions, the end.
 * One loop, level-triggered: a definition is looked at again whenever it or one of its group changes.
 */
export class CustomResources implements AsyncDisposable {
  readonly #options: CustomResourcesOptions;
  readonly #serving = new Map<string, Serving>();
  readonly #due = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, Disposable>();
  /** Definitions that are shown to end before they do, by name: their uids. */
  readonly #ending = new Map<string, string>();
  readonly #scope = new AsyncDisposableStack();
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;

  private constructor(options: CustomResourcesOptions) {
    this.#options = options;
  }

  /** Resolves when everything that is established is served. */
  static async start(options: CustomResourcesOptions): Promise<CustomResources> {
    const custom = new CustomResources(options);
    const { reader } = options;
    const definitions = reader.list(customResourceDefinitions, "");
    await Promise.all(definitions.filter(isServed).map((crd) => custom.#serve(crd)));
    custom.#scope.use(
      reader.onChange(customResourceDefinitions, (next, old) => custom.#changed(next, old)),
    );
    for (const { metadata } of definitions) custom.#enqueue(metadata.name);
    return custom;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#scope.disposeAsync();
    await this.#working;
    for (const timer of this.#timers.values()) timer[Symbol.dispose]();
    for (const { watch } of this.#serving.values()) watch[Symbol.dispose]();
  }

  /** A definition that changes its names or goes may free what others of its group wait for. */
  #changed(next: Crd | undefined, old: Crd | undefined): void {
    const crd = next ?? old;
    if (!crd) return;
    this.#enqueue(crd.metadata.name);
    if (next && old && equalJson(next.status?.acceptedNames, old.status?.acceptedNames)) return;
    for (const other of this.#groupOf(crd)) this.#enqueue(other.metadata.name);
  }

  #groupOf({ spec, metadata }: Crd): Crd[] {
    const all = this.#options.reader.list(customResourceDefinitions, "");
    return all.filter(
      (other) => other.spec.group === spec.group && other.metadata.name !== metadata.name,
    );
  }

  #enqueue(name: string): void {
    if (this.#stop.signal.aborted) return;
    this.#due.add(name);
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  async #work(): Promise<void> {
    // Whoever reported the change first finishes what it is doing.
    await Promise.resolve();
    for (const name of this.#due) {
      this.#due.delete(name);
      if (this.#stop.signal.aborted) return;
      try {
        await this.#sync(name);
        this.#failures.delete(name);
      } catch (error) {
        this.#retry(name, error);
      }
    }
  }

  #retry(name: string, error: unknown): void {
    const { log } = this.#options.server;
    const failures = this.#failures.get(name) ?? 0;
    this.#failures.set(name, failures + 1);
    const retryInMs = backoffMs(retry, failures);
    log.warn("custom resource definition failed, will retry", { name, retryInMs, error });
    this.#enqueueAfter(name, retryInMs);
  }

  #enqueueAfter(name: string, ms: number): void {
    this.#timers.get(name)?.[Symbol.dispose]();
    const timer = this.#options.server.clock.after(ms, () => {
      this.#timers.delete(name);
      this.#enqueue(name);
    });
    this.#timers.set(name, timer);
  }

  async #sync(name: string): Promise<void> {
    const crd = this.#options.reader.get(customResourceDefinitions, "", name);
    if (!crd) return this.#unserve(name);
    if (crd.metadata.deletionTimestamp !== undefined) return this.#finish(crd);
    const { clock } = this.#options.server;
    const status = planStatus(crd, this.#groupOf(crd), clock.now());
    const planned = { ...crd, status } as Crd;
    // Whoever sees that it is established can use it.
    if (isServed(planned)) await this.#serve(planned);
    if (!equalJson(status, crd.status)) await this.#write(crd, (copy) => (copy.status = status));
  }

  /** Changes a definition if it is still the one that was looked at. */
  async #write(crd: Crd, change: (copy: CustomResourceDefinition) => void): Promise<void> {
    const { name, uid, resourceVersion } = crd.metadata;
    const target = this.#target(name);
    await modify(this.#options.server, target, (copy) => {
      const { metadata } = copy;
      // It has changed: that change brings it here again.
      if (metadata.uid === uid && metadata.resourceVersion === resourceVersion) {
        change(copy as CustomResourceDefinition);
      }
    }).catch((error: unknown) => {
      if (!isReason(error, "NotFound")) throw error;
    });
  }

  #target(name: string) {
    const { group, version, plural } = customResourceDefinitions;
    const served = this.#options.router.find(group, version, plural);
    if (!served?.storage) throw new Error("custom resource definitions are not served");
    return { served, storage: served.storage, namespace: "", name };
  }

  async #serve(crd: Crd): Promise<void> {
    const { name } = crd.metadata;
    const state = stateOf(crd);
    const before = this.#serving.get(name);
    if (before?.state === state) return;
    const { server, router, converterFor } = this.#options;
    const { cache } = server.storage;
    const prefix = customPrefix(crd);
    // The name of a resource that is built in cannot be taken.
    if (!before && cache.keeps(prefix)) return;
    const made = customResource(crd as CustomResourceDefinition, state, converterFor(crd));
    const kept = before ? cache.resource(prefix) : await cache.add(made.cached);
    kept.resource = made.cached;
    for (const route of before?.routes ?? []) router.remove(route);
    before?.watch[Symbol.dispose]();
    const routes = made.served.filter(({ resource: { group, version, plural } }) => {
      return router.find(group, version, plural) === undefined;
    });
    for (const route of routes) router.add(route);
    const watch = kept.onChange((next) => {
      if (next === undefined && this.#isEnding(name)) this.#enqueue(name);
    });
    this.#serving.set(name, { state, made, routes, watch });
    if (before) kept.hub.end();
  }

  #isEnding(name: string): boolean {
    const crd = this.#options.reader.get(customResourceDefinitions, "", name);
    return crd?.metadata.deletionTimestamp !== undefined;
  }

  #unserve(name: string): void {
    this.#ending.delete(name);
    const serving = this.#serving.get(name);
    if (!serving) return;
    const { router, server } = this.#options;
    this.#serving.delete(name);
    serving.watch[Symbol.dispose]();
    for (const route of serving.routes) router.remove(route);
    server.storage.cache.remove(serving.made.cached.prefix);
  }

  /** Deletes the objects of a definition that is being deleted; then it may go. */
  async #finish(crd: Crd): Promise<void> {
    if (isServed(crd)) await this.#serve(crd);
    if (!crd.metadata.finalizers?.includes(cleanupFinalizer)) return;
    const { uid, name } = crd.metadata;
    if (this.#ending.get(name) !== uid) {
      // Clients that delete a definition expect to see it end.
      this.#ending.set(name, uid!);
      this.#enqueueAfter(name, shownMs);
      return;
    }
    if (this.#timers.has(name)) return;
    const serving = this.#serving.get(crd.metadata.name);
    const storage = serving?.routes[0]?.storage;
    if (serving && storage && (await this.#deleteObjects(crd, serving, storage)) > 0) return;
    const nowMs = this.#options.server.clock.now();
    await this.#release(crd, (copy) => {
      copy.status = withCondition(copy, removed, nowMs);
      const left = (copy.metadata.finalizers ?? []).filter((each) => each !== cleanupFinalizer);
      if (left.length > 0) copy.metadata.finalizers = left;
      else delete copy.metadata.finalizers;
    });
  }

  /** Returns how many objects are left: those that wait for finalizers of their own. */
  async #deleteObjects(crd: Crd, serving: Serving, storage: ServedStorage): Promise<number> {
    const { server } = this.#options;
    const kept = server.storage.cacheOf(storage);
    if (kept.objects.size === 0) return 0;
    const terminating = crd.status?.conditions?.find(({ type }) => type === "Terminating");
    if (terminating?.reason !== inProgress.reason) {
      const nowMs = server.clock.now();
      await this.#write(crd, (copy) => (copy.status = withCondition(copy, inProgress, nowMs)));
    }
    await deleteInstances(server, serving.routes[0]!, storage);
    return kept.objects.size;
  }

  /** Changes a definition; one without finalizers goes. */
  async #release(crd: Crd, change: (copy: CustomResourceDefinition) => void): Promise<void> {
    const { storage } = this.#options.server;
    await this.#write(crd, change);
    const target = this.#target(crd.metadata.name);
    const current = storage.get(target.storage, target.storage.prefix + crd.metadata.name);
    if (!current || current.object.metadata.uid !== crd.metadata.uid) return;
    if (current.object.metadata.finalizers?.length) return;
    if (current.object.metadata.deletionTimestamp !== undefined) await storage.remove(current);
  }
}

const inProgress = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionInProgress",
  message: "CustomResource deletion is in progress",
} as const;

const removed = {
  type: "Terminating",
  status: "False",
  reason: "InstanceDeletionCompleted",
  message: "removed all instances",
} as const;

function isServed(crd: Crd): boolean {
  const own = crd as CustomResourceDefinition;
  return isCondition(own, "Established") || isCondition(own, "NamesAccepted");
}

/** Changes when something changes that what is served is made of. */
function stateOf({ metadata, spec, status }: Crd): string {
  const isEnding = metadata.deletionTimestamp !== undefined;
  return JSON.stringify([metadata.uid, isEnding, status?.acceptedNames, spec]);
}
