import { keyOf, type KubeObject, type ObjectKey } from "#machinery/meta.ts";

/** What an index files an object under; an object may have several values or none. */
export type IndexValues<T> = (object: T) => readonly string[];

/**
 * A read-only view of all objects of one resource, as of the last event that arrived. The objects
 * are shared: never write to one.
 */
export interface Lister<T> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  /** All objects, or those of a namespace. */
  list(namespace?: string): T[];
  /** The objects that the index files under `value`. The index must have been added before. */
  by(index: string, value: string): T[];
}

type Bucket<T> = Map<ObjectKey, T>;

interface Index<T> {
  values: IndexValues<T>;
  buckets: Map<string, Bucket<T>>;
}

const namespaceIndex = "namespace";

/** The objects of one resource by key, with indexes. */
export class ObjectCache<T extends KubeObject> implements Lister<T> {
  readonly #objects: Bucket<T> = new Map();
  readonly #indexes = new Map<string, Index<T>>();

  constructor() {
    this.addIndex(namespaceIndex, ({ metadata }) =>
      metadata.namespace ? [metadata.namespace] : [],
    );
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): T[] {
    if (namespace) return this.by(namespaceIndex, namespace);
    return [...this.#objects.values()];
  }

  by(index: string, value: string): T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new Error(`invariant broken: there is no index ${index}`);
    const bucket = found.buckets.get(value);
    return bucket ? [...bucket.values()] : [];
  }

  keys(): IterableIterator<ObjectKey> {
    return this.#objects.keys();
  }

  /** Files all objects by `values`. An index of this name that exists already is kept. */
  addIndex(name: string, values: IndexValues<T>): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { values, buckets: new Map() };
    this.#indexes.set(name, index);
    for (const [key, object] of this.#objects) file(index, key, object);
  }

  /** Puts an object in its place; the one that was there. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const index of this.#indexes.values()) {
      if (old) unfile(index, key, old);
      file(index, key, object);
    }
    return old;
  }

  /** Takes an object out; the one that was there. */
  delete(key: ObjectKey): T | undefined {
    const old = this.#objects.get(key);
    if (!old) return undefined;
    this.#objects.delete(key);
    for (const index of this.#indexes.values()) unfile(index, key, old);
    return old;
  }
}

function file<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.values(object)) {
    const bucket = index.buckets.get(value);
    if (bucket) bucket.set(key, object);
    else index.buckets.set(value, new Map([[key, object]]));
  }
}

function unfile<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.values(object)) {
    const bucket = index.buckets.get(value);
    bucket?.delete(key);
    if (bucket?.size === 0) index.buckets.delete(value);
  }
}
