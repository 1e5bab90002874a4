/** Blocks are split when they grow beyond this; half of it is what inserting moves at most. */
const blockSizeMax = 512;

/**
 * A map from strings to values that can be walked in the order of its keys. Sorted blocks keep
 * inserting cheap however many keys there are.
 */
export class OrderedMap<V extends { readonly key: string }> {
  readonly #byKey = new Map<string, V>();
  /** Never empty blocks, in order. */
  readonly #blocks: V[][] = [];

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
      this.#blocks.push([value]);
      return undefined;
    }
    const at = this.#blockOf(key);
    const block = this.#blocks[at]!;
    const index = lowerBound(block, key);
    if (previous !== undefined) block[index] = value;
    else {
      block.splice(index, 0, value);
      if (block.length > blockSizeMax) {
        // Keys often arrive in order: leave full blocks behind instead of halves.
        const keep = index === block.length - 1 ? blockSizeMax : blockSizeMax / 2;
        this.#blocks.splice(at + 1, 0, block.splice(keep));
      }
    }
    return previous;
  }

  delete(key: string): V | undefined {
    const previous = this.#byKey.get(key);
    if (previous === undefined) return undefined;
    this.#byKey.delete(key);
    const at = this.#blockOf(key);
    const block = this.#blocks[at]!;
    block.splice(lowerBound(block, key), 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
    return previous;
  }

  /**
   * Visits the values whose key starts with `prefix`, those after the key `after` only, in order,
   * until `visit` returns false.
   */
  scan(prefix: string, after: string, visit: (value: V) => boolean): void {
    this.#ranges(prefix, after, (block, from, to) => {
      for (let index = from; index < to; index++) if (!visit(block[index]!)) return false;
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

  /** The parts of blocks that a scan covers: keys are looked at once per block, not per value. */
  #ranges(
    prefix: string,
    after: string,
    visit: (block: readonly V[], from: number, to: number) => boolean,
  ): void {
    if (this.#blocks.length === 0) return;
    const start = after > prefix ? after : prefix;
    let at = this.#blockOf(start);
    let from = lowerBound(this.#blocks[at]!, start);
    if (this.#blocks[at]![from]?.key === after) from++;
    for (; at < this.#blocks.length; at++, from = 0) {
      const block = this.#blocks[at]!;
      if (from === block.length) continue;
      if (!block[from]!.key.startsWith(prefix)) return;
      const isWhole = block.at(-1)!.key.startsWith(prefix);
      const to = isWhole ? block.length : upperBound(block, from, prefix);
      if (!visit(block, from, to) || !isWhole) return;
    }
  }

  /** The last block whose first key is not after `key`. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#blocks[middle]![0]!.key <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function lowerBound(block: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index from `from` on whose key does not start with `prefix`; one there does. */
function upperBound(
  block: readonly { readonly key: string }[],
  from: number,
  prefix: string,
): number {
  let low = from + 1;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block[middle]!.key.startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}
