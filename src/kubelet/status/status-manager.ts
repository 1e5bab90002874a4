/**
 * Writes pod statuses to the API: only what changed, one write per pod at a time, the latest
 * status when several came meanwhile.
 */
import { backoffMs, type BackoffShape } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import type { Client } from "#client/client.ts";
import { isAfter } from "#client/informer.ts";
import { isReason } from "#machinery/errors.ts";
import { Semaphore } from "../pod-worker/semaphore.ts";
import { same, statusPatch } from "./status-patch.ts";

export interface StatusManager {
  /** The status last set here, else the API's. */
  get(pod: Pod): PodStatus;
  set(pod: Pod, status: PodStatus): void;
  /**
   * Sets the last status of a pod that is being deleted, and when that is written lets the object
   * go. Resolves when the API has forgotten it or only finalizers hold it.
   */
  finish(pod: Pod, status: PodStatus): Promise<void>;
  /** Tries again to write what could not be written, now that the pod's object changed. */
  poke(uid: string): void;
  forget(uid: string): void;
  /** Resolves when everything set up to now is written or given up. */
  flush(): Promise<void>;
}

export interface StatusManagerOptions {
  client: Client;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** The API's object that shows this pod: itself, or the mirror of a static pod. */
  objectOf: (pod: Pod) => Pod | undefined;
}

const writesMax = 8;
const retryBackoff: BackoffShape = { firstMs: 200, maxMs: 10_000 };

interface Entry {
  pod: Pod;
  status: PodStatus;
  /** The object as the last write returned it. */
  written: Pod | undefined;
  writing: Promise<void> | undefined;
  dirty: boolean;
}

export function createStatusManager(options: StatusManagerOptions): StatusManager {
  return new Statuses(options);
}

class Statuses implements StatusManager {
  readonly #options: StatusManagerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #writes = new Semaphore(writesMax);

  constructor(options: StatusManagerOptions) {
    this.#options = options;
  }

  get(pod: Pod): PodStatus {
    return this.#entries.get(pod.metadata.uid ?? "")?.status ?? pod.status ?? {};
  }

  set(pod: Pod, status: PodStatus): void {
    const { uid = "" } = pod.metadata;
    const known = this.#entries.get(uid);
    if (known && same(known.status, status) && !known.dirty) {
      known.pod = pod;
      // The API may show something else: another writer, or a lost write.
      if (this.#patchOf(known) === undefined) return;
    }
    const entry = known ?? { pod, status, written: undefined, writing: undefined, dirty: true };
    entry.pod = pod;
    entry.status = status;
    entry.dirty = true;
    this.#entries.set(uid, entry);
    this.#write(entry);
  }

  async finish(pod: Pod, status: PodStatus): Promise<void> {
    this.set(pod, status);
    const { uid = "", name, namespace } = pod.metadata;
    const entry = this.#entries.get(uid);
    await this.#written(entry);
    const object = this.#options.objectOf(pod);
    if (!object) return;
    try {
      const preconditions = { uid: object.metadata.uid ?? "" };
      await this.#options.client.delete(
        pods,
        { namespace, name },
        { gracePeriodSeconds: 0, preconditions },
      );
    } catch (error) {
      if (!isReason(error, "NotFound", "Conflict")) throw error;
    }
  }

  poke(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry?.dirty) this.#write(entry);
  }

  forget(uid: string): void {
    this.#entries.delete(uid);
  }

  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#entries.values(), (entry) => this.#written(entry)));
  }

  /** Resolves when nothing of the entry is being written. */
  async #written(entry: Entry | undefined): Promise<void> {
    if (!entry?.writing) return;
    await entry.writing;
    return this.#written(entry);
  }

  #write(entry: Entry): void {
    if (entry.writing) return;
    entry.writing = this.#run(entry).finally(() => {
      entry.writing = undefined;
    });
  }

  /** Writes until nothing new came meanwhile. */
  async #run(entry: Entry): Promise<void> {
    const { clock, log, signal } = this.#options;
    for (let failures = 0; entry.dirty && !signal.aborted;) {
      try {
        using turn = await this.#writes.acquire(signal);
        void turn;
        // Without an object there is nowhere to write: `poke` comes when it appears.
        if (!(await this.#patch(entry))) return;
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (isReason(error, "NotFound", "Conflict", "Invalid", "Forbidden")) {
          const { name, namespace } = entry.pod.metadata;
          log.info("pod status not taken", { pod: `${namespace}/${name}`, error });
          if (!isReason(error, "Forbidden") || failures > 3) {
            entry.dirty = false;
            return;
          }
        }
        await clock.sleep(backoffMs(retryBackoff, failures++), signal).catch(() => {});
      }
    }
  }

  /** False when there is no object to write to. */
  async #patch(entry: Entry): Promise<boolean> {
    const object = this.#latest(entry);
    if (!object) return false;
    const status = this.#patchOf(entry);
    entry.dirty = false;
    if (status === undefined) return true;
    try {
      const { uid, name, namespace } = object.metadata;
      entry.written = await this.#options.client.patch(
        pods,
        { namespace, name },
        { metadata: { uid }, status },
        { type: "strategic", subresource: "status" },
      );
    } catch (error) {
      entry.dirty = true;
      throw error;
    }
    return true;
  }

  #patchOf(entry: Entry) {
    const object = this.#latest(entry);
    return object && statusPatch(object.status ?? {}, entry.status);
  }

  /** The newest version of the API's object that we have seen. */
  #latest(entry: Entry): Pod | undefined {
    const seen = this.#options.objectOf(entry.pod);
    const { written } = entry;
    if (!seen || written?.metadata.uid !== seen.metadata.uid) return seen;
    const { resourceVersion = "" } = seen.metadata;
    return isAfter(written?.metadata.resourceVersion ?? "", resourceVersion) ? written : seen;
  }
}
