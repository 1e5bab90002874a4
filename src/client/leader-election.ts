/**
 * Of several instances of a component one works: the one that holds a Lease. The holder renews it;
 * the others take it over once it has not been renewed for its duration by *their* clocks, so that
 * clocks need not agree. https://kubernetes.io/docs/concepts/architecture/leases/
 */
import { type Chance, jitter } from "#base/chance.ts";
import { type Clock, rfc3339Micro } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { type Lease, leases } from "#apis/coordination/lease.ts";
import { isReason } from "#machinery/errors.ts";
import type { Client, ObjectName } from "./client.ts";

/** Upstream's defaults. */
const leaseDurationMs = 15_000;
const renewDeadlineMs = 10_000;
const retryPeriodMs = 2_000;

export interface LeaderElectionOptions {
  client: Client;
  clock: Clock;
  chance: Chance;
  log: Logger;
  /** The Lease to hold, such as `kube-system/kube-scheduler`. */
  lease: ObjectName & { namespace: string };
  /** Who this instance is; must differ between instances. */
  identity: string;
  signal: AbortSignal;
  /** Runs while this instance leads; its signal aborts when leadership is lost. */
  lead: (signal: AbortSignal) => Promise<void>;
}

/** Leads whenever it can, until the signal aborts; then it gives the lease up. */
export async function runLeaderElected(options: LeaderElectionOptions): Promise<void> {
  const { clock, chance, log, signal, lease, identity } = options;
  const election = new Election(options);
  while (!signal.aborted) {
    if (await election.tryToHold()) {
      log.info("became leader", { lease: lease.name, identity });
      await leadWhileHeld(options, election);
      if (!signal.aborted) log.warn("lost leadership", { lease: lease.name, identity });
    }
    await clock.sleep(jitter(chance, retryPeriodMs, 1.2), signal).catch(() => {});
  }
}

async function leadWhileHeld(options: LeaderElectionOptions, election: Election): Promise<void> {
  const { clock, signal, lead } = options;
  using term = childSignal(signal);
  const work = lead(term.signal);
  let renewedMs = clock.monotonic();
  while (!term.signal.aborted && clock.monotonic() - renewedMs < renewDeadlineMs) {
    await clock.sleep(retryPeriodMs, term.signal).catch(() => {});
    if (term.signal.aborted) break;
    const startedMs = clock.monotonic();
    if (await election.tryToHold()) renewedMs = startedMs;
  }
  term.abort();
  await work;
  if (signal.aborted) await election.release();
}

class Election {
  readonly #options: LeaderElectionOptions;
  /** The record seen last and when it was first seen so, by our monotonic clock. */
  #seen: { version: string; atMs: number } | undefined;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  /** Whether this instance holds the lease now; never throws. */
  async tryToHold(): Promise<boolean> {
    const { client, clock, log, lease } = this.#options;
    try {
      const current = await this.#read();
      if (!current) {
        const draft = { metadata: { ...lease }, spec: this.#spec(undefined) };
        await client.create(leases, draft);
        return true;
      }
      if (!this.#mayTake(current, clock.monotonic())) return false;
      await client.update(leases, { ...current, spec: this.#spec(current) });
      return true;
    } catch (error) {
      if (!isReason(error, "Conflict", "AlreadyExists")) log.warn("cannot hold lease", { error });
      return false;
    }
  }

  /** Lets another instance take over at once. */
  async release(): Promise<void> {
    const { client, identity, log } = this.#options;
    try {
      const current = await this.#read();
      if (current?.spec?.holderIdentity !== identity) return;
      const spec = { ...this.#spec(current), holderIdentity: "", leaseDurationSeconds: 1 };
      await client.update(leases, { ...current, spec });
    } catch (error) {
      log.debug("cannot release lease", { error });
    }
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#options.client.get(leases, this.#options.lease);
    } catch (error) {
      if (isReason(error, "NotFound")) return undefined;
      throw error;
    }
  }

  #mayTake({ spec, metadata }: Lease, nowMs: number): boolean {
    const version = metadata.resourceVersion ?? "";
    if (this.#seen?.version !== version) this.#seen = { version, atMs: nowMs };
    const holder = spec?.holderIdentity ?? "";
    if (holder === "" || holder === this.#options.identity) return true;
    const durationMs = (spec?.leaseDurationSeconds ?? 0) * 1_000;
    return nowMs - this.#seen.atMs >= durationMs;
  }

  #spec(current: Lease | undefined): NonNullable<Lease["spec"]> {
    const { clock, identity } = this.#options;
    const now = rfc3339Micro(clock.now());
    const { spec } = current ?? {};
    const mine = spec?.holderIdentity === identity;
    const transitions = spec?.leaseTransitions ?? 0;
    return {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: leaseDurationMs / 1_000,
      acquireTime: mine ? (spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: mine || !current ? transitions : transitions + 1,
    };
  }
}
