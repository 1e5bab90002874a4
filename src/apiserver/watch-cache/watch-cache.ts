import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { KubeObject } from "#machinery/meta.ts";
import {
  CompactedError,
  type Entry,
  type Revision,
  type Store,
  type StoreEvent,
} from "#store/store.ts";
import { CachedObject, shapeOf } from "./cached-object.ts";
import { type CachedResource, ResourceCache } from "./resource-cache.ts";

/** Everything the API server stores lies below. */
export const registryPrefix = "/registry/";

const retryMs = 500;

/** A write of this server on its way to the store: its object need not be parsed again. */
interface StagedWrite {
  readonly value: Uint8Array;
  readonly object: KubeObject;
  readonly applied: (cached: CachedObject) => void;
}

/**
 * All objects in memory, fed by one list and one watch of the store. A write of this server has
 * been applied here before it is acknowledged, so that reads need no round trip.
 */
export class WatchCache implements AsyncDisposable {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #resources = new Map<string, ResourceCache>();
  /** Resources that are being loaded, and what was deleted of them meanwhile. */
  readonly #opening = new Map<ResourceCache, Set<string>>();
  readonly #staged = new Map<string, StagedWrite[]>();
  readonly #stop = new AbortController();
  #waiters: { revision: Revision; resolve: () => void }[] = [];
  #revision: Revision = 0;
  /** History before this revision is gone from the store; watches from there are refused. */
  compactedRevision: Revision = 0;
  #following: Promise<void> | undefined;

