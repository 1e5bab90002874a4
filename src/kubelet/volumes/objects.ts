/**
 * The ConfigMaps and Secrets that this node's pods refer to. Each is followed by a watch of its
 * own, because a node may see those objects alone; it ends some time after the last pod is gone.
 */
import type { Chance } from "#base/chance.ts";
import type { Clock, Timer } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { type ConfigMap, configMaps } from "#apis/core/config-map.ts";
import type { Pod } from "#apis/core/pod.ts";
import { type Secret, secrets } from "#apis/core/secret.ts";
import type { Client } from "#client/client.ts";
import { withoutManagedFields } from "#client/informer-factory.ts";
import { type Informer, startInformer } from "#client/informer.ts";
import { isReason } from "#machinery/errors.ts";
import { toKey } from "#machinery/meta.ts";
import { ConfigError, type ReferencedObjects } from "../runtime/environment.ts";
import { referencesOf } from "./payload.ts";

/** How long an object that no pod refers to is still followed. */
const lingerMs = 30_000;
/** How long a pod's start waits for an object that it refers to. */
const syncMsMax = 5_000;

export interface ObjectsOptions {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  signal: AbortSignal;
  /** Told the pods that refer to an object that changed. */
  onChange: (uids: Iterable<string>) => void;
}

export interface NodeObjects extends ReferencedObjects {
  /** Follows what the pod refers to, from now on. */
  hold(pod: Pod): void;
  release(uid: string): void;
}

interface Followed {
  readonly informer: Informer<ConfigMap> | Informer<Secret>;
  readonly stop: () => void;
  readonly pods: Set<string>;
  linger: Timer | undefined;
}

type Kind = "configmap" | "secret";

export function nodeObjects(options: ObjectsOptions): NodeObjects {
  return new Objects(options);
}

class Objects implements NodeObjects {
  readonly #options: ObjectsOptions;
  readonly #followed = new Map<string, Followed>();
  /** What each pod refers to, by uid. */
  readonly #heldBy = new Map<string, Set<string>>();

  constructor(options: ObjectsOptions) {
    this.#options = options;
    const stop = (): void => {
      for (const { linger } of this.#followed.values()) linger?.[Symbol.dispose]();
    };
    options.signal.addEventListener("abort", stop, { once: true });
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#read<ConfigMap>("configmap", namespace, name);
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#read<Secret>("secret", namespace, name);
  }

  hold(pod: Pod): void {
    const { uid = "", namespace = "" } = pod.metadata;
    const keys = this.#heldBy.get(uid) ?? new Set<string>();
    for (const { kind, name } of referencesOf(pod)) {
      keys.add(`${kind}/${namespace}/${name}`);
      this.#follow(kind, namespace, name).pods.add(uid);
    }
    this.#heldBy.set(uid, keys);
  }

  release(uid: string): void {
    for (const key of this.#heldBy.get(uid) ?? []) {
      const entry = this.#followed.get(key);
      if (!entry) continue;
      entry.pods.delete(uid);
      if (entry.pods.size === 0) this.#linger(key, entry);
    }
    this.#heldBy.delete(uid);
  }

  async #read<T>(kind: Kind, namespace: string, name: string): Promise<T | undefined> {
    const { informer } = this.#follow(kind, namespace, name);
    if (!informer.hasSynced) await this.#inTime(kind, informer.synced);
    return informer.get(toKey(namespace, name)) as T | undefined;
  }

  /** What the API does not tell for this long is taken for an error that the user sees. */
  async #inTime(kind: Kind, synced: Promise<void>): Promise<void> {
    const { clock, signal } = this.#options;
    using wait = childSignal(signal);
    const late = clock.sleep(syncMsMax, wait.signal).then(
      () => true,
      () => false,
    );
    if (await Promise.race([synced.then(() => false), late])) {
      throw new ConfigError(`failed to sync ${kind} cache: timed out waiting for the condition`);
    }
  }

  #follow(kind: Kind, namespace: string, name: string): Followed {
    const key = `${kind}/${namespace}/${name}`;
    const known = this.#followed.get(key);
    if (known) return known;
    const { client, clock, chance, log, signal, onChange } = this.#options;
    const own = childSignal(signal);
    const fieldSelector = `metadata.name=${name}`;
    const common = { client, clock, chance, log, namespace, fieldSelector, signal: own.signal };
    const transform = withoutManagedFields;
    const informer =
      kind === "configmap"
        ? startInformer<ConfigMap>({ ...common, transform, resource: configMaps })
        : startInformer<Secret>({ ...common, transform, resource: secrets });
    const stop = (): void => own.abort();
    const entry: Followed = { informer, stop, pods: new Set(), linger: undefined };
    informer.onChange(() => {
      if (informer.hasSynced) onChange(entry.pods);
    });
    this.#followed.set(key, entry);
    this.#linger(key, entry);
    return entry;
  }

  #linger(key: string, entry: Followed): void {
    entry.linger?.[Symbol.dispose]();
    if (this.#options.signal.aborted) return;
    entry.linger = this.#options.clock.after(lingerMs, () => {
      if (entry.pods.size > 0) return;
      this.#followed.delete(key);
      entry.stop();
    });
  }
}

/** Objects as a simulated node sees them: asked for when needed, never followed. */
export function simulatedObjects(client: Client): NodeObjects {
  async function read<T extends ConfigMap | Secret>(get: Promise<T>): Promise<T | undefined> {
    try {
      return await get;
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }
  return {
    configMap: (namespace, name) => read(client.get(configMaps, { namespace, name })),
    secret: (namespace, name) => read(client.get(secrets, { namespace, name })),
    hold() {},
    release() {},
  };
}
