import { AsyncQueue } from "#base/async-queue.ts";
import { ApiError } from "#machinery/errors.ts";
import { CompactedError, type Revision } from "#store/store.ts";
import { limits } from "../limits.ts";
import type { ApiResponse, ByteSink, WatchEvent } from "../response.ts";
import { CacheEvent, type ChangeType, type EventEncoding } from "../watch-cache/cache-event.ts";
import { CachedObject, shapeOf } from "../watch-cache/cached-object.ts";
import {
  changeFor,
  type ObjectSink,
  type Watcher,
  type WatchScope,
} from "../watch-cache/watch-hub.ts";
import { representation } from "./answer.ts";
import type { ResourceContext } from "./context.ts";
import { convertingOutput } from "./converting-output.ts";
import { type ListOptions, listOptions } from "./list-options.ts";
import { bookmarkObject } from "./representation.ts";
import { malformedRevision, tooOld, waitForRevision } from "./resource-version.ts";
import { selected } from "./selection.ts";
import type { WatchOutput } from "./watch-output.ts";
import { present, type ServedStorage, storageKey } from "./served.ts";

/** From where a watch follows. */
type Start =
  /** The state of now as ADDED events, then what changes. */
  | { readonly from: "state"; readonly notOlderThan: Revision }
  /** What changes from now on. */
  | { readonly from: "now" }
  /** What changed after a revision. */
  | { readonly from: "revision"; readonly since: Revision };

/** GET of a collection with `watch`. */
export function watchObjects(context: ResourceContext, storage: ServedStorage): ApiResponse {
  const as = representation(context, "watch");
  const encoding = as?.events();
  const options = listOptions(context.request.query, true);
  const { served, info } = context;
  const asked = selected(served, options.labelSelector, options.fieldSelector);
  const { name } = asked;
  const start = startOf(options);
  const prefix = storageKey(storage, info.namespace, "");
  const isSole = name !== undefined && (info.namespace !== "" || !served.resource.namespaced);
  const within = isSole ? prefix + name : prefix;
  const wanted: WatchScope = { prefix: within, selection: asked.selection };
  const scope: WatchScope = { prefix: within, selection: asked.stored };
  const watch = { context, storage, options, scope, wanted, start };
  if (!as || !encoding) {
    const events = objectEvents(watch);
    return { status: 200, headers: {}, body: { kind: "events", events } };
  }
  return {
    status: 200,
    headers: { "content-type": as.watchContentType },
    body: {
      kind: "watch",
      start: (sink) => run(watch, converting(watch, byteOutput(watch, sink, encoding))),
    },
  };
}

interface Watch {
  readonly context: ResourceContext;
  readonly storage: ServedStorage;
  readonly options: ListOptions;
  readonly scope: WatchScope;
  /** The same, told by objects as they are served. */
  readonly wanted: WatchScope;
  readonly start: Start;
}

/** Where somebody else converts the objects, they go out when that is done. */
function converting(watch: Watch, output: WatchOutput): WatchOutput {
  const { context, storage, options, scope, wanted } = watch;
  if (!storage.conversion?.prepare) return output;
  const { hub } = context.server.storage.cacheOf(storage);
  const bookmarks = options.allowWatchBookmarks;
  const join = (watcher: Watcher) => hub.add(watcher);
  return convertingOutput({ served: context.served, wanted, scope, bookmarks, join }, output);
}

function startOf({ resourceVersion: text, sendInitialEvents }: ListOptions): Start {
  if (text !== "" && !/^\d+$/.test(text)) {
    throw malformedRevision(text);
  }
  const revision = text === "" ? 0 : Number(text);
  if (sendInitialEvents === true) return { from: "state", notOlderThan: revision };
  if (revision !== 0) return { from: "revision", since: revision };
  return sendInitialEvents === false ? { from: "now" } : { from: "state", notOlderThan: 0 };
}

/** Delivers what is due and joins the live watchers; the returned value ends the watch. */
function run(watch: Watch, output: WatchOutput): Disposable {
  const { context, options } = watch;
  const { clock, chance } = context.server;
  const stop = new AbortController();
  const randomMs = limits.watchMs * (1 + chance.float());
  const { timeoutSeconds } = options;
  const timeoutMs = timeoutSeconds ? timeoutSeconds * 1_000 : randomMs;
  let live: Disposable | undefined;
  const timer = clock.after(timeoutMs, () => {
    if (options.allowWatchBookmarks && live) {
      output.bookmark(context.server.storage.cache.revision, false);
    }
    finish();
  });
  function finish(): void {
    if (stop.signal.aborted) return;
    stop.abort();
    timer[Symbol.dispose]();
    live?.[Symbol.dispose]();
    output.end();
  }
  function join(since: Revision): void {
    if (!stop.signal.aborted) live = output.join(since);
  }
  const pending = begin(watch, output, stop.signal, join);
  pending?.catch((error: unknown) => {
    if (stop.signal.aborted) return;
    const told =
      error instanceof CompactedError ? tooOld(sinceOf(watch), error.compactedRevision) : error;
    output.error(ApiError.from(told));
    finish();
  });
  return { [Symbol.dispose]: finish };
}

function sinceOf({ start }: Watch): Revision {
  return start.from === "revision" ? start.since : 0;
}

