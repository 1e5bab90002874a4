/**
 * The CronJob controller starts Jobs on a schedule and keeps some that have ended.
 * Reads CronJob, Job. Writes Job (creates, deletes), CronJob/status.
 * plan.ts decides, schedule.ts knows when.
 */
import { type CronJob, cronJobs } from "#apis/batch/cron-job.ts";
import { type Job, jobs } from "#apis/batch/job.ts";
import { rfc3339 } from "#base/clock.ts";
import { isReason } from "#machinery/errors.ts";
import {
  defineController,
  done,
  type ReconcileContext,
  requeueAfter,
  isNamespaceTerminating,
} from "#client/reconciler.ts";
import { messageOf } from "../shared/pod-control.ts";
import { writeStatus } from "../shared/status.ts";
import { type CronJobPlan, planCronJob } from "./plan.ts";

export const cronJobController = defineController<CronJob>({
  name: "cronjob-controller",
  for: cronJobs,
  owns: [jobs],
  async reconcile(key, context) {
    const { caches, client, clock, recorder } = context;
    const cron = caches.get(cronJobs, key);
    if (!cron) return done;
    const plan = planCronJob(cron, caches.ownedBy(jobs, cron), clock.now());
    for (const { type, reason, message } of plan.events) recorder[type](cron, reason, message);
    for (const job of [...plan.clean, ...plan.replace]) await remove(cron, job, context);
    let { status } = plan;
    if (plan.start) {
      const made = await start(cron, plan.start, context);
      const lastScheduleTime = rfc3339(plan.start.scheduledMs);
      const active = [...(status.active ?? []), ...(made ? [made] : [])];
      status = { ...status, lastScheduleTime, active };
    }
    await writeStatus(client, cronJobs, cron, status);
    return plan.againInMs === undefined ? done : requeueAfter(plan.againInMs);
  },
});

async function start(
  cron: CronJob,
  { job }: NonNullable<CronJobPlan["start"]>,
  { client, recorder }: ReconcileContext,
) {
  try {
    const { apiVersion, kind, metadata } = await client.create(jobs, job);
    const { namespace, name, uid, resourceVersion } = metadata;
    recorder.normal(cron, "SuccessfulCreate", `Created job ${name}`);
    return { apiVersion, kind, namespace, name, uid, resourceVersion };
  } catch (error) {
    if (isReason(error, "AlreadyExists") || isNamespaceTerminating(error)) return undefined;
    recorder.warning(cron, "FailedCreate", `Error creating job: ${messageOf(error)}`);
    throw error;
  }
}

async function remove(cron: CronJob, job: Job, { client, recorder }: ReconcileContext) {
  try {
    await client.delete(jobs, job.metadata, { propagationPolicy: "Background" });
    recorder.normal(cron, "SuccessfulDelete", `Deleted job ${job.metadata.name}`);
  } catch (error) {
    if (isReason(error, "NotFound")) return;
    recorder.warning(cron, "FailedDelete", `Deleted job: ${messageOf(error)}`);
    throw error;
  }
}
