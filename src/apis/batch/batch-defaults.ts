import { applyDefaultsToPodTemplate } from "../core/pod-spec-defaults.ts";
import type { CronJob } from "./cron-job.ts";
import type { Job, JobSpec } from "./job.ts";

/** No limit: failures are counted per index instead. */
const backoffUnlimited = 2 ** 31 - 1;

export function applyDefaultsToJob(job: Job): void {
  const { metadata, spec } = job;
  const { labels } = spec.template.metadata;
  if (labels) metadata.labels ??= { ...labels };
  if (spec.parallelism === undefined) spec.completions ??= 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : backoffUnlimited;
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy ? "Failed" : "TerminatingOrFailed";
  spec.manualSelector ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= "True";
  }
  applyDefaultsToTemplateOf(spec);
}

function applyDefaultsToTemplateOf(spec: JobSpec): void {
  applyDefaultsToPodTemplate(spec.template);
}

export function applyDefaultsToCronJob({ spec }: CronJob): void {
  spec.concurrencyPolicy ??= "Allow";
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  applyDefaultsToTemplateOf(spec.jobTemplate.spec);
}
