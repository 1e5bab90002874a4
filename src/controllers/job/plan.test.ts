import { describe, expect, test } from "vitest";
import type { Job } from "#apis/batch/job.ts";
import type { Pod } from "#apis/core/pod.ts";
import { ago, jobOf, podOf, type PodTraits, testNowMs } from "#testkit/objects.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { type JobPlan, planJob } from "./plan.ts";

const finalizers = ["batch.kubernetes.io/job-tracking"];
const pod = (traits: PodTraits) => podOf({ finalizers, ...traits });
const succeeded = (name: string) => pod({ name, phase: "Succeeded", exitCode: 0 });
const failed = (name: string, readyFor = 60) =>
  pod({ name, phase: "Failed", exitCode: 1, readyFor });
const indexed = (index: number, traits: Omit<PodTraits, "name">) =>
  pod({
    name: `j-${index}`,
    annotations: { "batch.kubernetes.io/job-completion-index": String(index) },
    ...traits,
  });
const plan = (job: Job, pods: Pod[] = []) => planJob(job, pods, testNowMs);
const names = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.name);
const reasons = ({ status }: JobPlan) =>
  status.conditions?.map(({ type, reason }) => [type, reason]);

describe("how many pods", () => {
  test.each([
    ["none yet", { parallelism: 2, completions: 5 }, 0, 2],
    ["no more than are left to do", { parallelism: 5, completions: 2 }, 0, 2],
    ["some run", { parallelism: 3, completions: 5 }, 1, 2],
    ["without a number: as many as may run", { parallelism: 3, completions: undefined }, 0, 3],
  ])("%s", (_what, spec, running, create) => {
    const pods = Array.from({ length: running }, (_, i) => pod({ name: `p${i}` }));
    expect(plan(jobOf(spec), pods).create).toHaveLength(create);
  });
  test("surplus ones are dropped without counting", () => {
    const job = jobOf({ parallelism: 1, completions: 3 });
    const { drop, status } = plan(job, [pod({ name: "a" }), pod({ name: "b" })]);
    expect(drop).toHaveLength(1);
    expect(status).toMatchObject({ active: 1, terminating: 1 });
  });
  test("after failures it waits, longer each time", () => {
    const job = jobOf({});
    expect(plan(job, [failed("a", 4)])).toMatchObject({ create: [], againInMs: 6_000 });
    const twice = [failed("a", 30), failed("b", 4)];
    expect(plan(job, twice)).toMatchObject({ create: [], againInMs: 16_000 });
    expect(plan(job, [failed("a", 11)]).create).toHaveLength(1);
  });
  test("a suspended Job has none", () => {
    const { drop, status, events } = plan(jobOf({ suspend: true }), [pod({ name: "a" })]);
    expect(names(drop)).toEqual(["a"]);
    expect(status.conditions).toMatchObject([{ type: "Suspended", reason: "JobSuspended" }]);
    expect(events).toMatchObject([{ reason: "Suspended" }]);
  });
});

/** Carries a plan out on paper: pods that are released lose their finalizer. */
function afterwards(job: Job, pods: Pod[], { release, status }: JobPlan): [Job, Pod[]] {
  const left = pods.map((one) => {
    if (!release.includes(one)) return one;
    const { finalizers: _, ...metadata } = one.metadata;
    return { ...one, metadata };
  });
  return [{ ...job, status }, left];
}

