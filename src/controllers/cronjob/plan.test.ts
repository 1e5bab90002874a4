import { describe, expect, test } from "vitest";
import type { CronJob } from "#apis/batch/cron-job.ts";
import type { Job } from "#apis/batch/job.ts";
import { ago, jobOf, testNowMs } from "#testkit/objects.ts";
import { planCronJob } from "./plan.ts";

function cronJob(spec: object = {}, status: object = {}): CronJob {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "c", namespace: "n", uid: "uid-c", creationTimestamp: ago(3_600) },
    spec: {
      schedule: "*/10 * * * *",
      jobTemplate: { metadata: {}, spec: jobOf({}).spec },
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      ...spec,
    },
    status,
  };
}

function run(name: string, ended?: "Complete" | "Failed", age = 60): Job {
  const conditions = ended ? [{ type: ended, status: "True" }] : [];
  const metadata = { name, uid: `uid-${name}`, creationTimestamp: ago(age) };
  return jobOf({}, { conditions }, metadata);
}

const active = (...names: string[]) => names.map((name) => ({ name, uid: `uid-${name}` }));
const lastScheduleTime = ago(700);
const minute = Math.floor(testNowMs / 60_000);

test("starts the run that is due, under the name of its minute", () => {
  const { start, againInMs } = planCronJob(cronJob({}, { lastScheduleTime }), [], testNowMs);
  expect(start?.job.metadata).toMatchObject({
    name: `c-${minute}`,
    annotations: { "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-01-01T12:00:00Z" },
    ownerReferences: [{ kind: "CronJob", controller: true }],
  });
  expect(againInMs).toBe(600_100);
});

test("starts nothing while suspended, or before its time", () => {
  expect(planCronJob(cronJob({ suspend: true }), [], testNowMs).start).toBeUndefined();
  const just = { lastScheduleTime: ago(0) };
  expect(planCronJob(cronJob({}, just), [], testNowMs).start).toBeUndefined();
});

describe("while one still runs", () => {
  const status = { lastScheduleTime, active: active("old") };
  const plan = (concurrencyPolicy: string) =>
    planCronJob(cronJob({ concurrencyPolicy }, status), [run("old")], testNowMs);
  test("Allow starts another", () => expect(plan("Allow").start).toBeDefined());
  test("Forbid does not", () => {
    expect(plan("Forbid").start).toBeUndefined();
    expect(plan("Forbid").events).toMatchObject([{ reason: "JobAlreadyActive" }]);
  });
  test("Replace ends it", () => {
    expect(plan("Replace").replace.map(({ metadata }) => metadata.name)).toEqual(["old"]);
    expect(plan("Replace").start).toBeDefined();
  });
});

test("tells of runs that ended, and of ones that it did not start", () => {
  const status = { lastScheduleTime: ago(0), active: active("done") };
  const plan = planCronJob(cronJob({}, status), [run("done", "Complete"), run("m")], testNowMs);
  expect(plan.events.map(({ message }) => message)).toEqual([
    "Saw completed job: done, condition: Complete",
    "Saw a job that the controller did not create or forgot: m",
  ]);
  expect(plan.status.active).toEqual([]);
});

test("keeps some that ended", () => {
  const jobs = [1, 2, 3, 4].map((i) => run(`ok${i}`, "Complete", 100 - i));
  const plan = planCronJob(cronJob({ suspend: true }), [...jobs, run("bad", "Failed")], testNowMs);
  expect(plan.clean.map(({ metadata }) => metadata.name)).toEqual(["ok1"]);
});
