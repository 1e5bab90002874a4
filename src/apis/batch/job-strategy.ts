import { path } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { checkMeta, checkMetaUpdate, kindStrategy } from "../meta/basic-strategy.ts";
import { jobLabels, validateJob, validateJobStatus, validateJobUpdate } from "./job-validation.ts";
import { type Job, jobs } from "./job.ts";

/** Labels the pods of a job as its own, and selects them, unless the client does that. */
function generateSelector({ metadata, spec }: Job): void {
  const { name, uid = "" } = metadata;
  const labels = { ...spec.template.metadata.labels };
  labels[jobLabels.oldName] ??= name;
  labels[jobLabels.name] ??= name;
  labels[jobLabels.oldUid] ??= uid;
  labels[jobLabels.uid] ??= uid;
  spec.template.metadata.labels = labels;
  spec.selector ??= {};
  spec.selector.matchLabels ??= {};
  spec.selector.matchLabels[jobLabels.uid] ??= uid;
}

/** A job that has only generated labels gets them after it was checked, by its defaults. */
function withoutGenerated(job: Job): Job {
  const { labels = {} } = job.metadata;
  const isGenerated = Object.keys(labels).every((key) => generatedLabels.includes(key));
  if (!isGenerated || !equalJson(labels, job.spec.template.metadata.labels)) return job;
  const { labels: _, ...metadata } = job.metadata;
  return { ...job, metadata };
}

const generatedLabels: readonly string[] = Object.values(jobLabels);

export const jobStrategy = kindStrategy<Job>({
  resource: jobs,
  metadata: "none",
  updateSkipsValidate: true,
  defaultPropagation: "orphan",
  prepareForCreate(job) {
    if (job.spec.manualSelector !== true) generateSelector(job);
    const { labels } = job.spec.template.metadata;
    if (labels) job.metadata.labels ??= { ...labels };
  },
  validate(problems, job, context) {
    checkMeta(problems, withoutGenerated(job), { resource: jobs });
    validateJob(problems, job, context);
  },
  validateUpdate(problems, job, old, context) {
    checkMetaUpdate(problems, job, old);
    validateJob(problems, job, context);
    checkMeta(problems, job, { resource: jobs });
    validateJobUpdate(problems, job, old, context);
  },
  warnings({ metadata, spec }, old) {
    const warnings = old ? [] : templateWarnings(path("spec", "template"), spec.template);
    const errors = old ? [] : dns1123Label(metadata.name);
    for (const message of errors) {
      warnings.push(
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${message}]`,
      );
    }
    return warnings;
  },
  status: {
    validateUpdate(problems, job, old) {
      checkMetaUpdate(problems, job, old);
      validateJobStatus(problems, job);
    },
  },
});
