import { path } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { templateWarnings } from "../core/pod-warnings-strategy.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { isTimeZone, scheduleMistake } from "./cron-validation.ts";
import { type CronJob, cronJobs } from "./cron-job.ts";
import { validateJobParts } from "./job-validation.ts";

const at = path("spec");
/** A Job's name is a CronJob's and eleven characters more. */
const nameMax = 52;
const hasZone = (schedule: string) => schedule.includes("TZ");

function validateTimeZone(problems: Problems, { spec }: CronJob): void {
  const { timeZone } = spec;
  if (timeZone === undefined) return;
  const place = at.child("timeZone");
  if (timeZone === "") {
    problems.invalid(place, timeZone, "timeZone must be nil or non-empty string");
  } else if (timeZone.toLowerCase() === "local") {
    const detail =
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
    problems.invalid(place, timeZone, detail);
  } else if (!isTimeZone(timeZone)) {
    problems.invalid(place, timeZone, `unknown time zone ${timeZone}`);
  }
}

function validateSchedule(problems: Problems, { spec }: CronJob): void {
  const { schedule } = spec;
  const place = at.child("schedule");
  if (schedule === "") {
    problems.required(place);
    return;
  }
  const mistake = scheduleMistake(schedule);
  if (mistake !== undefined) problems.invalid(place, schedule, mistake);
  if (!hasZone(schedule)) return;
  if (spec.timeZone !== undefined) {
    const detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
    problems.invalid(place, schedule, detail);
  } else {
    const detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
    problems.invalid(place, schedule, detail);
  }
}

export const cronJobStrategy = kindStrategy<CronJob>({
  resource: cronJobs,
  validate(problems, cronJob, context) {
    const { metadata, spec } = cronJob;
    if (metadata.name && metadata.name.length > nameMax) {
      problems.invalid(
        "metadata.name",
        metadata.name,
        `must be no more than ${nameMax} characters`,
      );
    }
    problems.nonNegative(at.child("startingDeadlineSeconds"), spec.startingDeadlineSeconds);
    problems.requiredOneOf(at.child("concurrencyPolicy"), spec.concurrencyPolicy, [
      "Allow",
      "Forbid",
      "Replace",
    ]);
    problems.nonNegative(at.child("successfulJobsHistoryLimit"), spec.successfulJobsHistoryLimit);
    problems.nonNegative(at.child("failedJobsHistoryLimit"), spec.failedJobsHistoryLimit);
    validateTimeZone(problems, cronJob);
    validateSchedule(problems, cronJob);
    const job = spec.jobTemplate.spec;
    const jobAt = at.child("jobTemplate", "spec");
    validateJobParts(problems, jobAt, job, context);
    if (job.selector) {
      const detail = "`selector` will be auto-generated";
      problems.invalid(jobAt.child("selector"), job.selector, detail);
    }
    if (job.manualSelector) {
      problems.notSupported(jobAt.child("manualSelector"), true, ["nil", "false"]);
    }
  },
  warnings({ metadata, spec }, old) {
    const template = spec.jobTemplate.spec.template;
    const warnings = templateWarnings(at.child("jobTemplate", "spec", "template"), template);
    if (old) return warnings;
    for (const message of dns1123Label(metadata.name)) {
      warnings.push(
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${message}]`,
      );
    }
    return warnings;
  },
});
