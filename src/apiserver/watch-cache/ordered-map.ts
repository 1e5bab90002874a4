/** Blocks are split when they grow beyond this; half of it is what inserting moves at most. */
const blockSizeMax = 512;

/** A part of the map in order, and its values' bytes joined, as long as nothing in it changes. */
interface Block<V> {
  readonly values: V[];
  joined: Uint8Array | undefined;
  /** How often the bytes were asked for since the block changed or was last swept. */
  asked: number;
}

/**
 * A map from strings to values that can be walked in the order of its keys. Sorted blocks keep
 * inserting cheap however many keys there are.
 */
export class OrderedMap<V extends { readonly key: string }> {
  readonly #byKey = new Map<string, V>();
  /** Never empty blocks, in order. */
  readonly #blocks: Block<V>[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): V | undefined {
    return this.#byKey.get(key);
  }

  values(): Iterable<V> {
    return this.#byKey.values();
  }

  /** Puts `value` in its place and returns what was there. */
  set(value: V): V | undefined {
    const { key } = value;
    const previous = this.#byKey.get(key);
    this.#byKey.set(key, value);
    if (this.#blocks.length === 0) {
      this.#blocks.push(block([value]));
      return undefined;
    }
    const at = this.#blockOf(key);
    const into = this.#blocks[at]!;
    const { values } = into;
    const index = lowerBound(values, key);
    changed(into);
    if (previous !== undefined) values[index] = value;
    else {
      values.splice(index, 0, value);
      if (values.length > blockSizeMax) {
        // Keys often arrive in order: leave full blocks behind instead of halves.
        const keep = index === values.length - 1 ? blockSizeMax : blockSizeMax / 2;
        this.#blocks.splice(at + 1, 0, block(values.splice(keep)));
      }
    }
    return previous;
  }

  delete(key: string): V | undefined {
    const previous = this.#byKey.get(key);
    if (previous === undefined) return undefined;
    this.#byKey.delete(key);
    const at = this.#blockOf(key);
    const from = this.#blocks[at]!;
    changed(from);
    from.values.splice(lowerBound(from.values, key), 1);
    if (from.values.length === 0) this.#blocks.splice(at, 1);
    return previous;
  }

  /**
   * Visits the values whose key starts with `prefix`, those after the key `after` only, in order,
   * until `visit` returns false.
   */
  scan(prefix: string, after: string, visit: (value: V) => boolean): void {
    this.#ranges(prefix, after, ({ values }, from, to) => {
      for (let index = from; index < to; index++) if (!visit(values[index]!)) return false;
      return true;
    });
  }

  /** Number of keys that start with `prefix`, those after the key `after` only. */
  count(prefix: string, after = ""): number {
    let count = 0;
    this.#ranges(prefix, after, (_, from, to) => {
      count += to - from;
      return true;
    });
    return count;
  }

  /**
   * The bytes that `join` makes of the values whose key starts with `prefix`, in parts. The bytes
   * of what is asked for repeatedly and does not change are kept; `join` must always be the same.
   */
  joined(prefix: string, join: (values: readonly V[]) => Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = [];
    this.#ranges(prefix, "", (block, from, to) => {
      const { values } = block;
      if (to - from < values.length) parts.push(join(values.slice(from, to)));
      else {
        const bytes = block.joined ?? join(values);
        if (++block.asked > 1) block.joined = bytes;
        parts.push(bytes);
      }
      return true;
    });
    return parts;
  }

  /** Forgets the joined bytes that nobody asked for since the last time. */
  sweep(): void {
    for (const block of this.#blocks) {
      if (block.asked === 0) block.joined = undefined;
      block.asked = 0;
    }
  }

  /** The parts of blocks that a scan covers: keys are looked at once per block, not per value. */
  #ranges(
    prefix: string,
    after: string,
    visit: (block: Block<V>, from: number, to: number) => boolean,
  ): void {
    if (this.#blocks.length === 0) return;
    const start = after > prefix ? after : prefix;
    let at = this.#blockOf(start);
    const first = this.#blocks[at]!.values;
    let from = lowerBound(first, start);
    if (first[from]?.key === after) from++;
    for (; at < this.#blocks.length; at++, from = 0) {
      const block = this.#blocks[at]!;
      const { values } = block;
      if (from === values.length) continue;
      if (!values[from]!.key.startsWith(prefix)) return;
      const isWhole = values.at(-1)!.key.startsWith(prefix);
      const to = isWhole ? values.length : upperBound(values, from, prefix);
      if (!visit(block, from, to) || !isWhole) return;
    }
  }

  /** The last block whose first key is not after `key`. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#blocks[middle]!.values[0]!.key <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function block<V>(values: V[]): Block<V> {
  return { values, joined: undefined, asked: 0 };
}

function changed(block: Block<unknown>): void {
  block.joined = undefined;
  block.asked = 0;
}

type Keyed = { readonly key: string };

function lowerBound(values: readonly Keyed[], key: string): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index from `from` on whose key does not start with `prefix`; one there does. */
function upperBound(values: readonly Keyed[], from: number, prefix: string): number {
  let low = from + 1;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]!.key.startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}
