/**
 * Decides the next step of a Job. Pure. A plan is carried out in the order of its fields; what it
 * changes leads to the next run, until the Job has ended and nothing is left to count.
 */
import type { Job, JobCondition, JobStatus } from "#apis/batch/job.ts";
import { rfc3339 } from "#base/clock.ts";
import type { Pod } from "#apis/core/pod.ts";
import { isActive, isReady } from "../shared/pod-state.ts";
import { rankForDeletion } from "../replicaset/rank.ts";
import { type Ending, ensure, holds } from "./conditions.ts";
import { planCounting, type Tally, tally } from "./count.ts";
import {
  backoffLeftMs,
  finishedMs,
  indexFailures,
  indexOf,
  isIndexed,
  isTerminatingPod,
  hasFailed,
  pauseLeftMs,
  replacesOnlyFailed,
} from "./pods.ts";
import { judgeFailure, matchSuccess } from "./policy.ts";

/** Pods created or deleted in one run, as upstream. */
const burstMax = 500;

/** A pod to create: for an index, and in place of a failed one whose counts it takes over. */
export interface NewPod {
  index?: number;
  failed?: Pod | undefined;
}

export interface JobPlan {
  /** Delete these; they still count. */
  stop: Pod[];
  /** Delete these without counting them: too many, or the Job is suspended. */
  drop: Pod[];
  create: NewPod[];
  status: JobStatus;
  /** Take the finalizer off, once the status is written. */
  release: Pod[];
  events: { type: "normal" | "warning"; reason: string; message: string }[];
  againInMs?: number | undefined;
}

const completed: Ending = {
  type: "SuccessCriteriaMet",
  reason: "CompletionsReached",
  message: "Reached expected number of succeeded pods",
};

/** `pods` are all that the Job owns. */
export function planJob(job: Job, pods: readonly Pod[], nowMs: number): JobPlan {
  const counts = tally(job, pods);
  const suspended = job.spec.suspend === true;
  const startTime = job.status?.startTime ?? (suspended ? undefined : rfc3339(nowMs));
  const started: Job = startTime ? { ...job, status: { ...job.status, startTime } } : job;
  const active = pods.filter(isActive);
  const early = earlyEnding(started, pods, counts, nowMs);
  const work = early
    ? { stop: active, drop: [], create: [] }
    : planPods(started, pods, active, counts, nowMs);
  const left = active.length - work.stop.length - work.drop.length + work.create.length;
  const ending = early ?? (isDone(job, counts.succeeded, left) ? completed : undefined);
  return finishPlan({ job: started, pods, active, counts, work, ending, nowMs });
}

/** Whether the wanted number of pods has succeeded; without such a number, any. */
function isDone({ spec }: Job, succeeded: number, active: number): boolean {
  if (active > 0) return false;
  return spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions;
}

/** An end that does not wait for the pods: failure, or success by policy. */
function earlyEnding(
  job: Job,
  pods: readonly Pod[],
  counts: Tally,
  nowMs: number,
): Ending | undefined {
  const known = holds(job, "SuccessCriteriaMet") ?? holds(job, "FailureTarget");
  if (known) return known;
  const failure = failureOf(job, pods, counts, nowMs);
  if (failure) return { type: "FailureTarget", ...failure };
  const message = isIndexed(job)
    ? matchSuccess(job.spec.successPolicy, counts.succeededIndexes)
    : undefined;
  if (message === undefined) return undefined;
  return { type: "SuccessCriteriaMet", reason: "SuccessPolicy", message };
}

