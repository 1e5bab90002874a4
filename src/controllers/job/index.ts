/**
 * The Job controller runs pods until enough of them have succeeded, or too many have failed.
 * Reads Job, Pod. Writes Pod (creates, deletes, takes finalizers off), Job/status.
 * plan.ts decides (pure, read it first); count.ts counts each pod once; pods.ts makes pods;
 * policy.ts knows failure and success policies; apply.ts does.
 */
import { type Job, jobs } from "#apis/batch/job.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { controllerOf, fromKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { defineController, done, type ReconcileContext, requeueAfter } from "#client/reconciler.ts";
import { applyClaim, planClaim } from "../shared/adoption.ts";
import { labelMatcher } from "../shared/selector.ts";
import { applyJob, releasePod } from "./apply.ts";
import { isJobFinished } from "./conditions.ts";
import { planJob } from "./plan.ts";
import { hasTracking, trackingFinalizer } from "./pods.ts";
import { settleAll } from "../shared/settle.ts";

const managedByUs = "kubernetes.io/job-controller";

export const jobController = defineController<Job>({
  name: "job-controller",
  for: jobs,
  owns: [pods],
  adopters: (pod, caches) =>
    caches
      .of(jobs)
      .list(pod.metadata.namespace)
      .filter(({ spec }) => labelMatcher(spec.selector)(pod.metadata.labels))
      .map(keyOf),
  async reconcile(key, context) {
    const { caches, client, clock } = context;
    const job = caches.get(jobs, key);
    await releaseStrays(key, job, context);
    if (!job || (job.spec.managedBy ?? managedByUs) !== managedByUs) return done;
    // Without a selector it would disown each pod that it makes and make another.
    if (isJobFinished(job) || !job.spec.selector) return done;
    const candidates = [
      ...caches.ownedBy(pods, job),
      ...caches.orphans(pods, job.metadata.namespace ?? ""),
    ];
    const claim = planClaim(job, candidates, labelMatcher(job.spec.selector));
    const owner = { object: job, resource: jobs, finalizers: [trackingFinalizer] };
    const owned = await applyClaim(client, pods, owner, claim);
    const plan = planJob(job, owned, clock.now());
    await applyJob(job, plan, context);
    return plan.againInMs === undefined ? done : requeueAfter(Math.max(plan.againInMs, 0));
  },
});

/** Pods of a Job that is gone, or has ended, are counted no more: nothing may hold them. */
async function releaseStrays(
  key: ObjectKey,
  job: Job | undefined,
  { caches, client }: ReconcileContext,
): Promise<void> {
  if (job && !isJobFinished(job)) return;
  const { namespace, name } = fromKey(key);
  const all = job ? caches.ownedBy(pods, job) : caches.of(pods).list(namespace);
  const isStray = (pod: Pod) => {
    const owner = controllerOf(pod);
    return hasTracking(pod) && owner?.kind === "Job" && owner.name === name;
  };
  await settleAll(all.filter(isStray).map((pod) => releasePod(client, pod)));
}
