/**
 * An informer holds all objects of one resource (or a selection) in memory and follows them by
 * list and watch: it resumes a watch that ended from the last resourceVersion it saw, lists anew
 * when that history is gone, and backs off when the server does not answer.
 */
import { backoffMs } from "#base/backoff.ts";
import { type Chance, jitter } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { isReason } from "#machinery/errors.ts";
import { keyOf, type KubeObject, type ObjectKey } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { type IndexValues, type Lister, ObjectCache } from "./cache.ts";
import type { Client } from "./client.ts";

/** How long a failing informer waits, as upstream's reflector. */
const retryBackoff = { firstMs: 800, maxMs: 30_000 };
/** A watch that held this long was a good one: back-off starts over. */
const goodWatchMs = 5_000;
/** The server is asked to end a watch after this and up to as much again. */
const watchTimeoutSeconds = 300;
const initialEventsEnd = "k8s.io/initial-events-end";

/** Which objects of a resource an informer follows. */
export interface Selection {
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Only metadata matters; saves memory over HTTPS. */
  metadataOnly?: boolean | undefined;
}

export interface InformerOptions<T extends KubeObject> extends Selection {
  client: Client;
  resource: Resource<T>;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  /** How the first objects come: by a list, or as events of the watch itself (KEP-3157). */
  initial?: "list" | "watch" | undefined;
  /** Makes what is kept of an object, for instance without managedFields. Must not write to it. */
  transform?: ((object: T) => T) | undefined;
}

/** Told of each change: `old` undefined is an addition, `next` undefined a deletion. */
export type ChangeHandler<T> = (next: T | undefined, old: T | undefined) => void;

export interface Informer<T extends KubeObject> extends Lister<T> {
  readonly resource: Resource<T>;
  /** Whether the first list has arrived. */
  readonly hasSynced: boolean;
  /** Resolves when the first list has arrived (or the informer ends). */
  readonly synced: Promise<void>;
  /** Everything up to this revision has been seen. "" before the first list. */
  readonly resourceVersion: string;
  addIndex(name: string, values: IndexValues<T>): void;
  /** Calls back for each object that is there already and then for each change. */
  onChange(handler: ChangeHandler<T>): Disposable;
  /** Calls back once, as soon as everything up to the revision has been seen. */
  whenSeen(resourceVersion: string, run: () => void): void;
}

/** Starts to follow a resource; ends with the signal. Never throws: it logs and tries again. */
export function startInformer<T extends KubeObject>(options: InformerOptions<T>): Informer<T> {
  const informer = new ListWatchInformer(options);
  void informer.run();
  return informer;
}

class ListWatchInformer<T extends KubeObject> extends ObjectCache<T> implements Informer<T> {
  readonly resource: Resource<T>;
  readonly synced: Promise<void>;
  hasSynced = false;
  resourceVersion = "";
  readonly #options: InformerOptions<T>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  #waiting: { revision: number; run: () => void }[] = [];
  #resolveSynced: () => void = () => {};
  /** What to list next: "0" any, "" the latest, or nothing older than this revision. */
  #listFrom = "0";

