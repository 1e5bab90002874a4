/**
 * Keeps the node from running dry: looks at signals (memory, disk, inodes, pids), reports pressure, frees
 * what can be freed, and else ends pods, the least deserving first, one at a time.
 */
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { StatsSource } from "../server/stats.ts";
import { hasStorageLimits, overLimit, type VolumeBytes } from "./local-storage.ts";
import { evictionWords, isCritical, type PodUsage, rankForEviction } from "./rank.ts";
import { type Levels, levelsOf, type Pressure, type Scarce, scarceOf } from "./signals.ts";
import {
  calm,
  type EvictionConfig,
  type EvictionState,
  isMet,
  look,
  type Threshold,
} from "./thresholds.ts";

/** How a pod that is evicted ends. Its status: phase Failed, this reason and message. */
export interface Eviction {
  readonly pod: Pod;
  readonly reason: "Evicted";
  readonly message: string;
  /** Annotations of the warning event of the same reason and message. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Instead of the pod's own grace period. */
  readonly gracePeriodSeconds: number;
}

export interface EvictionManagerOptions {
  readonly config: EvictionConfig;
  readonly stats: StatsSource;
  readonly clock: Clock;
  readonly log: Logger;
  /** Pods that are not over. */
  readonly pods: () => readonly Pod[];
  /** What a pod's emptyDir volumes hold. */
  readonly volumeBytes: (pod: Pod) => Promise<VolumeBytes>;
  /** Begins to end the pod, tells it by an event, and marks it a DisruptionTarget. */
  readonly evict: (eviction: Eviction) => void;
  /** Frees disk without ending pods: dead containers first, then images that nobody uses. */
  readonly reclaimDisk: () => Promise<void>;
  /** Tells that the node is short of something, as a warning event of the node. */
  readonly tell?: (reason: "EvictionThresholdMet", message: string) => void;
}

export interface EvictionManager {
  /** What the node's conditions and the admission of pods go by. */
  pressure(): readonly Pressure[];
  /** Looks once; what `run` does again and again. */
  step(): Promise<void>;
  run(signal: AbortSignal): Promise<void>;
}

/** How often the node is looked at; once pods have to go, right after the last has gone. */
const everyMs = 10_000;
/** How long a pod that was evicted is waited for before the next is considered. */
const cleanupMs = 30_000;
const cleanupCheckMs = 500;
/** Pods that go at once still hear of it. */
const immediateGraceSeconds = 1;

export function createEvictionManager(options: EvictionManagerOptions): EvictionManager {
  return new Manager(options);
}

class Manager implements EvictionManager {
  readonly #options: EvictionManagerOptions;
  #state: EvictionState = calm;
  /** Pods that have been told to go and take their time. */
  readonly #going = new Set<string>();

  constructor(options: EvictionManagerOptions) {
    this.#options = options;
  }

  pressure(): readonly Pressure[] {
    return [...this.#state.pressureSeenMs.keys()];
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    await loop({ name: "eviction", clock, log, signal, everyMs, body: () => this.step(signal) });
  }

  async step(signal?: AbortSignal): Promise<void> {
    const { config, stats, clock } = this.#options;
    const isStopped = (): boolean => signal?.aborted === true;
    for (let isBusy = true; isBusy && !isStopped();) {
      const levels = levelsOf(await stats.node());
      const { state, due } = look(config, this.#state, levels, clock.now());
      this.#state = state;
      const victim = (await this.#pastLimit()) ?? (due[0] && (await this.#relieve(due[0], levels)));
      isBusy = victim !== undefined && (await this.#isGone(victim, signal));
    }
  }

  /** Evicts a pod that keeps more on disk than it may. */
  async #pastLimit(): Promise<Pod | undefined> {
    const { stats } = this.#options;
    const limited = this.#candidates().filter((pod) => hasStorageLimits(pod) && !isCritical(pod));
    if (limited.length === 0) return undefined;
    const summary = await stats.summary();
    for (const pod of limited) {
      const found = summary.pods.find(({ podRef }) => podRef.uid === pod.metadata.uid);
      const message = overLimit(pod, found, await this.#options.volumeBytes(pod));
      if (message === undefined) continue;
      this.#evict({ pod, message, annotations: {}, gracePeriodSeconds: immediateGraceSeconds });
      return pod;
    }
    return undefined;
  }

  /** Frees something because of a threshold; returns the pod that had to go for it, if any. */
  async #relieve(threshold: Threshold, levels: Levels): Promise<Pod | undefined> {
    const { config, log, reclaimDisk, stats, tell } = this.#options;
    const scarce = scarceOf(threshold.signal);
    log.warn("the node is short of something", { signal: threshold.signal });
    tell?.("EvictionThresholdMet", `Attempting to reclaim ${scarce}`);
    if (scarce === "ephemeral-storage" || scarce === "inodes") {
      await reclaimDisk().catch((error: unknown) => log.warn("disk not reclaimed", { error }));
      if (!isMet(threshold, levelsOf(await stats.node()), true)) return undefined;
    }
    const ranked = rankForEviction(await this.#usages(scarce), scarce);
    const victim = ranked.find(({ pod }) => !isCritical(pod));
    if (!victim) {
      log.error("no pod can be evicted", { signal: threshold.signal });
      return undefined;
    }
    const words = evictionWords(victim, scarce, threshold, levels.get(threshold.signal));
    const isHard = threshold.graceMs === 0;
    const grace = isHard ? immediateGraceSeconds : config.podGraceSecondsMax;
    this.#evict({ pod: victim.pod, ...words, gracePeriodSeconds: grace });
    return victim.pod;
  }

  async #usages(scarce: Scarce): Promise<PodUsage[]> {
    const { stats, volumeBytes } = this.#options;
    const summary = await stats.summary();
    const byUid = new Map(summary.pods.map((one) => [one.podRef.uid, one]));
    return Promise.all(
      this.#candidates().map(async (pod) => {
        const volumes =
          scarce === "ephemeral-storage" ? await volumeBytes(pod) : new Map<string, number>();
        const bytes = volumes.values().reduce((sum: number, one: number) => sum + one, 0);
        return { pod, stats: byUid.get(pod.metadata.uid ?? ""), volumeBytes: bytes };
      }),
    );
  }

  #candidates(): Pod[] {
    const pods = this.#options.pods();
    const uids = new Set(pods.map(({ metadata }) => metadata.uid ?? ""));
    for (const uid of this.#going) if (!uids.has(uid)) this.#going.delete(uid);
    return pods.filter(({ metadata }) => !this.#going.has(metadata.uid ?? ""));
  }

  #evict(eviction: Omit<Eviction, "reason">): void {
    const { evict, log } = this.#options;
    const { name, namespace, uid = "" } = eviction.pod.metadata;
    this.#going.add(uid);
    log.warn("evicting a pod", { pod: `${namespace}/${name}`, why: eviction.message });
    evict({ ...eviction, reason: "Evicted" });
  }

  /** Waits until a pod that was evicted is over; false when it takes too long. */
  async #isGone({ metadata }: Pod, signal: AbortSignal | undefined): Promise<boolean> {
    const { clock, pods } = this.#options;
    const isThere = () => pods().some((pod) => pod.metadata.uid === metadata.uid);
    for (let waitedMs = 0; waitedMs < cleanupMs; waitedMs += cleanupCheckMs) {
      if (!isThere()) return true;
      await clock.sleep(cleanupCheckMs, signal).catch(() => {});
      if (signal?.aborted) return false;
    }
    return false;
  }
}
