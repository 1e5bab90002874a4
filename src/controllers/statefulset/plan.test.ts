import { describe, expect, test } from "vitest";
import type { StatefulSet } from "#apis/apps/stateful-set.ts";
import { podOf, type PodTraits, testNowMs } from "#testkit/objects.ts";
import { planStatefulSet, statefulSetStatus } from "./plan.ts";
import { claimsOf, newPod } from "./pods.ts";

function setOf(spec: object = {}, status: object = {}): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "w", namespace: "n", uid: "uid-w", generation: 2 },
    spec: {
      replicas: 3,
      serviceName: "web",
      selector: { matchLabels: { app: "a" } },
      template: { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c" }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      ...spec,
    },
    status,
  } as unknown as StatefulSet;
}

const pod = (ordinal: number, more: Partial<PodTraits> & { revision?: string } = {}) =>
  podOf({
    name: `w-${ordinal}`,
    labels: { "controller-revision-hash": more.revision ?? "new" },
    ...more,
  });
const revisions = { current: "old", update: "new" };

function plan(set: StatefulSet, pods: ReturnType<typeof pod>[]) {
  const { create, delete: gone } = planStatefulSet(set, pods, revisions, testNowMs);
  return {
    create: create.map(({ ordinal, revision }) => `${ordinal} ${revision}`),
    delete: gone.map(({ metadata }) => metadata.name),
  };
}

describe("in order", () => {
  test.each([
    ["the first one first", [], { create: ["0 new"], delete: [] }],
    ["the next once it is ready", [pod(0)], { create: ["1 new"], delete: [] }],
    ["not before", [pod(0, { ready: false })], { create: [], delete: [] }],
    ["a gap is filled before all else", [pod(0), pod(2)], { create: ["1 new"], delete: [] }],
    ["what ended is replaced", [pod(0, { phase: "Failed" })], { create: [], delete: ["w-0"] }],
    [
      "too many: the last goes",
      [0, 1, 2, 3, 4].map((i) => pod(i)),
      { create: [], delete: ["w-4"] },
    ],
    [
      "and the one before waits for it",
      [pod(0), pod(1), pod(2), pod(3), pod(4, { deleted: true })],
      { create: [], delete: [] },
    ],
  ])("%s", (_what, pods, wanted) => {
    expect(plan(setOf(), pods)).toEqual(wanted);
  });
});

test("in parallel, all at once", () => {
  const parallel = setOf({ podManagementPolicy: "Parallel" });
  expect(plan(parallel, [pod(1), pod(3), pod(4)])).toEqual({
    create: ["0 new", "2 new"],
    delete: ["w-4", "w-3"],
  });
});

test("ordinals may start elsewhere", () => {
  expect(plan(setOf({ replicas: 1, ordinals: { start: 5 } }), []).create).toEqual(["5 new"]);
});

describe("a rolling update", () => {
  const old = { revision: "old" };
  test.each([
    ["the last first", [pod(0, old), pod(1, old), pod(2, old)], ["w-2"]],
    ["waits for it", [pod(0, old), pod(1, old), pod(2, { ready: false })], []],
    ["goes on", [pod(0, old), pod(1, old), pod(2)], ["w-1"]],
    ["until all are new", [pod(0), pod(1), pod(2)], []],
  ])("%s", (_what, pods, gone) => {
    expect(plan(setOf(), pods).delete).toEqual(gone);
  });
  test("stops at the partition, below which old pods stay old", () => {
    const rollingUpdate = { partition: 2 };
    const split = setOf({ updateStrategy: { type: "RollingUpdate", rollingUpdate } });
    expect(plan(split, [pod(0, old), pod(1, old), pod(2)]).delete).toEqual([]);
    expect(plan(split, [pod(0, old)]).create).toEqual(["1 old"]);
  });
  test("never happens with OnDelete", () => {
    const onDelete = setOf({ updateStrategy: { type: "OnDelete" } });
    expect(plan(onDelete, [pod(0, old), pod(1, old), pod(2, old)]).delete).toEqual([]);
    expect(plan(onDelete, [pod(0, old)]).create).toEqual(["1 new"]);
  });
});

test("once all pods are new the update is the current revision", () => {
  const pods = [pod(0), pod(1), pod(2)];
  expect(statefulSetStatus(setOf(), pods, revisions, 0, testNowMs)).toMatchObject({
    replicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    currentRevision: "new",
    collisionCount: 0,
  });
  const mixed = [pod(0, { revision: "old" }), pod(1)];
  expect(statefulSetStatus(setOf(), mixed, revisions, 0, testNowMs)).toMatchObject({
    currentReplicas: 1,
    updatedReplicas: 1,
    currentRevision: "old",
  });
});

test("a pod has a lasting name, and claims of its own", () => {
  const claims = [{ metadata: { name: "data" }, spec: {} }];
  const set = setOf({ volumeClaimTemplates: claims });
  expect(newPod(set, set.spec.template, "w-abc", 1)).toMatchObject({
    metadata: {
      name: "w-1",
      labels: {
        app: "a",
        "statefulset.kubernetes.io/pod-name": "w-1",
        "apps.kubernetes.io/pod-index": "1",
        "controller-revision-hash": "w-abc",
      },
    },
    spec: {
      hostname: "w-1",
      subdomain: "web",
      volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-w-1" } }],
    },
  });
  expect(claimsOf(set, 1, [])).toMatchObject([
    { metadata: { name: "data-w-1", labels: { app: "a" } } },
  ]);
});