function begin(
  watch: Watch,
  output: WatchOutput,
  signal: AbortSignal,
  join: (since: Revision) => void,
): Promise<void> | undefined {
  const { storage, start, context } = watch;
  const { cache } = context.server.storage;
  if (start.from === "now") {
    join(0);
    return undefined;
  }
  if (start.from === "state") {
    if (start.notOlderThan <= cache.revision) {
      sendState(watch, output, join);
      return undefined;
    }
    return waitForRevision(cache, start.notOlderThan, context.server.clock).then(() => {
      if (!signal.aborted) sendState(watch, output, join);
    });
  }
  const { since } = start;
  if (since >= cache.revision) {
    join(since > cache.revision ? since : 0);
    return undefined;
  }
  if (since < cache.compactedRevision) {
    return Promise.reject(tooOld(since, cache.compactedRevision));
  }
  const { history } = context.server.storage.cacheOf(storage);
  if (!history.covers(since)) return replay(watch, output, signal, join);
  for (const event of history.since(since)) offer(watch, output, event);
  join(0);
  return undefined;
}

function sendState(watch: Watch, output: WatchOutput, join: (since: Revision) => void): void {
  const { context, storage, scope, options } = watch;
  const { cache } = context.server.storage;
  const { objects } = context.server.storage.cacheOf(storage).list(scope.prefix, scope.selection);
  output.initial(objects);
  if (options.sendInitialEvents === true && options.allowWatchBookmarks) {
    output.bookmark(cache.revision, true);
  }
  join(0);
}

/** What the memory has forgotten is read from the store's history. */
async function replay(
  watch: Watch,
  output: WatchOutput,
  signal: AbortSignal,
  join: (since: Revision) => void,
): Promise<void> {
  const { context, storage, scope } = watch;
  const { cache, store } = context.server.storage;
  for await (const batch of store.watch(scope.prefix, sinceOf(watch), signal)) {
    for (const change of batch.events) {
      const isPut = change.type === "put";
      const revision = isPut ? change.entry.modRevision : change.revision;
      const [next, previous] = [isPut ? change.entry : undefined, change.previous].map(
        (entry) =>
          entry &&
          CachedObject.fromStored(
            entry.key,
            entry.modRevision,
            shapeOf(storage, entry.value),
            entry.value,
          ),
      );
      offer(watch, output, new CacheEvent(revision, next, previous));
    }
    if (batch.revision < cache.revision) continue;
    join(batch.revision > cache.revision ? batch.revision : 0);
    return;
  }
}

function offer({ scope }: Watch, output: WatchOutput, event: CacheEvent): void {
  const type = changeFor(event, scope);
  if (type !== undefined) output.change(event, type);
}

const writeBytesMax = 1024 * 1024;

function byteOutput(watch: Watch, sink: ByteSink, encoding: EventEncoding): WatchOutput {
  const { context, storage, scope, options } = watch;
  const { hub } = context.server.storage.cacheOf(storage);
  return {
    change: (event, type) => sink.write(event.frame(encoding, type)),
    deliver: (type, object) => sink.write(encoding.frame(type, object)),
    initial(objects) {
      let frames: Uint8Array[] = [];
      let size = 0;
      for (const object of objects) {
        const frame = encoding.frame("ADDED", object);
        frames.push(frame);
        size += frame.length;
        if (size < writeBytesMax) continue;
        sink.write(Buffer.concat(frames, size));
        frames = [];
        size = 0;
      }
      if (size > 0) sink.write(Buffer.concat(frames, size));
    },
    bookmark: (revision, end) => sink.write(encoding.bookmark(revision, end)),
    error: (error) => sink.write(encoding.error(error.toStatus())),
    end: () => sink.end(),
    join: (since) =>
      hub.add({ scope, since, bookmarks: options.allowWatchBookmarks, encoding, sink }),
  };
}

/** The events of an in-process watch; stops when the reader returns or the request aborts. */
async function* objectEvents(watch: Watch): AsyncGenerator<WatchEvent, void, undefined> {
  const { context, storage, scope, options } = watch;
  const { served, server, request } = context;
  const { apiVersion, kind } = served.resource;
  const queue = new AsyncQueue<WatchEvent>(limits.watchBacklogEventsMax);
  const deliver = (type: ChangeType, object: CachedObject): boolean => {
    if (queue.tryPush({ type, object: present(served, object).object })) return true;
    queue.end();
    return false;
  };
  const sink: ObjectSink = {
    deliver,
    bookmark(revision) {
      queue.tryPush({
        type: "BOOKMARK",
        object: bookmarkObject(apiVersion, kind, revision, false),
      });
    },
    end: () => queue.end(),
  };
  const output: WatchOutput = {
    change: (event, type) => void deliver(type, event.objectFor(type)),
    deliver: (type, object) => void deliver(type, object),
    initial: (objects) => {
      for (const object of objects) deliver("ADDED", object);
    },
    bookmark: (revision, end) =>
      void queue.tryPush({
        type: "BOOKMARK",
        object: bookmarkObject(apiVersion, kind, revision, end),
      }),
    error: (error) => void queue.tryPush({ type: "ERROR", object: error.toStatus() }),
    end: () => queue.end(),
    join: (since) =>
      server.storage.cacheOf(storage).hub.add({
        scope, since, bookmarks: options.allowWatchBookmarks, encoding: undefined, sink,
      }), // prettier-ignore
  };
  if (request.signal.aborted) return;
  using running = run(watch, converting(watch, output));
  const stop = (): void => running[Symbol.dispose]();
  request.signal.addEventListener("abort", stop, { once: true });
  try {
    yield* queue;
  } finally {
    request.signal.removeEventListener("abort", stop);
  }
}
