import type { KubeObject } from "#machinery/meta.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Resource } from "#machinery/resource.ts";
import type { ObjectReader } from "./object-reader.ts";
import type { ApiRequest } from "./request.ts";

/** Small parts for unit tests of the API server; nothing here runs in production. */

/** As much of an object as a test needs. */
interface Sketch {
  metadata: { name: string; namespace?: string; uid?: string; [field: string]: unknown };
  [field: string]: unknown;
}

type Changed = (next: object | undefined, old: object | undefined) => void;

/** An `ObjectReader` over maps, written to by the test. */
export class MemoryReader implements ObjectReader {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #watchers = new Map<string, Set<Changed>>();

  get<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string) {
    return this.#of(resource).get(`${namespace}/${name}`) as DeepReadonly<T> | undefined;
  }

  list<T extends KubeObject>(resource: Resource<T>, namespace: string) {
    const all = [...this.#of(resource).values()] as DeepReadonly<T>[];
    return all.filter((one) => namespace === "" || one.metadata.namespace === namespace);
  }

  async getFresh<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string) {
    return this.get(resource, namespace, name);
  }

  onChange<T extends KubeObject>(
    resource: Resource<T>,
    changed: (next: DeepReadonly<T> | undefined, old: DeepReadonly<T> | undefined) => void,
  ): Disposable {
    const watchers = this.#watchers.get(idOf(resource)) ?? new Set();
    this.#watchers.set(idOf(resource), watchers);
    watchers.add(changed as Changed);
    return { [Symbol.dispose]: () => void watchers.delete(changed as Changed) };
  }

  /** Creates or replaces an object; only what the test needs of it has to be there. */
  put<T extends KubeObject>(resource: Resource<T>, object: Sketch): void {
    const { name, namespace = "" } = object.metadata;
    const old = this.get(resource, namespace, name);
    this.#of(resource).set(`${namespace}/${name}`, object as unknown as KubeObject);
    this.#tell(resource, object, old);
  }

  remove<T extends KubeObject>(resource: Resource<T>, namespace: string, name: string): void {
    const old = this.get(resource, namespace, name);
    this.#of(resource).delete(`${namespace}/${name}`);
    this.#tell(resource, undefined, old);
  }

  #of<T extends KubeObject>(resource: Resource<T>): Map<string, KubeObject> {
    const known = this.#objects.get(idOf(resource)) ?? new Map<string, KubeObject>();
    this.#objects.set(idOf(resource), known);
    return known;
  }

  #tell<T extends KubeObject>(resource: Resource<T>, next?: object, old?: object): void {
    for (const changed of this.#watchers.get(idOf(resource)) ?? []) changed(next, old);
  }
}

function idOf<T extends KubeObject>({ group, plural }: Resource<T>): string {
  return `${group}/${plural}`;
}

/** A GET request for `/` with what the test gives. */
export function requestWith(parts: Partial<ApiRequest>): ApiRequest {
  return {
    method: "GET",
    path: "/",
    query: new URLSearchParams(),
    headers: {},
    body: async () => undefined,
    signal: new AbortController().signal,
    ...parts,
  };
}
