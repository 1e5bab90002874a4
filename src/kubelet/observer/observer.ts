/**
 * Knows what the container runtime has of every pod. A pod worker asks anew after each thing it
 * did; what happens by itself (a container ends) is learnt from the runtime's events where it has
 * them, else from a relist every second.
 */
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { loop } from "#base/loop.ts";
import { childSignal } from "#base/signal.ts";
import type { CriClient } from "../cri/cri.ts";
import type { Files } from "../host/files.ts";
import { listPods, observe, type PodListing, signatureOf } from "./observe.ts";
import type { ContainerObservation, PodObservation } from "./observation.ts";

export interface ObserverOptions {
  cri: CriClient;
  files: Files;
  clock: Clock;
  log: Logger;
  /** Told the uid of each pod of which something changed by itself. */
  onChange: (uid: string) => void;
  relistMs?: number;
}

export interface Observer {
  /** The latest observation; undefined when the runtime has nothing of the pod. */
  get(uid: string): PodObservation | undefined;
  all(): Iterable<PodObservation>;
  /** Asks the runtime now. */
  refresh(uid: string): Promise<PodObservation | undefined>;
  /** Resolves when everything the runtime has is known for the first time. */
  readonly listed: Promise<void>;
  /** Milliseconds since the runtime last answered in full. */
  silentForMs(): number;
  run(signal: AbortSignal): Promise<void>;
}

/** How often everything is listed without events, and with them, for what they may have missed. */
const relistMs = 1_000;
const relistWithEventsMs = 30_000;
/** Containers that end at all often end soon: after one has started it is looked at more often. */
const relistSoonMs = 250;
const soonMs = 5_000;
/** While no container runs nothing happens by itself. */
const relistIdleMs = 10_000;

/** Whether the container runs and did not before. */
function isNew({ id, state }: ContainerObservation, before: PodObservation | undefined): boolean {
  const known = before?.containers.find((container) => container.id === id);
  return state === "running" && known?.state !== "running";
}

interface Known {
  observation: PodObservation;
  signature: string;
  /** Number of the question that this answers; a late answer to an early question is dropped. */
  asked: number;
}

export function createObserver(options: ObserverOptions): Observer {
  return new RuntimeObserver(options);
}

class RuntimeObserver implements Observer {
  readonly #options: ObserverOptions;
  readonly #pods = new Map<string, Known>();
  readonly listed: Promise<void>;
  #resolveListed: () => void = () => {};
  #questions = 0;
  #answeredAtMs: number;
  #hasEvents = false;
  /** Events have just begun to come: what happened right before is still to be seen. */
  #again = false;
  #startedAtMs = -Infinity;
  /** Ends the pause between two relists. */
  #hurry: () => void = () => {};

  constructor(options: ObserverOptions) {
    this.#options = options;
    this.#answeredAtMs = options.clock.monotonic();
    this.listed = new Promise((resolve) => (this.#resolveListed = resolve));
  }

  get(uid: string): PodObservation | undefined {
    return this.#pods.get(uid)?.observation;
  }

  *all(): Iterable<PodObservation> {
    for (const { observation } of this.#pods.values()) yield observation;
  }

  silentForMs(): number {
    return this.#options.clock.monotonic() - this.#answeredAtMs;
  }

  async refresh(uid: string): Promise<PodObservation | undefined> {
    const asked = ++this.#questions;
    const listing = (await listPods(this.#options.cri, uid)).get(uid);
    await this.#take(uid, listing, asked);
    return this.get(uid);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const events = this.#followEvents(signal);
    await loop({
      name: "relist",
      clock,
      log,
      signal,
      everyMs: 0,
      backoff: { firstMs: 100, maxMs: 1_000 },
      body: async () => {
        await this.#relist();
        using pause = childSignal(signal);
        this.#hurry = () => pause.abort();
        await clock.sleep(this.#pauseMs(), pause.signal).catch(() => {});
      },
    });
    await events;
  }

  #pauseMs(): number {
    if (this.#again) {
      this.#again = false;
      return relistSoonMs;
    }
    if (this.#hasEvents) return relistWithEventsMs;
    if (this.#options.clock.monotonic() - this.#startedAtMs < soonMs) return relistSoonMs;
    const running = this.#pods
      .values()
      .some(({ observation }) => observation.containers.some(({ state }) => state !== "exited"));
    return running ? (this.#options.relistMs ?? relistMs) : relistIdleMs;
  }

  async #relist(): Promise<void> {
    const { clock, onChange } = this.#options;
    const asked = ++this.#questions;
    const listings = await listPods(this.#options.cri);
    this.#answeredAtMs = clock.monotonic();
    const uids = new Set([...listings.keys(), ...this.#pods.keys()]);
    await Promise.all(
      Array.from(uids, async (uid) => {
        if (await this.#take(uid, listings.get(uid), asked)) onChange(uid);
      }),
    );
    this.#resolveListed();
  }

  /** Keeps what was listed of a pod; whether that is news. */
  async #take(uid: string, listing: PodListing | undefined, asked: number): Promise<boolean> {
    const known = this.#pods.get(uid);
    if (known && known.asked > asked) return false;
    if (!listing) return this.#pods.delete(uid);
    const signature = signatureOf(listing);
    if (known?.signature === signature) {
      known.asked = asked;
      return false;
    }
    const { cri, files } = this.#options;
    const observation = await observe(cri, files, listing, known?.observation);
    const now = this.#pods.get(uid);
    if (now && now.asked > asked) return false;
    this.#pods.set(uid, { observation, signature, asked });
    if (observation.containers.some((it) => isNew(it, known?.observation)))
      this.#containerStarted();
    return true;
  }

  #containerStarted(): void {
    if (this.#hasEvents) return;
    this.#startedAtMs = this.#options.clock.monotonic();
    this.#hurry();
  }

  async #followEvents(signal: AbortSignal): Promise<void> {
    const { cri, clock, log, onChange } = this.#options;
    if (!(await cri.supportsEvents().catch(() => false))) return;
    await loop({
      name: "runtime events",
      clock,
      log,
      signal,
      everyMs: 1_000,
      backoff: { firstMs: 200, maxMs: 5_000 },
      body: async () => {
        try {
          this.#hasEvents = true;
          this.#again = true;
          this.#hurry();
          for await (const event of cri.containerEvents(signal)) {
            const uid = event.podSandboxStatus?.metadata.uid;
            if (uid === undefined) continue;
            const before = this.get(uid);
            void this.refresh(uid).then(
              (after) => after !== before && onChange(uid),
              (error: unknown) => log.debug("pod not observed", { uid, error }),
            );
          }
        } finally {
          this.#hasEvents = false;
        }
      },
    });
  }
}
