import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client } from "./client.ts";
import { type Informer, type InformerOptions, type Selection, startInformer } from "./informer.ts";

/** Hands out one shared informer per resource and selection, started when first asked for. */
export interface InformerFactory {
  /** What the informers read with. */
  readonly client: Client;
  informer<T extends KubeObject>(resource: Resource<T>, selection?: Selection): Informer<T>;
}

export interface InformerFactoryOptions {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  /** Ends all informers. */
  signal: AbortSignal;
  initial?: InformerOptions<KubeObject>["initial"];
  /** Applied to every object that is kept; must not write to it. */
  transform?: <T extends KubeObject>(object: T) => T;
}

/** Informers over one client; see `InformerFactory`. */
export function createInformerFactory(options: InformerFactoryOptions): InformerFactory {
  const shared = new Map<string, unknown>();
  return {
    client: options.client,
    informer<T extends KubeObject>(resource: Resource<T>, selection: Selection = {}) {
      const { namespace = "", labelSelector = "", fieldSelector = "" } = selection;
      const { metadataOnly = false } = selection;
      const path = resource.path(namespace);
      const key = [path, labelSelector, fieldSelector, metadataOnly].join(" ");
      const existing = shared.get(key) as Informer<T> | undefined;
      if (existing) return existing;
      const informer = startInformer<T>({ ...options, ...selection, resource });
      shared.set(key, informer);
      return informer;
    },
  };
}

/** Keeps an object without `managedFields`, which no controller reads; for caches over HTTPS. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
