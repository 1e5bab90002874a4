import { describe, expect, test } from "vitest";
import type { Deployment } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import { ago, deploymentOf, podOf, replicaSetOf, testNowMs } from "#testkit/objects.ts";
import { planDeployment } from "./plan.ts";

const noPods = () => [];
const plan = (d: Deployment, sets: ReplicaSet[] = []) => planDeployment(d, sets, noPods, testNowMs);
const revision = (n: number) => ({ "deployment.kubernetes.io/revision": String(n) });
const progressing = (reason: string, updated = 10, status = "True") => ({
  type: "Progressing",
  status,
  reason,
  lastUpdateTime: ago(updated),
  lastTransitionTime: ago(updated),
});

test("the first ReplicaSet carries the template's hash, its size and revision 1", () => {
  const { create, revision: noted } = plan(deploymentOf({ replicas: 3 }));
  const hash = create?.metadata.labels?.["pod-template-hash"] ?? "";
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{6,10}$/);
  expect(create).toMatchObject({
    metadata: {
      name: `d-${hash}`,
      annotations: {
        "deployment.kubernetes.io/revision": "1",
        "deployment.kubernetes.io/desired-replicas": "3",
        "deployment.kubernetes.io/max-replicas": "4",
      },
      ownerReferences: [{ kind: "Deployment", name: "d", controller: true }],
    },
    spec: { replicas: 3, selector: { matchLabels: { app: "a", "pod-template-hash": hash } } },
  });
  expect(noted).toBe("1");
});

test("a collision gives another hash", () => {
  const first = plan(deploymentOf({})).create?.metadata.name;
  const other = plan(deploymentOf({}, { status: { collisionCount: 1 } })).create?.metadata.name;
  expect(other).not.toBe(first);
});

test("an old template that comes back gets a new revision and keeps a history", () => {
  const back = replicaSetOf({ name: "back", replicas: 0, annotations: revision(1) });
  const other = replicaSetOf({ name: "x", replicas: 1, image: "v2", annotations: revision(4) });
  const { update } = plan(deploymentOf({}), [back, other]);
  expect(update?.metadata.annotations).toMatchObject({
    "deployment.kubernetes.io/revision": "5",
    "deployment.kubernetes.io/revision-history": "1",
  });
});

describe("pausing", () => {
  test("is noted, and nothing is rolled out", () => {
    const first = plan(deploymentOf({ paused: true }));
    expect(first.status?.conditions).toMatchObject([
      { type: "Progressing", status: "Unknown", reason: "DeploymentPaused" },
    ]);
    const noted = deploymentOf({ paused: true }, { status: first.status });
    const second = plan(noted);
    expect(second.create).toBeUndefined();
    expect(second.status).toMatchObject({ terminatingReplicas: 0, observedGeneration: 1 });
  });
  test("resuming is noted", () => {
    const status = { conditions: [progressing("DeploymentPaused", 10, "Unknown")] };
    expect(plan(deploymentOf({}, { status })).status?.conditions).toMatchObject([
      { reason: "DeploymentResumed", message: "Deployment is resumed" },
    ]);
  });
});

describe("the progress deadline", () => {
  const annotations = { ...revision(1), "deployment.kubernetes.io/desired-replicas": "1" };
  const stuck = replicaSetOf({ name: "d-1", replicas: 1, available: 0, annotations });
  const at = (updated: number) =>
    deploymentOf(
      { progressDeadlineSeconds: 60 },
      {
        metadata: {
          name: "d",
          namespace: "n",
          uid: "uid-d",
          generation: 1,
          annotations: revision(1),
        },
        status: {
          replicas: 1,
          updatedReplicas: 1,
          conditions: [progressing("ReplicaSetUpdated", updated)],
        },
      },
    );
  test("is waited for", () => {
    const { againInMs, status } = plan(at(20), [stuck]);
    expect(againInMs).toBe(41_000);
    expect(status?.conditions?.map(({ reason }) => reason)).toContain("ReplicaSetUpdated");
  });
  test("passes", () => {
    const { conditions } = plan(at(61), [stuck]).status ?? {};
    expect(conditions?.find(({ type }) => type === "Progressing")).toMatchObject({
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: 'ReplicaSet "d-1" has timed out progressing.',
    });
  });
});

test("Recreate waits until the last old pod is gone", () => {
  const d = deploymentOf({ strategy: { type: "Recreate" } });
  const old = replicaSetOf({ name: "old", replicas: 1, image: "v0" });
  expect(plan(d, [old]).resize).toMatchObject([{ to: 0 }]);
  const empty = replicaSetOf({ name: "old", replicas: 0, image: "v0" });
  const going = podOf({ name: "p", deleted: true });
  expect(planDeployment(d, [empty], () => [going], testNowMs).create).toBeUndefined();
  expect(planDeployment(d, [empty], noPods, testNowMs).create).toBeDefined();
});

test("a selector that selects everything is refused", () => {
  expect(plan(deploymentOf({ selector: {} }))).toMatchObject({ selectsAll: true });
});