function failureOf(
  job: Job,
  pods: readonly Pod[],
  { failed, failedIndexes, succeededIndexes }: Tally,
  nowMs: number,
): { reason: string; message: string } | undefined {
  for (const pod of pods) {
    if (!hasFailed(job, pod)) continue;
    const { action, message } = judgeFailure(job, pod);
    if (action === "FailJob") return { reason: "PodFailurePolicy", message };
  }
  const { backoffLimit = 6, maxFailedIndexes, completions = 0 } = job.spec;
  if (failed > backoffLimit || restartsExceed(job, pods, backoffLimit)) {
    const message = "Job has reached the specified backoff limit";
    return { reason: "BackoffLimitExceeded", message };
  }
  const deadlineMs = deadlineInMs(job, nowMs);
  if (deadlineMs !== undefined && deadlineMs <= 0) {
    const message = "Job was active longer than specified deadline";
    return { reason: "DeadlineExceeded", message };
  }
  if (!failedIndexes) return undefined;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    const message = "Job has exceeded the specified maximal number of failed indexes";
    return { reason: "MaxFailedIndexesExceeded", message };
  }
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) {
    return { reason: "FailedIndexes", message: "Job has failed indexes" };
  }
  return undefined;
}

/** With restartPolicy OnFailure it is the restarts that count. */
function restartsExceed({ spec }: Job, pods: readonly Pod[], limit: number): boolean {
  if (spec.template.spec.restartPolicy !== "OnFailure") return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== "Running" && status?.phase !== "Pending") continue;
    const { initContainerStatuses = [], containerStatuses = [] } = status;
    for (const { restartCount } of [...initContainerStatuses, ...containerStatuses]) {
      restarts += restartCount;
    }
  }
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Milliseconds until the Job has been active for too long; undefined when it may run for ever. */
function deadlineInMs({ spec, status }: Job, nowMs: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || spec.suspend || !status?.startTime) {
    return undefined;
  }
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1_000 - nowMs;
}

interface Work {
  stop: Pod[];
  drop: Pod[];
  create: NewPod[];
  againInMs?: number | undefined;
}

/** Which pods there are too many or too few of. */
function planPods(
  job: Job,
  pods: readonly Pod[],
  active: readonly Pod[],
  counts: Tally,
  nowMs: number,
): Work {
  const none: Work = { stop: [], drop: [], create: [] };
  const deadlineMs = deadlineInMs(job, nowMs);
  if (job.metadata.deletionTimestamp !== undefined) return none;
  if (job.spec.suspend) return { ...none, drop: [...active] };
  const wanted = wantedActive(job, counts.succeeded, active.length);
  const drop = surplusPods(job, active, Math.max(0, active.length - wanted), nowMs);
  if (drop.length > 0) return { ...none, drop: drop.slice(0, burstMax), againInMs: deadlineMs };
  const terminating = replacesOnlyFailed(job) ? pods.filter(isTerminatingPod).length : 0;
  const missing = Math.min(burstMax, wanted - terminating - active.length);
  if (missing <= 0) return { ...none, againInMs: deadlineMs };
  const perIndex = counts.failedIndexes !== undefined;
  const pauseMs = perIndex ? 0 : backoffLeftMs(job, pods, nowMs);
  if (pauseMs > 0) return { ...none, againInMs: sooner(pauseMs, deadlineMs) };
  if (!isIndexed(job)) {
    return { ...none, create: Array.from({ length: missing }, () => ({})), againInMs: deadlineMs };
  }
  const { create, waitMs } = planIndexes(job, active, counts, missing, nowMs);
  return { ...none, create, againInMs: sooner(waitMs, deadlineMs) };
}

function wantedActive({ spec }: Job, succeeded: number, active: number): number {
  const { parallelism = 1, completions } = spec;
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded));
}

/** Pods without a valid index or with one that another has, then the least valuable. */
function surplusPods(job: Job, active: readonly Pod[], atLeast: number, nowMs: number): Pod[] {
  const ranked = rankForDeletion(active, [], nowMs);
  if (!isIndexed(job)) return ranked.slice(0, atLeast);
  const seen = new Set<number>();
  const unfit: Pod[] = [];
  const fit: Pod[] = [];
  // The best pod of an index stays, so look at them from the end.
  for (const pod of ranked.toReversed()) {
    const index = indexOf(job, pod);
    if (index === undefined || seen.has(index)) unfit.push(pod);
    else {
      seen.add(index);
      fit.unshift(pod);
    }
  }
  return [...unfit, ...fit.slice(0, Math.max(0, atLeast - unfit.length))];
}

