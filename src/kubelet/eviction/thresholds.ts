/**
 * When a shortage is one: thresholds as upstream's flags say them, and which of them are met for how long.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
 */
import { isQuantity, quantityOf, wholeValue } from "#machinery/quantity.ts";
import { type Levels, type Pressure, pressureOf, type Signal, signals } from "./signals.ts";

/** An amount (a quantity) or a share of the capacity, 0 to 1. */
export type Amount = { readonly quantity: string } | { readonly share: number };

export interface Threshold {
  readonly signal: Signal;
  /** Met when less than this is available. */
  readonly below: Amount;
  /** For this long it may be met before pods have to go; 0 is a hard threshold. */
  readonly graceMs: number;
  /** Once it was met it stays so until this much more is available. */
  readonly minReclaim?: Amount;
}

export interface EvictionConfig {
  readonly thresholds: readonly Threshold[];
  /** A pressure goes on being reported for this long after it was last seen. */
  readonly transitionMs: number;
  /** Grace period of pods that go because of a soft threshold, at most. */
  readonly podGraceSecondsMax: number;
}

const defaultTransitionMs = 5 * 60_000;

/** What upstream's kubelet is told by flags; the empty string is none of a kind. */
export interface EvictionFlags {
  /** `--eviction-hard`: `memory.available<100Mi,nodefs.available<10%`. */
  readonly hard: string;
  /** `--eviction-soft`, in the same way. */
  readonly soft?: string;
  /** `--eviction-soft-grace-period`: `memory.available=1m30s`. */
  readonly softGrace?: string;
  /** `--eviction-minimum-reclaim`: `nodefs.available=500Mi`. */
  readonly minReclaim?: string;
  readonly transitionMs?: number;
  readonly podGraceSecondsMax?: number;
}

/** Reads flags. Throws an Error that names what makes no sense. */
export function parseEvictionFlags(flags: EvictionFlags): EvictionConfig {
  const grace = pairs(flags.softGrace ?? "", "=");
  const reclaim = pairs(flags.minReclaim ?? "", "=");
  const read = (text: string, graceOf: (signal: Signal) => number) =>
    [...pairs(text, "<")].map(([signal, value]): Threshold => {
      const least = reclaim.get(signal);
      return {
        signal,
        below: amount(value),
        graceMs: graceOf(signal),
        ...(least !== undefined && { minReclaim: amount(least) }),
      };
    });
  const softGraceOf = (signal: Signal): number => {
    const text = grace.get(signal);
    if (text === undefined)
      throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    return durationMs(text);
  };
  return {
    thresholds: [...read(flags.hard, () => 0), ...read(flags.soft ?? "", softGraceOf)],
    transitionMs: flags.transitionMs ?? defaultTransitionMs,
    podGraceSecondsMax: flags.podGraceSecondsMax ?? 0,
  };
}

function pairs(text: string, separator: string): Map<Signal, string> {
  const found = new Map<Signal, string>();
  for (const part of text.split(",").filter((it) => it.trim() !== "")) {
    const [name = "", value = ""] = part.split(separator).map((it) => it.trim());
    const signal = signals.find((known) => known === name);
    if (!signal) throw new Error(`unsupported eviction signal ${name}`);
    if (found.has(signal)) throw new Error(`found duplicate eviction threshold for signal ${name}`);
    found.set(signal, value);
  }
  return found;
}

function amount(text: string): Amount {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) return { share: Number(percent) / 100 };
  if (!isQuantity(text)) throw new Error(`eviction threshold ${text} is no quantity`);
  return { quantity: text };
}

/** Go's durations, as far as anybody writes them here: `1m30s`. */
function durationMs(text: string): number {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text);
  if (!match || text === "") throw new Error(`invalid grace period ${JSON.stringify(text)}`);
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** Memory that hard thresholds keep from pods, in bytes: it is no part of what is allocatable. */
export function memoryKeptFree({ thresholds }: EvictionConfig, capacity: number): number {
  const hard = thresholds.filter(
    ({ signal, graceMs }) => signal === "memory.available" && graceMs === 0,
  );
  return Math.max(0, ...hard.map(({ below }) => amountIn(below, capacity)));
}

/** The amount in bytes, inodes or processes. */
export function amountIn(value: Amount, capacity: number): number {
  return "share" in value ? Math.floor(capacity * value.share) : wholeValue(value.quantity);
}

/** The amount as messages tell it. */
export function amountText(value: Amount, capacity: number): string {
  return "share" in value ? quantityOf(amountIn(value, capacity), "BinarySI") : value.quantity;
}

/** Whether less is available than the threshold wants; `andReclaim` adds what has to be won back. */
export function isMet(threshold: Threshold, levels: Levels, andReclaim = false): boolean {
  const level = levels.get(threshold.signal);
  if (!level) return false;
  const { available, capacity } = level;
  const floor = amountIn(threshold.below, capacity);
  const more = andReclaim && threshold.minReclaim ? amountIn(threshold.minReclaim, capacity) : 0;
  return available < floor + more;
}

/** What is remembered from one look to the next. */
export interface EvictionState {
  /** Since when each threshold is met, in milliseconds. */
  readonly metSinceMs: ReadonlyMap<Threshold, number>;
  /** When each pressure was last seen. */
  readonly pressureSeenMs: ReadonlyMap<Pressure, number>;
}

export const calm: EvictionState = { metSinceMs: new Map(), pressureSeenMs: new Map() };

/** Pure: what is known after another look, and the thresholds because of which pods have to go. */
export function look(
  { thresholds, transitionMs }: EvictionConfig,
  before: EvictionState,
  levels: Levels,
  nowMs: number,
): { state: EvictionState; due: Threshold[] } {
  const metSinceMs = new Map<Threshold, number>();
  const pressureSeenMs = new Map<Pressure, number>();
  for (const [pressure, seenMs] of before.pressureSeenMs) {
    if (nowMs - seenMs < transitionMs) pressureSeenMs.set(pressure, seenMs);
  }
  for (const threshold of thresholds) {
    const since = before.metSinceMs.get(threshold);
    if (!isMet(threshold, levels, since !== undefined)) continue;
    metSinceMs.set(threshold, since ?? nowMs);
    pressureSeenMs.set(pressureOf(threshold.signal), nowMs);
  }
  const due = thresholds.filter((threshold) => {
    const since = metSinceMs.get(threshold);
    return since !== undefined && nowMs - since >= threshold.graceMs;
  });
  // Memory kills processes at random when it is out; everything else can wait a round.
  const rank = ({ signal }: Threshold): number => (signal === "memory.available" ? 0 : 1);
  return { state: { metSinceMs, pressureSeenMs }, due: due.toSorted((a, b) => rank(a) - rank(b)) };
}
