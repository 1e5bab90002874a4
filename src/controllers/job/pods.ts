/** What Job pods are and carry. Pure. */
import { type Job, jobs } from "#apis/batch/job.ts";
import type { Container } from "#apis/core/container.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Draft } from "#machinery/meta.ts";
import { podFromTemplate } from "../shared/pod-control.ts";
import { isFinished, isTerminating } from "../shared/pod-state.ts";
import { judgeFailure } from "./policy.ts";

export const trackingFinalizer = "batch.kubernetes.io/job-tracking";
const indexAnnotation = "batch.kubernetes.io/job-completion-index";
const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
const ignoredCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

/** A failed index or Job waits 10 s before its next pod, then 20 s … up to 10 minutes. */
const backoffFirstMs = 10_000;
const backoffMaxMs = 600_000;

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === "Indexed";
}

export function hasTracking(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) ?? false;
}

/** The pod's completion index; undefined when it has none that the Job knows. */
export function indexOf(job: Job, pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[indexAnnotation];
  const index = text === undefined ? Number.NaN : Number(text);
  const valid = Number.isSafeInteger(index) && index >= 0 && index < (job.spec.completions ?? 0);
  return valid ? index : undefined;
}

/** Whether a pod of this Job is to be counted: Indexed Jobs know only pods with an index. */
export function isValid(job: Job, pod: Pod): boolean {
  return !isIndexed(job) || indexOf(job, pod) !== undefined;
}

export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec.podReplacementPolicy === "Failed";
}

/** A pod that is being deleted may never reach the Failed phase: it counts as failed before. */
export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === "Failed") return true;
  if (replacesOnlyFailed(job)) return false;
  return isTerminating(pod) && pod.status?.phase !== "Succeeded";
}

export function isTerminatingPod(pod: Pod): boolean {
  return isTerminating(pod) && !isFinished(pod);
}

/** When the last container of the pod ended, in milliseconds. */
export function finishedMs(pod: Pod, nowMs: number): number {
  let last = 0;
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const finishedAt = state.terminated?.finishedAt;
    if (finishedAt) last = Math.max(last, Date.parse(finishedAt));
  }
  if (last > 0) return last;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  if (!deletionTimestamp) return nowMs;
  return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1_000;
}

/** Milliseconds that are left of the pause after `failures` failures, the last at `lastMs`. */
export function pauseLeftMs(failures: number, lastMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  const pauseMs = Math.min(backoffFirstMs * 2 ** Math.min(failures - 1, 30), backoffMaxMs);
  return Math.max(0, lastMs + pauseMs - nowMs);
}

/** Milliseconds to wait until the Job may create another pod after recent failures. */
export function backoffLeftMs(job: Job, pods: readonly Pod[], nowMs: number): number {
  const succeeded = pods.filter(({ status }) => status?.phase === "Succeeded");
  const lastSuccessMs = Math.max(0, ...succeeded.map((pod) => finishedMs(pod, nowMs)));
  const failures = pods
    .filter((pod) => hasFailed(job, pod) && isValid(job, pod))
    .map((pod) => finishedMs(pod, nowMs))
    .filter((ms) => ms >= lastSuccessMs);
  return pauseLeftMs(failures.length, Math.max(0, ...failures), nowMs);
}

/** How often the pod's index failed before it. */
export function indexFailures(pod: Pod | undefined): number {
  return Number(pod?.metadata.annotations?.[failureCountAnnotation] ?? 0);
}

/** The counts that a replacement of `failed` starts with (KEP-3850). */
function failureCounts(job: Job, failed: Pod | undefined): Record<string, string> {
  const failures = indexFailures(failed);
  const ignored = Number(failed?.metadata.annotations?.[ignoredCountAnnotation] ?? 0);
  if (!failed) return { [failureCountAnnotation]: "0" };
  if (judgeFailure(job, failed).action === "Ignore") {
    return {
      [failureCountAnnotation]: String(failures),
      [ignoredCountAnnotation]: String(ignored + 1),
    };
  }
  return {
    [failureCountAnnotation]: String(failures + 1),
    ...(ignored > 0 ? { [ignoredCountAnnotation]: String(ignored) } : {}),
  };
}

/** The next pod of the Job, for a completion index if it is Indexed. */
export function newJobPod(job: Job, index: number | undefined, failed?: Pod): Draft<Pod> {
  const draft = podFromTemplate(job.spec.template, job, jobs);
  const finalizers = [...new Set([...(draft.metadata.finalizers ?? []), trackingFinalizer])];
  if (index === undefined) return { ...draft, metadata: { ...draft.metadata, finalizers } };
  const counts = job.spec.backoffLimitPerIndex === undefined ? {} : failureCounts(job, failed);
  const { containers, initContainers } = draft.spec;
  return {
    metadata: {
      ...draft.metadata,
      generateName: `${job.metadata.name}-${index}-`,
      finalizers,
      labels: { ...draft.metadata.labels, [indexAnnotation]: String(index) },
      annotations: { ...draft.metadata.annotations, [indexAnnotation]: String(index), ...counts },
    },
    spec: {
      ...draft.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: containers.map(withIndexVariable),
      ...(initContainers ? { initContainers: initContainers.map(withIndexVariable) } : {}),
    },
  };
}

function withIndexVariable(container: Container): Container {
  const name = "JOB_COMPLETION_INDEX";
  if (container.env?.some((variable) => variable.name === name)) return container;
  const fieldRef = { fieldPath: `metadata.labels['${indexAnnotation}']` };
  return { ...container, env: [...(container.env ?? []), { name, valueFrom: { fieldRef } }] };
}
