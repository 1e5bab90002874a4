/** One probe of one running container: when to try it, and what its results come to. */
import { type Chance, jitter } from "#base/chance.ts";
import type { Clock, Timer } from "#base/clock.ts";
import type { Probe } from "#apis/core/probe.ts";
import type { Outcome } from "./handlers.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface ProbeWorkerOptions {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly startedAtMs: number;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly attempt: (signal: AbortSignal) => Promise<Outcome>;
  /** Told of each try that did not succeed. */
  readonly onFailure: (outcome: Outcome) => void;
  /** Told when enough tries in a row changed the verdict. */
  readonly onVerdict: (healthy: boolean) => void;
}

/** Tries of a handler that could not be tried at all count as one. */
const attemptsMax = 3;

/**
 * Probes until it is disposed: first after the initial delay, then every period. A verdict changes
 * when `successThreshold` or `failureThreshold` tries in a row say so.
 */
export class ProbeWorker implements Disposable {
  readonly #options: ProbeWorkerOptions;
  readonly #controller = new AbortController();
  #timer: Timer | undefined;
  /** Result of the last try and how many in a row had it. */
  #last: boolean | undefined;
  #streak = 0;
  #verdict: boolean | undefined;

  constructor(options: ProbeWorkerOptions) {
    this.#options = options;
    const { probe, startedAtMs, clock } = options;
    const dueMs = startedAtMs + (probe.initialDelaySeconds ?? 0) * 1_000;
    this.#schedule(Math.max(0, dueMs - clock.now()));
  }

  /** What the tries so far come to; undefined before the first verdict. */
  get verdict(): boolean | undefined {
    return this.#verdict;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#controller.abort();
  }

  #schedule(ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    const { probe, clock, chance } = this.#options;
    const startedMs = clock.monotonic();
    const outcome = await this.#try(signal);
    if (signal.aborted || !outcome) return;
    this.#count(outcome);
    if (signal.aborted) return;
    const periodMs = (probe.periodSeconds ?? 10) * 1_000;
    const tookMs = clock.monotonic() - startedMs;
    this.#schedule(Math.max(0, jitter(chance, periodMs, 0.01) - tookMs));
  }

  async #try(signal: AbortSignal): Promise<Outcome | undefined> {
    let outcome: Outcome | undefined;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      try {
        outcome = await this.#options.attempt(signal);
      } catch {
        return undefined;
      }
      if (outcome.result !== "error") break;
    }
    return outcome;
  }

  #count(outcome: Outcome): void {
    const { kind, probe, onFailure, onVerdict } = this.#options;
    const healthy = outcome.result === "success";
    if (!healthy) onFailure(outcome);
    this.#streak = this.#last === healthy ? this.#streak + 1 : 1;
    this.#last = healthy;
    const needed = healthy ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.#streak < needed || this.#verdict === healthy) return;
    this.#verdict = healthy;
    // Once started, or found broken, a container needs no more of these tries.
    if (kind === "startup" || (kind === "liveness" && !healthy)) this[Symbol.dispose]();
    onVerdict(healthy);
  }
}
