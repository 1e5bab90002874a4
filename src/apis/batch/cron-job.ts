import { type ObjectMeta, objectMeta, type TemplateMeta } from "#machinery/object-meta.ts";
import { defineResource } from "#machinery/resource.ts";
import {
  bool,
  type Infer,
  int32,
  int64,
  kind,
  list,
  object,
  string,
  struct,
  time,
} from "#machinery/schema/schema.ts";
import { objectReference, type ObjectReference } from "../core/references.ts";
import { type JobSpec, jobSpec } from "./job.ts";

export const jobTemplateSpec = object("batch.v1.JobTemplateSpec", {
  metadata: struct<TemplateMeta>(objectMeta, { tag: 1 }),
  spec: struct<JobSpec>(jobSpec, { tag: 2 }),
});
export interface JobTemplateSpec extends Infer<typeof jobTemplateSpec> {}

export const cronJobSpec = object("batch.v1.CronJobSpec", {
  schedule: string({ tag: 1, always: true, required: true }),
  startingDeadlineSeconds: int64({ tag: 2, pointer: true }),
  concurrencyPolicy: string({ tag: 3, enum: ["Allow", "Forbid", "Replace"] }),
  suspend: bool({ tag: 4, pointer: true }),
  jobTemplate: struct<JobTemplateSpec>(jobTemplateSpec, { tag: 5, always: true, required: true }),
  successfulJobsHistoryLimit: int32({ tag: 6, pointer: true }),
  failedJobsHistoryLimit: int32({ tag: 7, pointer: true }),
  timeZone: string({ tag: 8, pointer: true }),
});
export interface CronJobSpec extends Infer<typeof cronJobSpec> {}

export const cronJobStatus = object("batch.v1.CronJobStatus", {
  active: list(struct<ObjectReference>(objectReference), { tag: 1, listType: "atomic" }),
  lastScheduleTime: time({ tag: 4, pointer: true }),
  lastSuccessfulTime: time({ tag: 5, pointer: true }),
});
export interface CronJobStatus extends Infer<typeof cronJobStatus> {}

export const cronJob = kind("batch.v1.CronJob", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<CronJobSpec>(cronJobSpec, { tag: 2, required: true }),
  status: struct<CronJobStatus>(cronJobStatus, { tag: 3, optional: true }),
});
export interface CronJob extends Infer<typeof cronJob> {}

export const cronJobs = defineResource<CronJob>({
  group: "batch",
  version: "v1",
  kind: "CronJob",
  plural: "cronjobs",
  singular: "cronjob",
  shortNames: ["cj"],
  categories: ["all"],
  namespaced: true,
  schema: cronJob,
  subresources: {
    status: {},
  },
});
