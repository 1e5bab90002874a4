import type { DeepReadonly } from "#machinery/readonly.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";

/**
 * How the API server's own parts (authorizers, admission plug-ins, allocators) see the world: the
 * watch caches, without copies. What they are handed is shared and must not be written to.
 */
export interface ObjectReader {
  /** The object as of now in the watch cache. */
  get<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
  ): DeepReadonly<T> | undefined;
  /** All objects of a namespace ("" is all namespaces). */
  list<T extends KubeObject>(resource: Resource<T>, namespace: string): readonly DeepReadonly<T>[];
  /** The object as of now in the store itself, for decisions that must not be stale. */
  getFresh<T extends KubeObject>(
    resource: Resource<T>,
    namespace: string,
    name: string,
  ): Promise<DeepReadonly<T> | undefined>;
  /** Calls back after each change of the resource, for indexes kept beside the cache. */
  onChange<T extends KubeObject>(
    resource: Resource<T>,
    changed: (next: DeepReadonly<T> | undefined, old: DeepReadonly<T> | undefined) => void,
  ): Disposable;
}