describe("the end", () => {
  test("each pod is counted once, in three steps", () => {
    const job = jobOf({});
    const pods = [succeeded("a")];
    const first = plan(job, pods);
    expect(first.status.uncountedTerminatedPods).toEqual({ succeeded: ["uid-a"] });
    expect(reasons(first)).toEqual([["SuccessCriteriaMet", "CompletionsReached"]]);
    expect(names(first.release)).toEqual(["a"]);
    const second = plan(...afterwards(job, pods, first));
    expect(second.status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0 });
    expect(second.status.uncountedTerminatedPods).toEqual({});
    expect(reasons(second)?.at(-1)).toEqual(["Complete", "CompletionsReached"]);
    expect(second.events).toMatchObject([{ reason: "Completed", message: "Job completed" }]);
  });
  test("too many failures", () => {
    const job = jobOf({ backoffLimit: 1 });
    const pods = [failed("a"), failed("b")];
    const first = plan(job, pods);
    expect(reasons(first)).toEqual([["FailureTarget", "BackoffLimitExceeded"]]);
    const second = plan(...afterwards(job, pods, first));
    expect(second.status.failed).toBe(2);
    expect(reasons(second)?.at(-1)).toEqual(["Failed", "BackoffLimitExceeded"]);
    expect(second.events).toMatchObject([{ type: "warning", reason: "BackoffLimitExceeded" }]);
  });
  test("is not told while pods are still going", () => {
    const job = jobOf({ activeDeadlineSeconds: 5 }, { startTime: ago(6) });
    const pods = [pod({ name: "a" })];
    const first = plan(job, pods);
    expect(names(first.stop)).toEqual(["a"]);
    expect(reasons(first)).toEqual([["FailureTarget", "DeadlineExceeded"]]);
    const going = [podOf({ name: "a", deleted: true })];
    const second = plan({ ...job, status: first.status }, going);
    expect(reasons(second)).toHaveLength(1);
    const third = plan({ ...job, status: second.status }, []);
    expect(third.status).toMatchObject({ failed: 1, terminating: 0 });
    expect(reasons(third)?.at(-1)).toEqual(["Failed", "DeadlineExceeded"]);
  });
  test("a failure policy may end it at once", () => {
    const onExitCodes = { containerName: "c", operator: "In", values: [1] };
    const rules = [{ action: "FailJob", onExitCodes }];
    const { status } = plan(jobOf({ podFailurePolicy: { rules } }), [failed("a")]);
    expect(status.conditions).toMatchObject([
      {
        type: "FailureTarget",
        reason: "PodFailurePolicy",
        message: "Container c for pod n/a failed with exit code 1 matching FailJob rule at index 0",
      },
    ]);
  });
  test("ignored failures do not count", () => {
    const onPodConditions = [{ type: "DisruptionTarget", status: "True" }];
    const rules = [{ action: "Ignore", onPodConditions }];
    const conditions = [{ type: "DisruptionTarget", status: "True" }];
    const lost = pod({ name: "a", phase: "Failed", exitCode: 1, conditions });
    const { status } = plan(jobOf({ backoffLimit: 0, podFailurePolicy: { rules } }), [lost]);
    expect(status.failed).toBe(0);
    expect(status.conditions).toBeUndefined();
  });
});

describe("indexes", () => {
  const spec = { completionMode: "Indexed", completions: 3, parallelism: 3 };
  test("missing ones are created, doubles are dropped", () => {
    const pods = [
      indexed(0, { phase: "Succeeded", exitCode: 0 }),
      indexed(1, {}),
      indexed(1, { uid: "double", ready: false }),
    ];
    const { drop } = plan(jobOf(spec), pods);
    expect(drop.map(({ metadata }) => metadata.uid)).toEqual(["double"]);
    const then = plan(jobOf(spec), pods.slice(0, 2));
    expect(then.create).toEqual([{ index: 2, failed: undefined }]);
    expect(then.status).toMatchObject({ completedIndexes: "0", succeeded: 1 });
  });
  test("a success policy ends it early, and what still runs does not count as failed", () => {
    const policy = { successPolicy: { rules: [{ succeededIndexes: "0" }] } };
    const pods = [indexed(0, { phase: "Succeeded", exitCode: 0 }), indexed(1, {})];
    const { status, stop, release } = plan(jobOf({ ...spec, ...policy }), pods);
    expect(status.conditions).toMatchObject([
      { reason: "SuccessPolicy", message: "Matched rules at index 0" },
    ]);
    expect(names(stop)).toEqual(["j-1"]);
    expect(release).toHaveLength(2);
    expect(status.uncountedTerminatedPods).toEqual({});
  });
  test("each index may have its own limit, and hands its failures on", () => {
    const limited = jobOf({ ...spec, completions: 1, backoffLimitPerIndex: 1 });
    const first = indexed(0, { phase: "Failed", exitCode: 1, readyFor: 60 });
    const again = plan(limited, [first]);
    expect(again.create).toEqual([{ index: 0, failed: first }]);
    expect(again.release).toEqual([]);
    const annotations = {
      "batch.kubernetes.io/job-completion-index": "0",
      "batch.kubernetes.io/job-index-failure-count": "1",
    };
    const second = indexed(0, { uid: "2", annotations, phase: "Failed", exitCode: 1 });
    const over = plan(limited, [first, second]);
    expect(over.status.failedIndexes).toBe("0");
    expect(reasons(over)).toEqual([["FailureTarget", "FailedIndexes"]]);
  });
  test.each([
    [[], ""],
    [[3], "3"],
    [[0, 1], "0,1"],
    [[5, 0, 1, 2, 7, 8], "0-2,5,7,8"],
  ])("%j is written %s", (indexes, text) => {
    expect(formatIndexes(indexes)).toBe(text);
    expect([...parseIndexes(text)].sort((a, b) => a - b)).toEqual(
      indexes.toSorted((a, b) => a - b),
    );
  });
});
