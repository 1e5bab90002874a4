import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { ObjectStorage } from "../rest/storage.ts";
import { bootstrapObjects } from "./objects.ts";
import { bootstrapPolicy, mendPolicy } from "./rbac.ts";
import { OwnWriter } from "./writer.ts";

export interface BootstrapOptions {
  readonly storage: ObjectStorage;
  readonly clock: Clock;
  readonly chance: Chance;
  /** PEM of the authorities whose client certificates are believed. */
  readonly clientCa: string | undefined;
}

/**
 * Makes what every cluster has: namespaces, priorities, the RBAC policy and so on. All in one batch,
 * which the store commits at once; on later starts nothing is written.
 */
export async function bootstrap({ storage, clock, chance, clientCa }: BootstrapOptions): Promise<void> {
  const writer = new OwnWriter(storage, clock, chance);
  const wanted = [...bootstrapObjects(clock.now(), clientCa), ...bootstrapPolicy()];
  const missing = wanted.filter(([resource, object]) => !writer.current(resource, object));
  await Promise.all(missing.map(([resource, object]) => writer.ensure(resource, object)));
  if (missing.length < wanted.length) await mendPolicy(writer);
}
