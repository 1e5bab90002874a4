/**
 * Deletes Jobs some time after they have finished, if they ask for it (KEP-592).
 * Reads Job. Deletes Job.
 */
import { type Job, jobs } from "#apis/batch/job.ts";
import { isReason } from "#machinery/errors.ts";
import { defineController, done, requeueAfter } from "#client/reconciler.ts";
import { holds } from "../job/conditions.ts";

export const ttlAfterFinishedController = defineController<Job>({
  name: "ttl-after-finished-controller",
  for: jobs,
  when: (next) => next?.spec.ttlSecondsAfterFinished !== undefined,
  async reconcile(key, { caches, client, clock }) {
    const job = caches.get(jobs, key);
    const expiresMs = job && expiryMs(job);
    if (!job || expiresMs === undefined) return done;
    const leftMs = expiresMs - clock.now();
    if (leftMs > 0) return requeueAfter(leftMs);
    try {
      // Someone may have given it more time meanwhile.
      const fresh = await client.get(jobs, job.metadata);
      const { uid = "" } = job.metadata;
      if (fresh.metadata.uid !== uid || (expiryMs(fresh) ?? Infinity) > clock.now()) return done;
      const preconditions = { uid };
      await client.delete(jobs, job.metadata, { propagationPolicy: "Foreground", preconditions });
    } catch (error) {
      if (!isReason(error, "NotFound")) throw error;
    }
    return done;
  },
});

function expiryMs(job: Job): number | undefined {
  const { ttlSecondsAfterFinished } = job.spec;
  const finished = (holds(job, "Complete") ?? holds(job, "Failed"))?.lastTransitionTime;
  if (ttlSecondsAfterFinished === undefined || !finished) return undefined;
  if (job.metadata.deletionTimestamp !== undefined) return undefined;
  return Date.parse(finished) + ttlSecondsAfterFinished * 1_000;
}
