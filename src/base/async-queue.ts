/**
 * A bounded queue between one producer and one consumer: `tryPush` refuses when full, iteration
 * ends after `end` (what is queued is still delivered) or throws after `fail`.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #limit: number;
  #items: T[] = [];
  #head = 0;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: unknown;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** False when the queue is full or has ended; the item is then not taken. */
  tryPush(item: T): boolean {
    if (this.#ended || this.size >= this.#limit) return false;
    this.#items.push(item);
    this.#notify();
    return true;
  }

  /** No more items: the consumer finishes after what is queued. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** The consumer throws `error` after what is queued. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    try {
      for (;;) {
        while (this.size > 0) {
          const item = this.#items[this.#head++]!;
          if (this.#head > 1_024 && this.#head * 2 > this.#items.length) this.#compact();
          yield item;
        }
        this.#compact();
        if (this.#ended) break;
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      if (this.#error !== undefined) throw this.#error;
    } finally {
      this.#ended = true;
    }
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
