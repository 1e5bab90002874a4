import type { KubeObject } from "#machinery/meta.ts";
import type { Revision } from "#store/store.ts";
import { limits } from "../limits.ts";
import { CacheEvent } from "./cache-event.ts";
import type { CachedObject, StoredShape } from "./cached-object.ts";
import { History } from "./history.ts";
import { OrderedMap } from "./ordered-map.ts";
import { SelectionIndex } from "./selection-index.ts";
import type { Selection } from "./selection.ts";
import { WatchHub } from "./watch-hub.ts";

/** A resource as the cache keeps it. */
export interface CachedResource {
  /** Keys of its objects start with this: `/registry/pods/`. */
  readonly prefix: string;
  readonly shape: StoredShape;
  /** More shapes that objects may have been stored in. */
  readonly shapes?: readonly StoredShape[];
  /** A field by whose value many watchers select, such as a pod's node. */
  readonly triggerOf?: (object: KubeObject) => string;
}

/** A part of a list. */
export interface CachedPage {
  readonly objects: CachedObject[];
  /** Whether matching or unexamined objects follow. */
  readonly more: boolean;
}

type ChangeListener = (next: CachedObject | undefined, old: CachedObject | undefined) => void;

/** All objects of one resource in key order, the recent past, and whoever watches. */
export class ResourceCache {
  /** Changes with the CustomResourceDefinition that made it. */
  resource: CachedResource;
  readonly objects = new OrderedMap<CachedObject>();
  readonly history: History;
  readonly hub: WatchHub;
  /** The revision of the last change of any object of the resource, or of loading it. */
  changed: Revision;
  readonly #listeners = new Set<ChangeListener>();
  readonly #selections = new SelectionIndex(this.objects);

  constructor(resource: CachedResource, loadedAt: Revision) {
    this.resource = resource;
    this.changed = loadedAt;
    this.history = new History(limits.historyEventsMax, loadedAt);
    const { triggerOf } = resource;
    this.hub = new WatchHub(
      resource.prefix,
      triggerOf && ((cached: CachedObject) => triggerOf(cached.object)),
    );
  }

  get(key: string): CachedObject | undefined {
    return this.objects.get(key);
  }

  /** Matching objects below `prefix` after the key `after`, `limit` at most (0: all). */
  list(prefix: string, selection: Selection, after = "", limit = 0): CachedPage {
    const objects: CachedObject[] = [];
    let more = false;
    const indexed = selection.matches && this.#selections.matching(prefix, selection);
    const matches = indexed ? undefined : selection.matches;
    (indexed ?? this.objects).scan(prefix, after, (object) => {
      if (limit > 0 && objects.length === limit) {
        more = true;
        return false;
      }
      if (!matches || matches(object)) objects.push(object);
      return true;
    });
    // Upstream looks at all keys: whatever follows a full page may match, for all a client knows.
    const last = objects.at(-1);
    if (indexed && last && objects.length === limit) {
      more = this.objects.count(prefix, last.key) > 0;
    }
    return { objects, more };
  }

  /** Puts an object into the cache while loading, without an event. */
  load(object: CachedObject): void {
    this.objects.set(object);
  }

  /** Applies a change; what is older than what is here is ignored. */
  apply(revision: Revision, key: string, next: CachedObject | undefined): void {
    const previous = next ? this.objects.set(next) : this.objects.delete(key);
    if (next === undefined && previous === undefined) return;
    this.changed = revision;
    this.#selections.apply(key, next);
    const event = new CacheEvent(revision, next, previous);
    this.history.push(event);
    for (const listener of this.#listeners) listener(next, previous);
    this.hub.publish(event);
  }

  /** Calls back after each change, before any watcher hears of it. */
  onChange(listener: ChangeListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
