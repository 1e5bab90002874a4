/**
 * Keys in byte order with a value each: a hash map for single keys, and beside it sorted runs of
 * keys (a two-level B-tree) for prefix scans, ranks and pages. 100,000 keys make some 300 runs.
 */

/** Keys in one run before it is split; short enough that inserting is a cheap move of memory. */
const runKeysMax = 512;

interface Run<T> {
  /** Order keys (see `orderKey`), ascending. */
  readonly keys: string[];
  readonly values: T[];
}

/** A place between two keys: run and offset in it. */
interface Place {
  readonly run: number;
  readonly offset: number;
}

export class OrderedIndex<T extends { readonly key: string }> {
  readonly #byKey = new Map<string, T>();
  #runs: Run<T>[] = [];

  /** An index of `values`, which have distinct keys, in any order; faster than adding one by one. */
  static of<T extends { readonly key: string }>(values: Iterable<T>): OrderedIndex<T> {
    const index = new OrderedIndex<T>();
    const pairs: [order: string, value: T][] = [];
    for (const value of values) {
      index.#byKey.set(value.key, value);
      pairs.push([orderKey(value.key), value]);
    }
    pairs.sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const step = runKeysMax / 2;
    for (let from = 0; from < pairs.length; from += step) {
      const some = pairs.slice(from, from + step);
      index.#runs.push({ keys: some.map(([order]) => order), values: some.map((pair) => pair[1]) });
    }
    return index;
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key);
  }

  /** Adds the value, or replaces the one that has the same key. */
  set(value: T): void {
    const known = this.#byKey.has(value.key);
    this.#byKey.set(value.key, value);
    const order = orderKey(value.key);
    const place = this.#lowerBound(order);
    const run = this.#runs[place.run];
    if (known) {
      run!.values[place.offset] = value;
    } else if (run) {
      this.#insert(place, order, value);
    } else if (place.run > 0) {
      const last = place.run - 1;
      this.#insert({ run: last, offset: this.#runs[last]!.keys.length }, order, value);
    } else {
      this.#runs.push({ keys: [order], values: [value] });
    }
  }

  delete(key: string): void {
    if (!this.#byKey.delete(key)) return;
    const { run: at, offset } = this.#lowerBound(orderKey(key));
    const run = this.#runs[at]!;
    run.keys.splice(offset, 1);
    run.values.splice(offset, 1);
    if (run.keys.length === 0) this.#runs.splice(at, 1);
  }

  /** Number of keys with the prefix. */
  count(prefix: string): number {
    return this.#distance(this.#start(prefix), this.#end(prefix));
  }

  /**
   * The values whose key has the prefix and comes after the key `after`, `limit` at most (0: all),
   * and how many follow them.
   */
  page(prefix: string, after = "", limit = 0): { values: T[]; remaining: number } {
    const end = this.#end(prefix);
    const start = this.#start(prefix, after);
    const total = Math.max(0, this.#distance(start, end));
    const take = limit > 0 ? Math.min(limit, total) : total;
    const values: T[] = [];
    for (let at = start.run, offset = start.offset; values.length < take; at++, offset = 0) {
      const run = this.#runs[at]!;
      const until = Math.min(run.values.length, offset + take - values.length);
      for (let i = offset; i < until; i++) values.push(run.values[i]!);
    }
    return { values, remaining: total - take };
  }

  #start(prefix: string, after = ""): Place {
    // The shortest key that sorts after `after` is `after` with a NUL.
    const afterOrder = `${orderKey(after)}\0`;
    const prefixOrder = orderKey(prefix);
    return this.#lowerBound(after !== "" && afterOrder > prefixOrder ? afterOrder : prefixOrder);
  }

  #end(prefix: string): Place {
    const beyond = successor(orderKey(prefix));
    return beyond === undefined ? { run: this.#runs.length, offset: 0 } : this.#lowerBound(beyond);
  }

  #distance(from: Place, to: Place): number {
    let distance = to.offset - from.offset;
    for (let run = from.run; run < to.run; run++) distance += this.#runs[run]!.keys.length;
    for (let run = to.run; run < from.run; run++) distance -= this.#runs[run]!.keys.length;
    return distance;
  }

  /** The place of the first key that is not less than `order`. */
  #lowerBound(order: string): Place {
    const run = firstWhere(this.#runs.length, (at) => this.#runs[at]!.keys.at(-1)! >= order);
    const keys = this.#runs[run]?.keys;
    if (!keys) return { run, offset: 0 };
    return { run, offset: firstWhere(keys.length, (at) => keys[at]! >= order) };
  }

  #insert({ run: at, offset }: Place, order: string, value: T): void {
    const run = this.#runs[at]!;
    run.keys.splice(offset, 0, order);
    run.values.splice(offset, 0, value);
    if (run.keys.length <= runKeysMax) return;
    // Names often grow at the end (pod-1, pod-2 …): then leave a full run behind, not a half one.
    const cut = offset === run.keys.length - 1 ? runKeysMax - 32 : runKeysMax / 2;
    this.#runs.splice(at + 1, 0, { keys: run.keys.splice(cut), values: run.values.splice(cut) });
  }
}

/** Binary search: the first index below `length` for which `holds` does, else `length`. */
function firstWhere(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A string whose order by UTF-16 units (JavaScript's) is the order of `key` by UTF-8 bytes (etcd's
 * and SQLite's): surrogates are moved above the rest of the plane. Nearly every key is its own.
 */
export function orderKey(key: string): string {
  if (!/[\ud800-\uffff]/.test(key)) return key;
  return key.replace(/[\ud800-\uffff]/g, (unit) => {
    const code = unit.charCodeAt(0);
    return String.fromCharCode(code < 0xe000 ? code + 0x2000 : code - 0x800);
  });
}

/** The least string that sorts after every string with the prefix; undefined when there is none. */
function successor(prefix: string): string | undefined {
  for (let length = prefix.length; length > 0; length--) {
    const code = prefix.charCodeAt(length - 1);
    if (code < 0xffff) return prefix.slice(0, length - 1) + String.fromCharCode(code + 1);
  }
  return undefined;
}
