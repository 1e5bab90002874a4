import type { Clock } from "#base/clock.ts";

export interface KeptAnswersOptions<V> {
  readonly clock: Pick<Clock, "monotonic">;
  /** How long an answer is good for, in milliseconds. */
  readonly keepMs: (value: V) => number;
  /** The eldest answers are forgotten beyond this many. */
  readonly entriesMax: number;
}

/** Asks once and keeps the answer for a while; those who ask at the same time share one question. */
export class KeptAnswers<V> {
  readonly #options: KeptAnswersOptions<V>;
  readonly #kept = new Map<string, { value: Promise<V>; untilMs: number }>();

  constructor(options: KeptAnswersOptions<V>) {
    this.#options = options;
  }

  /** The kept answer for `key`, else what `ask` says. A failure is not kept. */
  get(key: string, ask: () => Promise<V>): Promise<V> {
    const { clock, keepMs, entriesMax } = this.#options;
    const known = this.#kept.get(key);
    if (known && clock.monotonic() < known.untilMs) return known.value;
    const entry = { value: ask(), untilMs: Infinity };
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    const [eldest] = this.#kept.keys();
    if (this.#kept.size > entriesMax && eldest !== undefined) this.#kept.delete(eldest);
    entry.value.then(
      (value) => (entry.untilMs = clock.monotonic() + keepMs(value)),
      () => this.#kept.get(key) === entry && this.#kept.delete(key),
    );
    return entry.value;
  }
}
