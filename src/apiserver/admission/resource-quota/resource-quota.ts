import { resourceQuotas, type ResourceQuota } from "#apis/core/resource-quota.ts";
import type { Clock } from "#base/clock.ts";
import { isReason } from "#machinery/errors.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { ObjectReader } from "#apiserver/object-reader.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "../admission.ts";
import { type Charge, isCharged, planCharges } from "./charge.ts";

/**
 * Writes the status of a quota, guarded by its resourceVersion, and returns what was stored.
 * Throws Conflict when somebody else was faster.
 */
export type QuotaStatusWriter = (
  quota: DeepReadonly<ResourceQuota>,
) => Promise<DeepReadonly<ResourceQuota>>;

const triesMax = 5;

/** Questions and traces, not things that take up room. */
const uncounted = new Set([
  "/events",
  "events.k8s.io/events",
  "/bindings",
  "authorization.k8s.io/localsubjectaccessreviews",
]);

/**
 * Charges a namespace's quotas for what is written into it, before it is written, and refuses what
 * exceeds them. Charging is a compare-and-swap on the quota's status, so that concurrent writers,
 * here or in other API servers, never get more than there is.
 */
export function resourceQuota(options: {
  reader: ObjectReader;
  clock: Pick<Clock, "now">;
  writeStatus: QuotaStatusWriter;
}): AdmissionPlugin {
  const { reader, clock, writeStatus } = options;
  const charger = new Charger(reader, clock, writeStatus);
  return {
    name: "ResourceQuota",
    matches: { operations: ["CREATE", "UPDATE"], resources: ["*"] },
    validate(a) {
      if (!isCharged(a) || uncounted.has(`${a.resource.group}/${a.resource.plural}`)) return;
      if (reader.list(resourceQuotas, a.namespace).length === 0) return;
      return charger.charge(a);
    },
  };
}

class Charger {
  readonly #reader: ObjectReader;
  readonly #clock: Pick<Clock, "now">;
  readonly #writeStatus: QuotaStatusWriter;
  /** By namespace: what has to end before the next charge begins. */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(reader: ObjectReader, clock: Pick<Clock, "now">, writeStatus: QuotaStatusWriter) {
    this.#reader = reader;
    this.#clock = clock;
    this.#writeStatus = writeStatus;
  }

  /** Charges of one namespace wait for each other: side by side they would only collide. */
  charge(a: AdmissionAttributes): Promise<void> {
    const before = this.#queues.get(a.namespace) ?? Promise.resolve();
    const mine = before.then(() => this.#chargeNow(a));
    const settled = mine.then(
      () => {},
      () => {},
    );
    this.#queues.set(a.namespace, settled);
    void settled.then(() => {
      if (this.#queues.get(a.namespace) === settled) this.#queues.delete(a.namespace);
    });
    return mine;
  }

  async #chargeNow(a: AdmissionAttributes): Promise<void> {
    const done = new Set<string>();
    for (let attempt = 1; ; attempt++) {
      const quotas = await this.#quotasOf(a.namespace, attempt > 1);
      const open = quotas.filter(({ metadata }) => !done.has(metadata.name));
      const charges = planCharges(a, open, this.#clock.now());
      if (a.dryRun) return;
      if (await this.#write(charges, done, attempt === triesMax)) return;
    }
  }

  async #quotasOf(
    namespace: string,
    fresh: boolean,
  ): Promise<readonly DeepReadonly<ResourceQuota>[]> {
    const cached = this.#reader.list(resourceQuotas, namespace);
    if (!fresh) return cached;
    const current = await Promise.all(
      cached.map(({ metadata }) => this.#reader.getFresh(resourceQuotas, namespace, metadata.name)),
    );
    return current.filter((quota) => quota !== undefined);
  }

  /** False when somebody else changed one of the quotas; the ones written are in `done`. */
  async #write(charges: readonly Charge[], done: Set<string>, last: boolean): Promise<boolean> {
    let complete = true;
    for (const { quota, used } of charges) {
      if (equalJson(used, quota.status?.used ?? {})) continue;
      try {
        await this.#writeStatus({ ...quota, status: { ...quota.status, used } });
        done.add(quota.metadata.name);
      } catch (error) {
        if (last || !isReason(error, "Conflict")) throw error;
        complete = false;
      }
    }
    return complete;
  }
}
