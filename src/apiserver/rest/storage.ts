import type { KubeObject } from "#machinery/meta.ts";
import { ApiError } from "#machinery/errors.ts";
import { StorageError, type Store, type Swap } from "#store/store.ts";
import { limits } from "../limits.ts";
import { type CachedObject, encodeStored } from "../watch-cache/cached-object.ts";
import type { ResourceCache } from "../watch-cache/resource-cache.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import type { ServedStorage } from "./served.ts";

/**
 * Writes objects to the store and answers when the watch cache has them: whoever reads after an
 * acknowledged write sees it. The object handed over becomes the shared one: do not touch it again.
 */
export class ObjectStorage {
  readonly store: Store;
  readonly cache: WatchCache;

  constructor(store: Store, cache: WatchCache) {
    this.store = store;
    this.cache = cache;
  }

  cacheOf({ prefix }: ServedStorage): ResourceCache {
    return this.cache.resource(prefix);
  }

  get(storage: ServedStorage, key: string): CachedObject | undefined {
    return this.cacheOf(storage).get(key);
  }

  /** Undefined: the key exists. */
  async create(
    storage: ServedStorage,
    key: string,
    object: KubeObject,
  ): Promise<CachedObject | undefined> {
    const value = encode(storage, object);
    return this.#write(storage, key, value, object, () =>
      this.store.create(key, value, storage.ttlSeconds),
    );
  }

  /** Undefined: somebody else changed the object after `current`. */
  async replace(
    storage: ServedStorage,
    current: CachedObject,
    object: KubeObject,
  ): Promise<CachedObject | undefined> {
    const value = encode(storage, object);
    const { key, revision } = current;
    return this.#write(storage, key, value, object, () =>
      this.store.update(key, value, revision, storage.ttlSeconds),
    );
  }

  /** The last state under the revision of the deletion; undefined: somebody changed the object. */
  async remove(current: CachedObject): Promise<CachedObject | undefined> {
    const swap = await guarded(() => this.store.delete(current.key, current.revision));
    await this.#caughtUp(swap);
    return swap.ok ? current.at(swap.revision) : undefined;
  }

  async #write(
    storage: ServedStorage,
    key: string,
    value: Uint8Array,
    object: KubeObject,
    write: () => Promise<Swap>,
  ): Promise<CachedObject | undefined> {
    const cache = this.cacheOf(storage);
    let written: CachedObject | undefined;
    using _ = this.cache.stage(key, value, object, (cached) => {
      written = cached;
    });
    const swap = await guarded(write);
    await this.#caughtUp(swap);
    if (!swap.ok) return undefined;
    return written?.revision === swap.revision ? written : cache.get(key);
  }

  /** After a lost race the cache shows why, so that the next attempt sees what is there. */
  async #caughtUp(swap: Swap): Promise<void> {
    if (swap.ok) return this.cache.waitUntil(swap.revision);
    const seen = swap.current?.modRevision ?? (await this.store.revision());
    await this.cache.waitUntil(seen);
  }
}

function encode(storage: ServedStorage, object: KubeObject): Buffer {
  delete object.metadata.resourceVersion;
  const value = encodeStored(storage.shape, object);
  if (value.length <= limits.objectBytesMax) return value;
  throw new ApiError(
    "RequestEntityTooLarge",
    `etcdserver: request is too large (${value.length} bytes, at most ${limits.objectBytesMax})`,
  );
}

/** What the medium refuses is a 500 that says so. */
async function guarded(write: () => Promise<Swap>): Promise<Swap> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new ApiError("InternalError", `storage is not writable: ${error.kind}`, { cause: error });
  }
}
