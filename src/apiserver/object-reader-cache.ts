import { storageOf } from "#apis/registry.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ObjectReader } from "./object-reader.ts";
import type { ResourceCache } from "./watch-cache/resource-cache.ts";
import type { WatchCache } from "./watch-cache/watch-cache.ts";

/** The server's own view of the world, out of the watch cache. Only of versions that are stored. */
export function cacheReader(cache: WatchCache): ObjectReader {
  const cacheOf = (resource: Resource<never>): ResourceCache => {
    return cache.resource(storageOf(resource).prefix);
  };
  const keyOf = (resource: Resource<never>, namespace: string, name: string): string => {
    const { prefix } = cacheOf(resource).resource;
    return namespace === "" ? prefix + name : `${prefix}${namespace}/${name}`;
  };
  const reader: ObjectReader = {
    get(resource, namespace, name) {
      const typed = resource as unknown as Resource<never>;
      return cacheOf(typed).get(keyOf(typed, namespace, name))?.object as never;
    },
    list(resource, namespace) {
      const found: KubeObject[] = [];
      const typed = resource as unknown as Resource<never>;
      const prefix = keyOf(typed, namespace, "");
      cacheOf(typed).objects.scan(prefix, "", ({ object }) => {
        found.push(object);
        return true;
      });
      return found as never[];
    },
    // Writes are acknowledged when the cache has them: with one server it is never stale.
    getFresh: async (resource, namespace, name) => reader.get(resource, namespace, name),
    onChange(resource, changed) {
      return cacheOf(resource as unknown as Resource<never>).onChange((next, old) =>
        changed(next?.object as never, old?.object as never),
      );
    },
  };
  return reader;
}
