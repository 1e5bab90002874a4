/** Decides what a CronJob starts, forgets and cleans up. Pure. */
import { type CronJob, cronJobs, type CronJobStatus } from "#apis/batch/cron-job.ts";
import type { Job } from "#apis/batch/job.ts";
import { rfc3339 } from "#base/clock.ts";
import { controllerReference, type Draft } from "#machinery/meta.ts";
import { holds, isJobFinished } from "../job/conditions.ts";
import { createdMs, isTerminating } from "../shared/pod-state.ts";
import { latestMissed, nextTime, parseSchedule, type Schedule } from "./schedule.ts";

const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

export interface CronJobPlan {
  status: CronJobStatus;
  /** Ended runs beyond the history limits. */
  clean: Job[];
  /** Running ones that a new run replaces. */
  replace: Job[];
  start?: { job: Draft<Job>; scheduledMs: number };
  events: { type: "normal" | "warning"; reason: string; message: string }[];
  againInMs?: number | undefined;
}

/** `jobs` are those that the CronJob controls. */
export function planCronJob(cron: CronJob, jobs: readonly Job[], nowMs: number): CronJobPlan {
  const plan: CronJobPlan = { status: { ...cron.status }, clean: [], replace: [], events: [] };
  planActive(cron, jobs, plan);
  planHistory(cron, jobs, plan);
  if (isTerminating(cron) || cron.spec.suspend) return plan;
  let schedule: Schedule;
  try {
    schedule = parseSchedule(cron.spec.schedule, cron.spec.timeZone);
  } catch (error) {
    const message = `unparseable schedule: ${cron.spec.schedule} : ${(error as Error).message}`;
    plan.events.push({ type: "warning", reason: "UnparseableSchedule", message });
    return plan;
  }
  planStart(cron, schedule, jobs, nowMs, plan);
  const next = nextTime(schedule, nowMs);
  // A little late, so that the time has surely come.
  plan.againInMs = next === undefined ? undefined : next - nowMs + 100;
  return plan;
}

/** Keeps the list of running jobs true, and says what is surprising. */
function planActive(cron: CronJob, jobs: readonly Job[], plan: CronJobPlan): void {
  const active = cron.status?.active ?? [];
  const known = new Set(active.map(({ uid }) => uid));
  let lastSuccessMs = Date.parse(cron.status?.lastSuccessfulTime ?? "") || 0;
  for (const job of jobs) {
    const { name, uid } = job.metadata;
    const finished = isJobFinished(job);
    const listed = known.has(uid);
    if (!listed && !finished) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`;
      plan.events.push({ type: "warning", reason: "UnexpectedJob", message });
    } else if (listed && finished) {
      const type = holds(job, "Complete") ? "Complete" : "Failed";
      const message = `Saw completed job: ${name}, condition: ${type}`;
      plan.events.push({ type: "normal", reason: "SawCompletedJob", message });
    }
    const completed = Date.parse(job.status?.completionTime ?? "") || 0;
    if (holds(job, "Complete") && completed > lastSuccessMs) lastSuccessMs = completed;
  }
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const left = active.filter(({ uid, name }) => {
    const job = byUid.get(uid);
    if (!job) {
      const message = `Active job went missing: ${name}`;
      plan.events.push({ type: "normal", reason: "MissingJob", message });
    }
    return job !== undefined && !isJobFinished(job);
  });
  plan.status = {
    ...plan.status,
    active: left,
    ...(lastSuccessMs > 0 ? { lastSuccessfulTime: rfc3339(lastSuccessMs) } : {}),
  };
}

function planHistory({ spec }: CronJob, jobs: readonly Job[], plan: CronJobPlan): void {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = spec;
  const keep = (ended: readonly Job[], limit: number | undefined) => {
    if (limit === undefined) return;
    const sorted = ended.toSorted((a, b) => createdMs(a) - createdMs(b));
    plan.clean.push(...sorted.slice(0, Math.max(0, sorted.length - limit)));
  };
  keep(
    jobs.filter((job) => holds(job, "Complete")),
    successfulJobsHistoryLimit,
  );
  keep(
    jobs.filter((job) => holds(job, "Failed")),
    failedJobsHistoryLimit,
  );
}

function planStart(
  cron: CronJob,
  schedule: Schedule,
  jobs: readonly Job[],
  nowMs: number,
  plan: CronJobPlan,
): void {
  const { startingDeadlineSeconds, concurrencyPolicy = "Allow" } = cron.spec;
  const last = cron.status?.lastScheduleTime;
  let afterMs = last ? Date.parse(last) : createdMs(cron);
  if (startingDeadlineSeconds !== undefined) {
    afterMs = Math.max(afterMs, nowMs - startingDeadlineSeconds * 1_000);
  }
  const { ms, missed } = latestMissed(schedule, afterMs, nowMs);
  if (missed === "many") {
    const message =
      "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
    plan.events.push({ type: "warning", reason: "TooManyMissedTimes", message });
  }
  if (ms === undefined) return;
  const name = `${cron.metadata.name}-${Math.floor(ms / 60_000)}`;
  if (jobs.some(({ metadata }) => metadata.name === name)) return;
  const running = jobs.filter((job) =>
    plan.status.active?.some(({ uid }) => uid === job.metadata.uid),
  );
  if (concurrencyPolicy === "Forbid" && running.length > 0) {
    const message =
      "Not starting job because prior execution is running and concurrency policy is Forbid";
    plan.events.push({ type: "normal", reason: "JobAlreadyActive", message });
    return;
  }
  if (concurrencyPolicy === "Replace") {
    plan.replace.push(...running);
    plan.status = { ...plan.status, active: [] };
  }
  plan.start = { job: newJob(cron, name, ms), scheduledMs: ms };
}

function newJob(cron: CronJob, name: string, scheduledMs: number): Draft<Job> {
  const { metadata, spec } = cron.spec.jobTemplate;
  const { namespace } = cron.metadata;
  return {
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata.annotations, [scheduledAnnotation]: rfc3339(scheduledMs) },
      ownerReferences: [controllerReference(cron, cronJobs)],
    },
    spec,
  };
}