/** The lowest indexes without a pod; those that failed lately wait. */
function planIndexes(
  job: Job,
  active: readonly Pod[],
  { succeededIndexes, failedIndexes, delayed }: Tally,
  missing: number,
  nowMs: number,
): { create: NewPod[]; waitMs: number | undefined } {
  const taken = new Set(active.map((pod) => indexOf(job, pod)));
  const create: NewPod[] = [];
  let waitMs: number | undefined;
  for (let index = 0; index < (job.spec.completions ?? 0) && create.length < missing; index++) {
    if (taken.has(index) || succeededIndexes.has(index) || failedIndexes?.has(index)) continue;
    const failed = delayed.get(index);
    const pauseMs = failed
      ? pauseLeftMs(indexFailures(failed) + 1, finishedMs(failed, nowMs), nowMs)
      : 0;
    if (pauseMs > 0) waitMs = sooner(pauseMs, waitMs);
    else create.push({ index, failed });
  }
  return { create, waitMs };
}

function sooner(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/** Adds what is told: status, events, and which pods are released. */
function finishPlan(input: {
  job: Job;
  pods: readonly Pod[];
  active: readonly Pod[];
  counts: Tally;
  work: Work;
  ending: Ending | undefined;
  nowMs: number;
}): JobPlan {
  const { job, pods, active, counts, work, ending, nowMs } = input;
  const removed = new Set([...work.stop, ...work.drop]);
  const kept = active.filter((pod) => !removed.has(pod));
  const terminating = pods.filter(isTerminatingPod).length + removed.size;
  const success = ending?.type === "SuccessCriteriaMet";
  const outcome = ending && (success ? "success" : "failure");
  const counting = planCounting(job, pods, counts, outcome);
  const events: JobPlan["events"] = [];
  let status: JobStatus = {
    ...job.status,
    ...counting.status,
    active: kept.length + work.create.length,
    ready: kept.filter(isReady).length,
    terminating,
  };
  if (ending) {
    const conditions = ensure(status.conditions ?? [], ending.type, "True", ending, nowMs);
    const known = conditions === status.conditions;
    const over = known && counting.settled && terminating === 0 && status.active === 0;
    status = { ...status, conditions: [...conditions] };
    if (over) status = finalStatus(status, ending, success, nowMs, events);
  } else if (job.metadata.deletionTimestamp === undefined) {
    status = suspension(job, status, nowMs, events);
  }
  const { stop, drop, create, againInMs } = work;
  return { stop, drop, create, status, release: counting.release, events, againInMs };
}

function finalStatus(
  status: JobStatus,
  { reason, message }: Ending,
  success: boolean,
  nowMs: number,
  events: JobPlan["events"],
): JobStatus {
  const type = success ? "Complete" : "Failed";
  const conditions = ensure(status.conditions ?? [], type, "True", { reason, message }, nowMs);
  if (success) {
    events.push({ type: "normal", reason: "Completed", message: "Job completed" });
    return { ...status, conditions: [...conditions], completionTime: rfc3339(nowMs) };
  }
  events.push({ type: "warning", reason: reason ?? "", message: message ?? "" });
  return { ...status, conditions: [...conditions] };
}

/** Says that the Job is suspended, or that it goes on, which restarts its deadline. */
function suspension(
  job: Job,
  status: JobStatus,
  nowMs: number,
  events: JobPlan["events"],
): JobStatus {
  const before: readonly JobCondition[] = status.conditions ?? [];
  const suspended = job.spec.suspend === true;
  const told = suspended
    ? { reason: "JobSuspended", message: "Job suspended" }
    : { reason: "JobResumed", message: "Job resumed" };
  const conditions = ensure(before, "Suspended", suspended ? "True" : "False", told, nowMs);
  if (conditions === before) return status;
  const reason = suspended ? "Suspended" : "Resumed";
  events.push({ type: "normal", reason, message: told.message });
  const next = { ...status, conditions: [...conditions] };
  return suspended ? next : { ...next, startTime: rfc3339(nowMs) };
}
