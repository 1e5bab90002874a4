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

export function nodeObjects(options: ObjectsOptions): NodeObjects {
  const { client, clock, chance, log, signal, onChange } = options;
  const followed = new Map<string, Followed>();
  const heldBy = new Map<string, Set<string>>();

  function follow(kind: "configmap" | "secret", namespace: string, name: string): Followed {
    const key = `${kind}/${namespace}/${name}`;
    const known = followed.get(key);
    if (known) return known;
    const own = childSignal(signal);
    const common = {
      client, clock, chance, log, namespace, signal: own.signal,
      fieldSelector: `metadata.name=${name}`,
    }; // prettier-ignore
    const informer =
      kind === "configmap"
        ? startInformer<ConfigMap>({ ...common, resource: configMaps })
        : startInformer<Secret>({ ...common, resource: secrets });
    const entry: Followed = {
      informer,
      stop: () => own.abort(),
      pods: new Set(),
      linger: undefined,
    };
    informer.onChange(() => {
      if (informer.hasSynced) onChange(entry.pods);
    });
    followed.set(key, entry);
    linger(key, entry);
    return entry;
  }

  function linger(key: string, entry: Followed): void {
    entry.linger?.[Symbol.dispose]();
    entry.linger = clock.after(lingerMs, () => {
      if (entry.pods.size > 0) return;
      followed.delete(key);
      entry.stop();
    });
  }

  /** What the API does not tell for this long is taken for an error that the user sees. */
  async function inTime(kind: string, synced: Promise<void>): Promise<void> {
    using wait = childSignal(signal);
    const late = clock.sleep(syncMsMax, wait.signal).then(
      () => true,
      () => false,
    );
    if (await Promise.race([synced.then(() => false), late])) {
      throw new ConfigError(`failed to sync ${kind} cache: timed out waiting for the condition`);
    }
  }

  async function read<T>(kind: "configmap" | "secret", namespace: string, name: string) {
    const { informer } = follow(kind, namespace, name);
    if (!informer.hasSynced) await inTime(kind, informer.synced);
    return informer.get(toKey(namespace, name)) as T | undefined;
  }

  return {
    configMap: (namespace, name) => read<ConfigMap>("configmap", namespace, name),
    secret: (namespace, name) => read<Secret>("secret", namespace, name),
    hold(pod) {
      const { uid = "", namespace = "" } = pod.metadata;
      const keys = heldBy.get(uid) ?? new Set<string>();
      for (const { kind, name } of referencesOf(pod)) {
        keys.add(`${kind}/${namespace}/${name}`);
        follow(kind, namespace, name).pods.add(uid);
      }
      heldBy.set(uid, keys);
    },
    release(uid) {
      for (const key of heldBy.get(uid) ?? []) {
        const entry = followed.get(key);
        if (!entry) continue;
        entry.pods.delete(uid);
        if (entry.pods.size === 0) linger(key, entry);
      }
      heldBy.delete(uid);
    },
  };
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
