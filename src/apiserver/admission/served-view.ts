import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ObjectReader } from "../object-reader.ts";
import { type Served, toStored } from "../rest/served.ts";
import type { WatchCache } from "../watch-cache/watch-cache.ts";
import type { Equivalents } from "./equivalents.ts";
import type { PluralOf } from "./owner-references-permission.ts";
import type { ResourceOf } from "./policies/params.ts";

/** What the server serves at the moment, custom resources included. */
export interface ServedView {
  all(): Iterable<Served>;
  /** Grows whenever something begins or ends to be served. */
  readonly changes: number;
  readonly cache: Pick<WatchCache, "resource">;
}

/** What admission has to know of resources that are not built in. */
export interface CustomKnowledge {
  readonly equivalents: Equivalents;
  readonly resourceOf: ResourceOf;
  readonly pluralOf: PluralOf;
  /** Reads custom resources, too. */
  readonly reader: ObjectReader;
}

/** `view` is asked only when requests come in. */
export function customKnowledge(reader: ObjectReader, view: ServedView): CustomKnowledge {
  const index = new Index(view);
  const byKind: ResourceOf = (apiVersion, kind) => index.byKind(apiVersion, kind)?.resource;
  return {
    equivalents: servedEquivalents(index),
    resourceOf: byKind,
    pluralOf: (apiVersion, kind) => byKind(apiVersion, kind)?.plural,
    reader: readerOfAll(reader, index, view.cache),
  };
}

/** What is served, found by what it is; made anew after changes. */
class Index {
  readonly #view: ServedView;
  #seen = -1;
  #byResource = new Map<Resource, Served>();
  #byKind = new Map<string, Served>();
  #byPrefix = new Map<string, Served[]>();

  constructor(view: ServedView) {
    this.#view = view;
  }

  of(resource: Resource): Served | undefined {
    return this.#current().#byResource.get(resource);
  }

  byKind(apiVersion: string, kind: string): Served | undefined {
    return this.#current().#byKind.get(`${apiVersion}/${kind}`);
  }

  /** All that serve the same objects. */
  sharing(served: Served): readonly Served[] {
    return this.#current().#byPrefix.get(served.storage?.prefix ?? "") ?? [];
  }

  #current(): this {
    if (this.#seen === this.#view.changes) return this;
    this.#seen = this.#view.changes;
    const all = [...this.#view.all()];
    this.#byResource = new Map(all.map((one) => [one.resource, one]));
    this.#byKind = new Map(
      all.map((one) => [`${one.resource.apiVersion}/${one.resource.kind}`, one]),
    );
    this.#byPrefix = Map.groupBy(
      all.filter(({ storage }) => storage),
      ({ storage }) => storage!.prefix,
    );
    return this;
  }
}

function servedEquivalents(index: Index): Equivalents {
  return {
    of(resource) {
      const served = index.of(resource);
      if (!served?.storage) return [];
      const sharing = index.sharing(served);
      return sharing.filter((one) => one !== served).map((one) => one.resource);
    },
    async convert(object, from, to) {
      const given = object as KubeObject;
      const [source, target] = [index.of(from), index.of(to)];
      if (!source || !target) return given;
      const stored = await toStored(source, given);
      const conversion = target.storage?.conversion;
      if (!conversion) return stored;
      if (conversion.prepare && !conversion.isReady?.(stored)) await conversion.prepare([stored]);
      return conversion.fromStored(stored);
    },
  };
}

/** The server's reader knows built-in resources; custom ones lie below prefixes of their own. */
function readerOfAll(reader: ObjectReader, index: Index, cache: ServedView["cache"]): ObjectReader {
  const storageOf = (resource: Resource<never>) => {
    const served = index.of(resource);
    return served?.state === undefined ? undefined : served.storage;
  };
  const all: ObjectReader = {
    ...reader,
    get(resource, namespace, name) {
      const storage = storageOf(resource as unknown as Resource<never>);
      if (!storage) return reader.get(resource, namespace, name);
      const key = namespace === "" ? name : `${namespace}/${name}`;
      return cache.resource(storage.prefix).get(storage.prefix + key)?.object as never;
    },
    list(resource, namespace) {
      const storage = storageOf(resource as unknown as Resource<never>);
      if (!storage) return reader.list(resource, namespace);
      const found: DeepReadonly<KubeObject>[] = [];
      const prefix = storage.prefix + (namespace === "" ? "" : `${namespace}/`);
      cache.resource(storage.prefix).objects.scan(prefix, "", ({ object }) => {
        found.push(object);
        return true;
      });
      return found as never[];
    },
    getFresh: async (resource, namespace, name) => all.get(resource, namespace, name),
  };
  return all;
}
