import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { ObjectStorage } from "../rest/storage.ts";
import { kubernetesService } from "./kubernetes-service.ts";
import { bootstrapObjects } from "./objects.ts";
import { bootstrapPolicy, mendPolicy } from "./rbac.ts";
import { OwnWriter } from "../rest/own-writer.ts";

export interface BootstrapOptions {
  readonly storage: ObjectStorage;
  readonly clock: Clock;
  readonly chance: Chance;
  /** PEM of the authorities whose client certificates are believed. */
  readonly clientCa: string | undefined;
  /** The range of cluster IPs. */
  readonly serviceCIDR: string;
  readonly securePort: number;
}

/**
 * Makes what every cluster has: namespaces, priorities, the RBAC policy and so on. All in one batch,
 * which the store commits at once; on later starts nothing is written.
 */
export async function bootstrap(options: BootstrapOptions): Promise<OwnWriter> {
  const { storage, clock, chance, clientCa, serviceCIDR, securePort } = options;
  const writer = new OwnWriter(storage, clock, chance);
  const now = clock.now();
  const wanted = [
    ...bootstrapObjects(now, clientCa),
    ...kubernetesService(serviceCIDR, securePort, now),
    ...bootstrapPolicy(),
  ];
  const missing = wanted.filter(([resource, object]) => !writer.current(resource, object));
  await Promise.all(missing.map(([resource, object]) => writer.ensure(resource, object)));
  if (missing.length < wanted.length) await mendPolicy(writer);
  return writer;
}