  private constructor(store: Store, clock: Clock, log: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Loads everything below `/registry/` and follows it until disposed. */
  static async open(options: {
    store: Store;
    clock: Clock;
    log: Logger;
    resources: readonly CachedResource[];
  }): Promise<WatchCache> {
    const { store, clock, log, resources } = options;
    const cache = new WatchCache(store, clock, log);
    const page = await store.list(registryPrefix);
    for (const resource of resources) {
      cache.#resources.set(resource.prefix, new ResourceCache(resource, page.revision));
    }
    for (const entry of page.entries) cache.#load(entry);
    cache.#revision = page.revision;
    cache.compactedRevision = await store.compactedRevision();
    cache.#following = cache.#follow();
    return cache;
  }

  /** Everything up to and including this revision has been applied. */
  get revision(): Revision {
    return this.#revision;
  }

  resource(prefix: string): ResourceCache {
    const found = this.#resources.get(prefix);
    if (!found) throw new Error(`no resource is kept below ${prefix}`);
    return found;
  }

  all(): Iterable<ResourceCache> {
    return this.#resources.values();
  }

  /** Whether objects below `prefix` are kept. */
  keeps(prefix: string): boolean {
    return this.#resources.has(prefix);
  }

  /**
   * Keeps one resource more, which is there in full when this resolves. Objects that change
   * meanwhile come by the watch; those that are gone by then must not be brought back.
   */
  async add(resource: CachedResource): Promise<ResourceCache> {
    const { prefix } = resource;
    const cache = new ResourceCache(resource, this.#revision);
    const gone = new Set<string>();
    this.#resources.set(prefix, cache);
    this.#opening.set(cache, gone);
    try {
      const page = await this.#store.list(prefix);
      await this.waitUntil(page.revision);
      for (const entry of page.entries) {
        if (!gone.has(entry.key) && !cache.get(entry.key)) this.#load(entry);
      }
      return cache;
    } catch (error) {
      this.#resources.delete(prefix);
      throw error;
    } finally {
      this.#opening.delete(cache);
    }
  }

  /** Forgets a resource and ends its watches. */
  remove(prefix: string): void {
    this.#resources.get(prefix)?.hub.end();
    this.#resources.delete(prefix);
  }

  /** Resolves once the cache has reached `revision`. */
  waitUntil(revision: Revision): Promise<void> | undefined {
    if (revision <= this.#revision) return undefined;
    return new Promise((resolve) => this.#waiters.push({ revision, resolve }));
  }

  /**
   * Announces a write: when it comes back from the store, `object` is what `value` says, and
   * `applied` is told. The returned value must be disposed once the write has been answered.
   */
  stage(
    key: string,
    value: Uint8Array,
    object: KubeObject,
    applied: (cached: CachedObject) => void,
  ): Disposable {
    const staged = { value, object, applied };
    const writes = this.#staged.get(key);
    if (writes) writes.push(staged);
    else this.#staged.set(key, [staged]);
    return { [Symbol.dispose]: () => this.#unstage(key, staged) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** Sends bookmarks to every watcher that wants them. */
  bookmark(): void {
    for (const { hub, objects } of this.#resources.values()) {
      hub.bookmark(this.#revision);
      objects.sweep();
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        for await (const batch of this.#store.watch(registryPrefix, this.#revision, signal)) {
          for (const event of batch.events) this.#apply(event);
          this.#reach(batch.revision);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#log.warn("watch of the store ended, will resume", { error });
        if (error instanceof CompactedError) await this.#resync();
        await this.#clock.sleep(retryMs, signal).catch(() => {});
      }
    }
  }

  #apply(event: StoreEvent): void {
    const isPut = event.type === "put";
    const key = isPut ? event.entry.key : event.previous.key;
    const revision = isPut ? event.entry.modRevision : event.revision;
    if (revision <= this.#revision) return;
    const cache = this.#cacheOf(key);
    if (!cache) return;
    if (!isPut) {
      this.#opening.get(cache)?.add(key);
      return cache.apply(revision, key, undefined);
    }
    const { value } = event.entry;
    const staged = this.#stagedWrite(key, value);
    const shape = shapeOf(cache.resource, value);
    const next = CachedObject.fromStored(key, revision, shape, value, staged?.object);
    if (staged) {
      // One object per write: another write of the same bytes is another object.
      this.#unstage(key, staged);
      staged.applied(next);
    }
    cache.apply(revision, key, next);
  }

  #reach(revision: Revision): void {
    if (revision <= this.#revision) return;
    this.#revision = revision;
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = waiting.filter((waiter) => waiter.revision > revision);
    for (const waiter of waiting) if (waiter.revision <= revision) waiter.resolve();
  }

  /** After a gap that the store cannot fill: what changed meanwhile becomes events. */
  async #resync(): Promise<void> {
    const page = await this.#store.list(registryPrefix);
    const seen = new Set<string>();
    for (const entry of page.entries) {
      seen.add(entry.key);
      const cache = this.#cacheOf(entry.key);
      if (!cache || cache.get(entry.key)?.revision === entry.modRevision) continue;
      const shape = shapeOf(cache.resource, entry.value);
      const next = CachedObject.fromStored(entry.key, entry.modRevision, shape, entry.value);
      cache.apply(page.revision, entry.key, next);
    }
    for (const cache of this.#resources.values()) {
      const gone = [...cache.objects.values()].filter(({ key }) => !seen.has(key));
      for (const { key } of gone) cache.apply(page.revision, key, undefined);
    }
    this.#reach(page.revision);
  }

  #load({ key, value, modRevision }: Entry): void {
    const cache = this.#cacheOf(key);
    if (!cache) return;
    const shape = shapeOf(cache.resource, value);
    cache.load(CachedObject.fromStored(key, modRevision, shape, value));
  }

  /** `/registry/pods/…` or, for resources with a group in their keys, `/registry/group/plural/…`. */
  #cacheOf(key: string): ResourceCache | undefined {
    const end = key.indexOf("/", registryPrefix.length) + 1;
    const found = this.#resources.get(key.slice(0, end));
    if (found) return found;
    return this.#resources.get(key.slice(0, key.indexOf("/", end) + 1));
  }

  #stagedWrite(key: string, value: Uint8Array): StagedWrite | undefined {
    const writes = this.#staged.get(key);
    return writes?.find((write) => write.value === value || equal(write.value, value));
  }

  #unstage(key: string, staged: StagedWrite): void {
    const writes = this.#staged.get(key);
    if (!writes) return;
    const at = writes.indexOf(staged);
    if (at >= 0) writes.splice(at, 1);
    if (writes.length === 0) this.#staged.delete(key);
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}
