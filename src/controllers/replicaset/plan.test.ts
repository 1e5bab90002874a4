import { describe, expect, test } from "vitest";
import { podOf, type PodTraits, testNowMs } from "#testkit/objects.ts";
import { planReplicas, replicaStatus, type Replicas } from "./plan.ts";
import { rankForDeletion } from "./rank.ts";

const owner: Replicas = {
  replicas: 2,
  minReadySeconds: 0,
  templateLabels: { app: "a" },
  dying: false,
  generation: 3,
  status: undefined,
};

function plan(replicas: number, pods: PodTraits[], dying = false) {
  const { create, delete: gone } = planReplicas(
    { replicas, dying },
    pods.map(podOf),
    [],
    testNowMs,
  );
  return { create, gone: gone.map(({ metadata }) => metadata.name) };
}

describe("how many", () => {
  test("missing pods are created", () => {
    expect(plan(3, [{ name: "a" }])).toEqual({ create: 2, gone: [] });
  });
  test("finished and terminating pods do not count", () => {
    const pods = [{ name: "a", phase: "Failed" }, { name: "b", deleted: true }, { name: "c" }];
    expect(plan(1, pods)).toEqual({ create: 0, gone: [] });
    expect(plan(2, pods)).toEqual({ create: 1, gone: [] });
  });
  test("surplus pods are deleted", () => {
    expect(plan(0, [{ name: "a" }, { name: "b" }]).gone).toHaveLength(2);
  });
  test("a ReplicaSet that is deleted leaves its pods to the garbage collector", () => {
    expect(plan(3, [{ name: "a" }], true)).toEqual({ create: 0, gone: [] });
  });
  test("no more than a burst at a time", () => {
    expect(plan(10_000, []).create).toBe(500);
  });
});

describe("which goes first", () => {
  const node = "n1";
  const cases: [first: string, PodTraits, PodTraits][] = [
    [
      "not scheduled",
      { name: "goes", phase: "Pending" },
      { name: "stays", node, phase: "Pending" },
    ],
    ["pending", { name: "goes", node, phase: "Pending" }, { name: "stays", node, ready: false }],
    ["not ready", { name: "goes", node, ready: false }, { name: "stays", node }],
    [
      "cheaper",
      {
        name: "goes",
        node,
        annotations: { "controller.kubernetes.io/pod-deletion-cost": "-1" },
      },
      { name: "stays", node },
    ],
    [
      "ready for less long",
      { name: "goes", node, readyFor: 5 },
      { name: "stays", node, readyFor: 500 },
    ],
    ["restarted more often", { name: "goes", node, restarts: 3 }, { name: "stays", node }],
    ["younger", { name: "goes", node, age: 70 }, { name: "stays", node, age: 7_000 }],
  ];
  test.each(cases)("the one that is %s", (_why, goes, stays) => {
    const ranked = rankForDeletion([podOf(stays), podOf(goes)], [], testNowMs);
    expect(ranked.map(({ metadata }) => metadata.name)).toEqual(["goes", "stays"]);
  });
  test("the one on a node with more of its kind", () => {
    const alone = podOf({ name: "alone", node: "n1" });
    const crowd = ["x", "y"].map((name) => podOf({ name, node: "n2" }));
    const [first] = rankForDeletion([alone, crowd[0]!], [alone, ...crowd], testNowMs);
    expect(first?.metadata.name).toBe("x");
  });
});

describe("status", () => {
  test("counts what is there", () => {
    const labels = { app: "a" };
    const pods = [
      podOf({ name: "a", labels }),
      podOf({ name: "b", ready: false }),
      podOf({ name: "c", deleted: true }),
      podOf({ name: "d", phase: "Failed" }),
    ];
    expect(replicaStatus(owner, pods, undefined, testNowMs)).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 3,
    });
  });
  test("a pod is available once it has been ready for long enough", () => {
    const pods = [podOf({ name: "a", readyFor: 10 }), podOf({ name: "b", readyFor: 100 })];
    const patient = { ...owner, minReadySeconds: 30 };
    const status = replicaStatus(patient, pods, undefined, testNowMs);
    expect(status).toMatchObject({ readyReplicas: 2, availableReplicas: 1 });
  });
  test("a failure becomes a condition, and goes when it is over", () => {
    const failure = { reason: "FailedCreate", message: "no" } as const;
    const failing = replicaStatus(owner, [], failure, testNowMs);
    expect(failing.conditions).toEqual([
      {
        type: "ReplicaFailure",
        status: "True",
        reason: "FailedCreate",
        message: "no",
        lastTransitionTime: "2026-01-01T12:00:00Z",
      },
    ]);
    const after = replicaStatus({ ...owner, status: failing }, [], undefined, testNowMs);
    expect(after.conditions).toBeUndefined();
  });
});
