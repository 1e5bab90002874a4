import { path } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { checkMeta, kindStrategy } from "../meta/basic-strategy.ts";
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

export const jobStrategy = kindStrategy<Job>({
  resource: jobs,
  defaultPropagation: "orphan",
  prepareForCreate(job) {
    if (job.spec.manualSelector !== true) generateSelector(job);
    const { labels } = job.spec.template.metadata;
    if (labels) job.metadata.labels ??= { ...labels };
  },
  validate: validateJob,
  validateUpdate(problems, job, old, context) {
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
    validateUpdate: (problems, job) => validateJobStatus(problems, job),
  },
});
