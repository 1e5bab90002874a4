import { type ObjectMeta, objectMeta } from "#machinery/object-meta.ts";
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
import { podTemplateSpec, type PodTemplateSpec } from "../core/pod-spec.ts";
import { labelSelector, type LabelSelector } from "../meta/label-selector.ts";
import {
  type PodFailurePolicy,
  podFailurePolicy,
  type SuccessPolicy,
  successPolicy,
} from "./pod-failure-policy.ts";

export const jobSpec = object("batch.v1.JobSpec", {
  parallelism: int32({ tag: 1, pointer: true }),
  completions: int32({ tag: 2, pointer: true }),
  activeDeadlineSeconds: int64({ tag: 3, pointer: true }),
  selector: struct<LabelSelector>(labelSelector, { tag: 4, pointer: true }),
  manualSelector: bool({ tag: 5, pointer: true }),
  template: struct<PodTemplateSpec>(podTemplateSpec, { tag: 6, always: true, required: true }),
  backoffLimit: int32({ tag: 7, pointer: true }),
  ttlSecondsAfterFinished: int32({ tag: 8, pointer: true }),
  completionMode: string({ tag: 9, pointer: true, enum: ["Indexed", "NonIndexed"] }),
  suspend: bool({ tag: 10, pointer: true }),
  podFailurePolicy: struct<PodFailurePolicy>(podFailurePolicy, { tag: 11, pointer: true }),
  backoffLimitPerIndex: int32({ tag: 12, pointer: true }),
  maxFailedIndexes: int32({ tag: 13, pointer: true }),
  podReplacementPolicy: string({ tag: 14, pointer: true, enum: ["Failed", "TerminatingOrFailed"] }),
  managedBy: string({ tag: 15, pointer: true }),
  successPolicy: struct<SuccessPolicy>(successPolicy, { tag: 16, pointer: true }),
});
export interface JobSpec extends Infer<typeof jobSpec> {}

export const jobCondition = object("batch.v1.JobCondition", {
  type: string({ tag: 1, always: true, required: true }),
  status: string({ tag: 2, always: true, required: true }),
  lastProbeTime: time({ tag: 3 }),
  lastTransitionTime: time({ tag: 4 }),
  reason: string({ tag: 5 }),
  message: string({ tag: 6 }),
});
export interface JobCondition extends Infer<typeof jobCondition> {}

export const uncountedTerminatedPods = object("batch.v1.UncountedTerminatedPods", {
  succeeded: list(string(), { tag: 1, listType: "set" }),
  failed: list(string(), { tag: 2, listType: "set" }),
});
export interface UncountedTerminatedPods extends Infer<typeof uncountedTerminatedPods> {}

export const jobStatus = object("batch.v1.JobStatus", {
  conditions: list(struct<JobCondition>(jobCondition), {
    tag: 1,
    listType: "atomic",
    patchStrategy: "merge",
    patchMergeKey: "type",
  }),
  startTime: time({ tag: 2, pointer: true }),
  completionTime: time({ tag: 3, pointer: true }),
  active: int32({ tag: 4 }),
  succeeded: int32({ tag: 5 }),
  failed: int32({ tag: 6 }),
  completedIndexes: string({ tag: 7 }),
  uncountedTerminatedPods: struct<UncountedTerminatedPods>(uncountedTerminatedPods, {
    tag: 8,
    pointer: true,
  }),
  ready: int32({ tag: 9, pointer: true }),
  failedIndexes: string({ tag: 10, pointer: true }),
  terminating: int32({ tag: 11, pointer: true }),
});
export interface JobStatus extends Infer<typeof jobStatus> {}

export const job = kind("batch.v1.Job", {
  metadata: struct<ObjectMeta>(objectMeta, { tag: 1 }),
  spec: struct<JobSpec>(jobSpec, { tag: 2 }),
  status: struct<JobStatus>(jobStatus, { tag: 3, optional: true }),
});
export interface Job extends Infer<typeof job> {}

export const jobs = defineResource<Job>({
  group: "batch",
  version: "v1",
  kind: "Job",
  plural: "jobs",
  singular: "job",
  categories: ["all"],
  namespaced: true,
  schema: job,
  subresources: {
    status: {},
  },
});
