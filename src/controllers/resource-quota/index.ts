/**
 * The resource quota controller counts what a namespace uses of what its quotas limit. (Admission
 * adds to the count when it lets something in; here it is put right.)
 * Reads ResourceQuota and whatever quotas count. Writes ResourceQuota/status.
 */
import { cronJobs } from "#apis/batch/cron-job.ts";
import { jobs } from "#apis/batch/job.ts";
import { daemonSets } from "#apis/apps/daemon-set.ts";
import { deployments } from "#apis/apps/deployment.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { statefulSets } from "#apis/apps/stateful-set.ts";
import { configMaps } from "#apis/core/config-map.ts";
import { persistentVolumeClaims } from "#apis/core/persistent-volume-claim.ts";
import { pods } from "#apis/core/pod.ts";
import { replicationControllers } from "#apis/core/replication-controller.ts";
import { type ResourceQuota, resourceQuotas } from "#apis/core/resource-quota.ts";
import { secrets } from "#apis/core/secret.ts";
import { serviceAccounts } from "#apis/core/service-account.ts";
import { services } from "#apis/core/service.ts";
import { ingresses } from "#apis/networking/ingress.ts";
import { keyOf, type KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import { type Caches, defineController, done, requeueAfter, watching } from "#client/reconciler.ts";
import { writeStatus } from "../shared/status.ts";
import {
  addUsage,
  claimUsage,
  countUsage,
  inScope,
  limitedTo,
  podCounts,
  podUsage,
  serviceUsage,
  type Usage,
} from "./usage.ts";

/** Counts are put right at least this often, as upstream. */
const resyncMs = 300_000;

/** Resources of which only the number counts. */
const counted: Resource[] = [
  configMaps,
  secrets,
  serviceAccounts,
  replicationControllers,
  resourceQuotas,
  deployments,
  replicaSets,
  statefulSets,
  daemonSets,
  jobs,
  cronJobs,
  ingresses,
];

function quotasOf({ metadata }: KubeObject, caches: Caches) {
  return caches.of(resourceQuotas).list(metadata.namespace).map(keyOf);
}

const comesOrGoes = (next: KubeObject | undefined, old: KubeObject | undefined) => !next || !old;

export const resourceQuotaController = defineController<ResourceQuota>({
  name: "resourcequota-controller",
  for: resourceQuotas,
  watches: [
    watching(
      pods,
      quotasOf,
      (next, old) =>
        !next ||
        !old ||
        next.status?.phase !== old.status?.phase ||
        next.metadata.generation !== old.metadata.generation,
    ),
    watching(services, quotasOf),
    watching(
      persistentVolumeClaims,
      quotasOf,
      (next, old) => !next || next.metadata.generation !== old?.metadata.generation,
    ),
    ...counted
      .filter((resource) => resource !== (resourceQuotas as Resource))
      .map((resource) => watching<KubeObject>(resource, quotasOf, comesOrGoes)),
  ],
  async reconcile(key, { caches, client, clock }) {
    const quota = caches.get(resourceQuotas, key);
    if (!quota) return done;
    const hard = quota.spec.hard ?? {};
    const used = limitedTo(hard, totalUsage(quota, caches, clock.now()));
    await writeStatus(client, resourceQuotas, quota, { ...quota.status, hard, used });
    return requeueAfter(resyncMs);
  },
});

/** Counts only what the quota speaks of. */
function totalUsage(quota: ResourceQuota, caches: Caches, nowMs: number): Usage {
  const { namespace } = quota.metadata;
  const names = Object.keys(quota.spec.hard ?? {});
  const total: Usage = {};
  for (const pod of caches.of(pods).list(namespace)) {
    if (podCounts(pod, nowMs) && inScope(quota, pod)) addUsage(total, podUsage(pod));
  }
  if (names.some((name) => name.includes("services"))) {
    for (const service of caches.of(services).list(namespace))
      addUsage(total, serviceUsage(service));
  }
  if (names.some((name) => name.includes("storage") || name.includes("persistentvolumeclaims"))) {
    const claims = caches.of(persistentVolumeClaims).list(namespace);
    for (const claim of claims) addUsage(total, claimUsage(claim));
  }
  for (const resource of counted) {
    const one = countUsage(resource.plural, resource.group);
    if (!names.some((name) => name in one)) continue;
    const count = String(caches.of(resource).list(namespace).length);
    for (const name of Object.keys(one)) addUsage(total, { [name]: count });
  }
  return total;
}
