import type { CachedObject } from "./cached-object.ts";
import { OrderedMap } from "./ordered-map.ts";
import type { Selection } from "./selection.ts";

/** Selections kept up to date at once; each costs a little with every change. */
const indexesMax = 16;
/** A selection is kept once it has been asked for this often since others were. */
const usesMin = 2;
/** Selections remembered as having been asked for. */
const askedMax = 256;

interface Index {
  readonly prefix: string;
  readonly selection: Selection;
  readonly matching: OrderedMap<CachedObject>;
}

/**
 * The results of selections that are asked for again and again, kept up to date with every change,
 * so that a list costs what it returns and not what it looks at.
 */
export class SelectionIndex {
  readonly #objects: OrderedMap<CachedObject>;
  /** Least recently used first. */
  readonly #indexes = new Map<string, Index>();
  readonly #asked = new Map<string, number>();

  constructor(objects: OrderedMap<CachedObject>) {
    this.#objects = objects;
  }

  /** What matches below `prefix`; undefined when it is better looked for. */
  matching(prefix: string, selection: Selection): OrderedMap<CachedObject> | undefined {
    const id = `${prefix}\n${selection.id}`;
    const known = this.#indexes.get(id);
    if (known) {
      this.#indexes.delete(id);
      this.#indexes.set(id, known);
      return known.matching;
    }
    const uses = (this.#asked.get(id) ?? 0) + 1;
    if (uses < usesMin) {
      if (this.#asked.size >= askedMax) this.#asked.clear();
      this.#asked.set(id, uses);
      return undefined;
    }
    this.#asked.delete(id);
    return this.#build(id, prefix, selection);
  }

  /** Follows a change of the objects. */
  apply(key: string, next: CachedObject | undefined): void {
    for (const { prefix, selection, matching } of this.#indexes.values()) {
      if (!key.startsWith(prefix)) continue;
      if (next && selection.matches?.(next)) matching.set(next);
      else matching.delete(key);
    }
  }

  #build(id: string, prefix: string, selection: Selection): OrderedMap<CachedObject> {
    const matching = new OrderedMap<CachedObject>();
    this.#objects.scan(prefix, "", (object) => {
      if (selection.matches?.(object)) matching.set(object);
      return true;
    });
    if (this.#indexes.size >= indexesMax) {
      const [oldest] = this.#indexes.keys();
      this.#indexes.delete(oldest!);
    }
    this.#indexes.set(id, { prefix, selection, matching });
    return matching;
  }
}