  constructor(options: InformerOptions<T>) {
    super();
    this.#options = options;
    this.resource = options.resource;
    this.synced = new Promise((resolve) => (this.#resolveSynced = resolve));
  }

  onChange(handler: ChangeHandler<T>): Disposable {
    for (const object of this.list()) handler(object, undefined);
    this.#handlers.add(handler);
    return { [Symbol.dispose]: () => void this.#handlers.delete(handler) };
  }

  whenSeen(resourceVersion: string, run: () => void): void {
    if (!isAfter(resourceVersion, this.resourceVersion)) return run();
    this.#waiting.push({ revision: Number(resourceVersion), run });
  }

  async run(): Promise<void> {
    const { clock, chance, log, signal } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      let failure: unknown;
      try {
        await this.#follow(signal);
      } catch (error) {
        failure = error;
        if (isReason(error, "Expired", "Gone")) this.resourceVersion = "";
      }
      if (signal.aborted) break;
      if (clock.monotonic() - startedMs >= goodWatchMs) failures = 0;
      if (failure === undefined && failures === 0) {
        failures++;
        continue;
      }
      const waitMs = jitter(chance, backoffMs(retryBackoff, failures++));
      const fields = { resource: this.resource.plural, retryInMs: waitMs, error: failure };
      if (failure !== undefined) log.warn("informer failed, will retry", fields);
      await clock.sleep(waitMs, signal).catch(() => {});
    }
    this.#resolveSynced();
  }

  /** Lists unless there is a revision to resume from, then watches until the watch ends. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { client, chance, initial } = this.#options;
    const streaming = this.resourceVersion === "" && initial === "watch";
    if (this.resourceVersion === "" && !streaming) await this.#list(signal);
    const timeoutSeconds = Math.round(jitter(chance, watchTimeoutSeconds));
    const events = client.watch(
      this.resource,
      {
        ...this.#selection(),
        allowWatchBookmarks: true,
        timeoutSeconds,
        ...(streaming
          ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" as const }
          : { resourceVersion: this.resourceVersion }),
      },
      signal,
    );
    const first = streaming ? new Map<ObjectKey, T>() : undefined;
    let filling = first;
    for await (const { type, object } of events) {
      const { resourceVersion = "", annotations } = object.metadata;
      if (filling) {
        if (type === "ADDED" || type === "MODIFIED") filling.set(keyOf(object), object);
        else if (type === "DELETED") filling.delete(keyOf(object));
        else if (annotations?.[initialEventsEnd] === "true") {
          this.#replace([...filling.values()], resourceVersion);
          filling = undefined;
        }
        continue;
      }
      if (type === "DELETED") this.#removed(object);
      else if (type !== "BOOKMARK") this.#changed(object);
      this.#reached(resourceVersion);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client } = this.#options;
    try {
      const resourceVersion = this.#listFrom;
      const list = await client.list(this.resource, {
        ...this.#selection(),
        resourceVersion,
        signal,
      });
      this.#replace(list.items, list.metadata.resourceVersion ?? "");
    } catch (error) {
      // The revision may be gone, or ahead of the server that answers: then take the latest.
      if (isReason(error, "Expired", "Gone", "Timeout")) this.#listFrom = "";
      throw error;
    }
  }

  #selection(): Selection {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return { namespace, labelSelector, fieldSelector, metadataOnly };
  }

  #replace(items: readonly T[], resourceVersion: string): void {
    const gone = new Set(this.keys());
    for (const object of items) {
      gone.delete(keyOf(object));
      this.#changed(object);
    }
    for (const key of gone) {
      const old = this.delete(key);
      if (old) this.#notify(undefined, old);
    }
    this.#listFrom = resourceVersion;
    this.#reached(resourceVersion);
    this.hasSynced = true;
    this.#resolveSynced();
  }

  #changed(object: T): void {
    const { apiVersion, kind } = this.resource;
    // Items of a list need not say what they are; our readers may rely on it.
    const typed = object.kind ? object : { ...object, apiVersion, kind };
    const kept = this.#options.transform?.(typed) ?? typed;
    const old = this.get(keyOf(object));
    if (old?.metadata.resourceVersion === object.metadata.resourceVersion && old) return;
    if (old && old.metadata.uid !== object.metadata.uid) this.#removed(old);
    this.#notify(kept, this.set(kept));
  }

  #removed(object: T): void {
    const old = this.delete(keyOf(object));
    if (old) this.#notify(undefined, object);
  }

  #notify(next: T | undefined, old: T | undefined): void {
    for (const handler of this.#handlers) {
      try {
        handler(next, old);
      } catch (error) {
        const { log } = this.#options;
        log.error("change handler failed", { resource: this.resource.plural, error });
      }
    }
  }

  #reached(resourceVersion: string): void {
    if (resourceVersion === "") return;
    this.resourceVersion = resourceVersion;
    this.#listFrom = resourceVersion;
    if (this.#waiting.length === 0) return;
    const now = Number(resourceVersion);
    const due = this.#waiting.filter(({ revision }) => revision <= now);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ revision }) => revision > now);
    for (const { run } of due) run();
  }
}

/**
 * Whether revision `a` is later than `b`. Resource versions are numbers (KEP-5504); should a server
 * not keep to that, nothing is later than anything.
 */
export function isAfter(a: string, b: string): boolean {
  return Number(a) > Number(b === "" ? 0 : b);
}
