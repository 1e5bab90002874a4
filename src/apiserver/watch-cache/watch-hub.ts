import type { Revision } from "#store/store.ts";
import type { ByteSink } from "../response.ts";
import { limits } from "../limits.ts";
import type { CacheEvent, ChangeType, EventEncoding } from "./cache-event.ts";
import type { CachedObject } from "./cached-object.ts";
import type { Selection } from "./selection.ts";

/** What a watcher wants to see. */
export interface WatchScope {
  /** A namespace's or the whole resource's prefix, or one object's key. */
  readonly prefix: string;
  readonly selection: Selection;
}

/** Gets the events of an in-process watch as they happen. */
export interface ObjectSink {
  /** False when the watcher is too slow: it is then forgotten. */
  deliver(type: ChangeType, object: CachedObject, event: CacheEvent): boolean;
  bookmark(revision: Revision): void;
  /** The watch is over; the watcher may come back. */
  end(): void;
}

/** A watcher that has been sent everything up to `since` and follows from there. */
export type Watcher = {
  readonly scope: WatchScope;
  /** Events up to this revision are not delivered to it. */
  readonly since: Revision;
  readonly bookmarks: boolean;
} & (
  | { readonly encoding: EventEncoding; readonly sink: ByteSink }
  | { readonly encoding: undefined; readonly sink: ObjectSink }
);

/** What an event is to a scope: selections turn changes into arrivals and departures. */
export function changeFor(event: CacheEvent, scope: WatchScope): ChangeType | undefined {
  if (!event.key.startsWith(scope.prefix)) return undefined;
  const { matches } = scope.selection;
  const was = event.previous !== undefined && (!matches || matches(event.previous));
  const is = event.next !== undefined && (!matches || matches(event.next));
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}

/** Watchers that see the same bytes: the work is done once for all of them. */
class Group {
  readonly id: string;
  readonly scope: WatchScope;
  readonly encoding: EventEncoding | undefined;
  readonly members = new Set<Watcher>();
  pending: Uint8Array[] = [];
  constructor(id: string, { scope, encoding }: Watcher) {
    this.id = id;
    this.scope = scope;
    this.encoding = encoding;
  }
}

/** Fans the changes of one resource out to its watchers, grouped by what they see. */
export class WatchHub {
  readonly #prefix: string;
  readonly #triggerOf: ((object: CachedObject) => string) | undefined;
  readonly #groups = new Map<string, Group>();
  readonly #byPrefix = new Map<string, Set<Group>>();
  readonly #byTrigger = new Map<string, Set<Group>>();
  readonly #dirty = new Set<Group>();
  #scheduled = false;

  constructor(prefix: string, triggerOf?: (object: CachedObject) => string) {
    this.#prefix = prefix;
    this.#triggerOf = triggerOf;
  }

  get size(): number {
    let size = 0;
    for (const group of this.#groups.values()) size += group.members.size;
    return size;
  }

  /** The watcher gets every event from now on, until the returned value is disposed. */
  add(watcher: Watcher): Disposable {
    const { scope, encoding, since } = watcher;
    const id = `${scope.prefix}\n${scope.selection.id}\n${encoding?.id ?? "objects"}\n${since}`;
    let group = this.#groups.get(id);
    if (!group) {
      group = new Group(id, watcher);
      this.#groups.set(id, group);
      this.#index(group, (set) => set.add(group!));
    }
    // What is pending was there before the watcher, which has been sent it already.
    this.#flush(group);
    group.members.add(watcher);
    return { [Symbol.dispose]: () => this.#remove(group, watcher) };
  }

  /** Tells everybody concerned; bytes leave at the end of this turn of the event loop. */
  publish(event: CacheEvent): void {
    if (this.#groups.size === 0) return;
    const { key } = event;
    this.#offer(this.#byPrefix.get(this.#prefix), event);
    this.#offer(this.#byPrefix.get(key), event);
    const within = key.slice(0, key.lastIndexOf("/") + 1);
    if (within !== this.#prefix) this.#offer(this.#byPrefix.get(within), event);
    if (this.#triggerOf && this.#byTrigger.size > 0) {
      const next = event.next && this.#triggerOf(event.next);
      const previous = event.previous && this.#triggerOf(event.previous);
      if (next !== undefined) this.#offer(this.#byTrigger.get(next), event);
      if (previous !== undefined && previous !== next) {
        this.#offer(this.#byTrigger.get(previous), event);
      }
    }
    if (this.#dirty.size > 0 && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  /** Writes what is pending, joined, the same buffer to every member of a group. */
  flush(): void {
    this.#scheduled = false;
    for (const group of this.#dirty) this.#flush(group);
    this.#dirty.clear();
  }

  /** Ends all watches: what is watched has changed its nature. */
  end(): void {
    this.flush();
    for (const group of this.#groups.values()) {
      for (const watcher of group.members) {
        this.#remove(group, watcher);
        watcher.sink.end();
      }
    }
  }

  /** Sends bookmarks to all who want them. */
  bookmark(revision: Revision): void {
    this.flush();
    for (const group of this.#groups.values()) {
      let frame: Uint8Array | undefined;
      for (const watcher of group.members) {
        if (!watcher.bookmarks || watcher.since > revision) continue;
        if (watcher.encoding === undefined) watcher.sink.bookmark(revision);
        else {
          frame ??= watcher.encoding.bookmark(revision, false);
          this.#write(group, watcher, frame);
        }
      }
    }
  }

  #offer(groups: Set<Group> | undefined, event: CacheEvent): void {
    if (!groups) return;
    for (const group of groups) {
      const type = changeFor(event, group.scope);
      if (type === undefined) continue;
      if (group.encoding) {
        // All members of a group start after the same revision.
        const [first] = group.members;
        if (!first || event.revision <= first.since) continue;
        group.pending.push(event.frame(group.encoding, type));
        this.#dirty.add(group);
      } else {
        const object = event.objectFor(type);
        for (const watcher of group.members) {
          if (watcher.encoding !== undefined || event.revision <= watcher.since) continue;
          if (!watcher.sink.deliver(type, object, event)) this.#remove(group, watcher);
        }
      }
    }
  }

  #flush(group: Group): void {
    if (group.pending.length === 0) return;
    const { pending } = group;
    group.pending = [];
    const bytes = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
    for (const watcher of group.members) this.#write(group, watcher, bytes);
  }

  #write(group: Group, watcher: Watcher, bytes: Uint8Array): void {
    if (watcher.encoding === undefined) return;
    watcher.sink.write(bytes);
    if (watcher.sink.backlogBytes <= limits.watchBacklogBytesMax) return;
    this.#remove(group, watcher);
    watcher.sink.end();
  }

  #remove(group: Group, watcher: Watcher): void {
    group.members.delete(watcher);
    if (group.members.size > 0) return;
    this.#groups.delete(group.id);
    this.#dirty.delete(group);
    this.#index(group, (set) => set.delete(group));
  }

  /** Groups that can be found by one value are not asked about every event. */
  #index({ scope }: Group, change: (set: Set<Group>) => void): void {
    const { trigger } = scope.selection;
    const byTrigger = trigger !== undefined && this.#triggerOf !== undefined;
    const index = byTrigger ? this.#byTrigger : this.#byPrefix;
    const at = byTrigger ? trigger : scope.prefix;
    let set = index.get(at);
    if (!set) index.set(at, (set = new Set()));
    change(set);
    if (set.size === 0) index.delete(at);
  }
}
