/**
 * Counts each ended pod exactly once, whatever is lost on the way (KEP-2307): its uid is first
 * written to `uncountedTerminatedPods`, then its finalizer goes, then the uid becomes a count. Pure.
 */
import type { Job, JobStatus } from "#apis/batch/job.ts";
import type { Pod } from "#apis/core/pod.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { hasFailed, hasTracking, indexFailures, indexOf, isIndexed, isValid } from "./pods.ts";
import { judgeFailure } from "./policy.ts";

/** Uids kept in a status at a time, so that it stays small. */
const uncountedMax = 500;

/** What has ended so far, counted or not. */
export interface Tally {
  succeeded: number;
  failed: number;
  succeededIndexes: Set<number>;
  /** Only with a back-off limit per index. */
  failedIndexes: Set<number> | undefined;
  /** The last failed pod of each index that waits for its replacement; it keeps its finalizer. */
  delayed: Map<number, Pod>;
}

export function tally(job: Job, pods: readonly Pod[]): Tally {
  const { status = {} } = job;
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {};
  const known = new Set([...succeeded, ...failed]);
  const fresh = pods.filter(
    (pod) => hasTracking(pod) && !known.has(pod.metadata.uid ?? "") && isValid(job, pod),
  );
  const freshFailed = fresh.filter(
    (pod) => hasFailed(job, pod) && judgeFailure(job, pod).action !== "Ignore",
  );
  const freshSucceeded = fresh.filter((pod) => pod.status?.phase === "Succeeded");
  const succeededIndexes = parseIndexes(status.completedIndexes);
  for (const index of succeededIndexes) {
    if (index >= (job.spec.completions ?? 0)) succeededIndexes.delete(index);
  }
  if (isIndexed(job)) {
    for (const pod of pods) {
      const index = indexOf(job, pod);
      if (pod.status?.phase === "Succeeded" && hasTracking(pod) && index !== undefined) {
        succeededIndexes.add(index);
      }
    }
  }
  const perIndex = job.spec.backoffLimitPerIndex !== undefined && isIndexed(job);
  const failedIndexes = perIndex ? failedIndexesOf(job, pods) : undefined;
  return {
    succeeded: isIndexed(job)
      ? succeededIndexes.size
      : (status.succeeded ?? 0) + freshSucceeded.length + succeeded.length,
    failed: (status.failed ?? 0) + freshFailed.length + failed.length,
    succeededIndexes,
    failedIndexes,
    delayed: failedIndexes
      ? delayedPods(job, pods, succeededIndexes, failedIndexes)
      : new Map<number, Pod>(),
  };
}

function failedIndexesOf(job: Job, pods: readonly Pod[]): Set<number> {
  const failed = parseIndexes(job.status?.failedIndexes);
  const limit = job.spec.backoffLimitPerIndex ?? 0;
  for (const pod of pods) {
    const index = indexOf(job, pod);
    if (index === undefined || !hasTracking(pod) || !hasFailed(job, pod)) continue;
    const { action } = judgeFailure(job, pod);
    const exhausted = action !== "Ignore" && indexFailures(pod) >= limit;
    if (action === "FailIndex" || exhausted) failed.add(index);
  }
  return failed;
}

/** A failed pod hands its failure count to its replacement, so it must outlive its creation. */
function delayedPods(
  job: Job,
  pods: readonly Pod[],
  succeeded: ReadonlySet<number>,
  failed: ReadonlySet<number>,
): Map<number, Pod> {
  const latest = new Map<number, Pod>();
  const replaced = new Set<number>();
  for (const pod of pods) {
    const index = indexOf(job, pod);
    if (index === undefined || succeeded.has(index) || failed.has(index)) continue;
    if (!hasFailed(job, pod)) replaced.add(index);
    else if (hasTracking(pod) && indexFailures(pod) >= indexFailures(latest.get(index))) {
      latest.set(index, pod);
    }
  }
  for (const index of replaced) latest.delete(index);
  return latest;
}

export interface Counting {
  status: Pick<
    JobStatus,
    "succeeded" | "failed" | "uncountedTerminatedPods" | "completedIndexes" | "failedIndexes"
  >;
  /** Pods whose finalizer goes once the status is written. */
  release: Pod[];
  /** Nothing is left that has to be counted. */
  settled: boolean;
}

/** `ending`: how the Job ends, if it does; then all its pods have ended for it. */
export function planCounting(
  job: Job,
  pods: readonly Pod[],
  { succeededIndexes, failedIndexes, delayed }: Tally,
  ending: "success" | "failure" | undefined,
): Counting {
  const before = job.status?.uncountedTerminatedPods ?? {};
  const tracked = pods.filter(hasTracking);
  const trackedUids = new Set(tracked.map(({ metadata }) => metadata.uid ?? ""));
  const succeeded = (before.succeeded ?? []).filter((uid) => trackedUids.has(uid));
  const failed = (before.failed ?? []).filter((uid) => trackedUids.has(uid));
  const counted = {
    succeeded: (before.succeeded ?? []).length - succeeded.length,
    failed: (before.failed ?? []).length - failed.length,
  };
  const delayedPods = new Set(delayed.values());
  const dying = job.metadata.deletionTimestamp !== undefined;
  const release: Pod[] = [];
  for (const pod of tracked) {
    const uid = pod.metadata.uid ?? "";
    const failure = hasFailed(job, pod);
    const success = pod.status?.phase === "Succeeded";
    const over = dying || ending !== undefined || success;
    if (!over && (!failure || delayedPods.has(pod))) continue;
    if (succeeded.length + failed.length >= uncountedMax) break;
    release.push(pod);
    if (success && !failed.includes(uid)) {
      if (!isIndexed(job) && !succeeded.includes(uid)) succeeded.push(uid);
    } else if (failure || ending === "failure") {
      const counts = isValid(job, pod) && judgeFailure(job, pod).action !== "Ignore";
      if (counts && !failed.includes(uid)) failed.push(uid);
    }
  }
  return {
    status: {
      succeeded: isIndexed(job)
        ? succeededIndexes.size
        : (job.status?.succeeded ?? 0) + counted.succeeded,
      failed: (job.status?.failed ?? 0) + counted.failed,
      uncountedTerminatedPods: {
        ...(succeeded.length > 0 ? { succeeded } : {}),
        ...(failed.length > 0 ? { failed } : {}),
      },
      ...(isIndexed(job) ? { completedIndexes: formatIndexes(succeededIndexes) } : {}),
      ...(failedIndexes ? { failedIndexes: formatIndexes(failedIndexes) } : {}),
    },
    release,
    settled: release.length === 0 && succeeded.length === 0 && failed.length === 0,
  };
}
