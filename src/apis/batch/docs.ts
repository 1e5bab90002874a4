import type { TypeDocs } from "../docs.ts";

/** Work that comes to an end. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const batchDocs: Readonly<Record<string, TypeDocs>> = {
  Job: {
    "": "Runs pods until enough of them have succeeded.",
  },
  JobSpec: {
    "": "What to run, how often and what to do about failures.",
    parallelism: "How many pods run at once; default 1.",
    completions: "How many have to succeed.",
    activeDeadlineSeconds: "After how long everything ends as failed.",
    selector: "Labels by which its pods are known; usually made up by the server.",
    manualSelector: "Whether selector is the user's own.",
    template: "What the pods are like.",
    backoffLimit: "How many failures there may be; default 6.",
    backoffLimitPerIndex: "How many failures there may be per index.",
    maxFailedIndexes: "How many indexes may fail before all is over.",
    ttlSecondsAfterFinished: "How long after its end the Job is deleted.",
    completionMode: "NonIndexed, or Indexed: every pod has a number.",
    suspend: "Whether no pods run for now.",
    podFailurePolicy: "What to do about which failures.",
    podReplacementPolicy: "When a pod is replaced: TerminatingOrFailed or Failed.",
    managedBy: "Who takes care of the Job; default the built-in controller.",
    successPolicy: "When the Job has succeeded before all is done.",
  },
  JobStatus: {
    "": "How the work is going.",
    startTime: "When it began.",
    completionTime: "When it succeeded.",
    active: "Pods that run.",
    ready: "Pods that are ready.",
    terminating: "Pods that are ending.",
    succeeded: "Pods that have succeeded.",
    failed: "Pods that have failed.",
    completedIndexes: "Indexes that are done, such as 0,3-5.",
    failedIndexes: "Indexes that have failed, such as 1,7.",
    uncountedTerminatedPods: "Pods that have ended and are not counted yet.",
  },
  JobCondition: {
    "": "One thing that holds for a Job, or does not.",
  },
  UncountedTerminatedPods: {
    "": "Pods that have ended and are not counted yet.",
    succeeded: "Uids of those that succeeded.",
    failed: "Uids of those that failed.",
  },
  PodFailurePolicy: {
    "": "What to do about which failures.",
    rules: "Tried in order; the first that matches counts.",
  },
  PodFailurePolicyRule: {
    "": "What to do about one kind of failure.",
    action: "FailJob, FailIndex, Ignore or Count.",
    onExitCodes: "Matches by exit code.",
    onPodConditions: "Matches by the pod's conditions.",
  },
  PodFailurePolicyOnExitCodesRequirement: {
    "": "A set of exit codes.",
    containerName: "Which container; none: every one.",
    operator: "In or NotIn.",
    values: "The codes.",
  },
  PodFailurePolicyOnPodConditionsPattern: {
    "": "A condition of a pod.",
    type: "Its type.",
    status: "Its status.",
  },
  SuccessPolicy: {
    "": "When a Job has succeeded before all is done.",
    rules: "One of these is enough.",
  },
  SuccessPolicyRule: {
    "": "One way to succeed.",
    succeededIndexes: "Indexes that have to be done, such as 0,3-5.",
    succeededCount: "How many of them.",
  },
  JobTemplateSpec: {
    "": "What Jobs made from a template are like.",
    metadata: "Labels and annotations of the Jobs.",
    spec: "What the Jobs do.",
  },
  CronJob: {
    "": "Makes Jobs by the clock.",
  },
  CronJobSpec: {
    "": "When, and what.",
    schedule: "When, as cron writes it.",
    timeZone: "The time zone of the schedule.",
    startingDeadlineSeconds: "How late a Job may start; later it is missed.",
    concurrencyPolicy: "When the last Job still runs: Allow, Forbid or Replace.",
    suspend: "Whether no Jobs are made for now.",
    jobTemplate: "What the Jobs are like.",
    successfulJobsHistoryLimit: "How many Jobs that succeeded to keep.",
    failedJobsHistoryLimit: "How many Jobs that failed to keep.",
  },
  CronJobStatus: {
    "": "How it is going.",
    active: "Jobs that run.",
    lastScheduleTime: "When the last Job was made.",
    lastSuccessfulTime: "When the last Job succeeded.",
  },
};
