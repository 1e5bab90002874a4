import { describe, expect, test } from "vitest";
import type { DaemonSet } from "#apis/apps/daemon-set.ts";
import type { Node } from "#apis/core/node.ts";
import { nodeOf, podOf, type PodTraits, testNowMs } from "#testkit/objects.ts";
import { planDaemonSet } from "./plan.ts";
import { newDaemon } from "./pods.ts";

function setOf(template: object = {}, spec: object = {}): DaemonSet {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d", namespace: "n", uid: "uid-d", generation: 1 },
    spec: {
      selector: { matchLabels: { app: "a" } },
      template: {
        metadata: { labels: { app: "a" } },
        spec: { containers: [{ name: "c" }], ...template },
      },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      ...spec,
    },
  } as unknown as DaemonSet;
}

const nodes = (...names: string[]) => names.map((name) => nodeOf(name, { Ready: "True" }));
const daemon = (node: string, more: Partial<PodTraits> & { revision?: string } = {}) =>
  podOf({
    name: `d-${node}`,
    node,
    labels: { "controller-revision-hash": more.revision ?? "new" },
    ...more,
  });

function plan(set: DaemonSet, on: Node[], pods: ReturnType<typeof daemon>[]) {
  const { create, delete: gone, ended } = planDaemonSet(set, on, pods, "new", testNowMs);
  return { create, delete: [...gone, ...ended].map(({ metadata }) => metadata.name) };
}

describe("where", () => {
  test("one on each node that has none", () => {
    expect(plan(setOf(), nodes("a", "b"), [daemon("a")])).toEqual({ create: ["b"], delete: [] });
  });
  test("only on nodes that the template selects; elsewhere they go", () => {
    const on = [nodeOf("a", {}, { labels: { disk: "ssd" } }), ...nodes("b")];
    const picky = setOf({ nodeSelector: { disk: "ssd" } });
    expect(plan(picky, on, [daemon("b")])).toEqual({ create: ["a"], delete: ["d-b"] });
  });
  test("not where a taint keeps them off, though they may stay where they are", () => {
    const taints = [{ key: "mine", effect: "NoSchedule" }];
    const tainted = [nodeOf("a", {}, { spec: { taints } })];
    expect(plan(setOf(), tainted, [])).toEqual({ create: [], delete: [] });
    expect(plan(setOf(), tainted, [daemon("a")])).toEqual({ create: [], delete: [] });
  });
  test("trouble of the node does not keep them off", () => {
    const taints = [
      { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
      { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" },
    ];
    const sick = [nodeOf("a", {}, { spec: { taints } })];
    expect(plan(setOf(), sick, []).create).toEqual(["a"]);
  });
  test("one that ended is removed, and replaced once it is gone", () => {
    const ended = daemon("a", { phase: "Failed" });
    expect(plan(setOf(), nodes("a"), [ended])).toEqual({ create: [], delete: ["d-a"] });
  });
});

describe("a rolling update", () => {
  const old = { revision: "old" };
  test("one at a time", () => {
    const pods = [daemon("a", old), daemon("b", old)];
    expect(plan(setOf(), nodes("a", "b"), pods).delete).toEqual(["d-a"]);
  });
  test("waits while another is not available", () => {
    const pods = [daemon("a", { ready: false }), daemon("b", old)];
    expect(plan(setOf(), nodes("a", "b"), pods).delete).toEqual([]);
  });
  test("does not wait to replace what does not work anyway", () => {
    const pods = [daemon("a", { ready: false, revision: "old" }), daemon("b", old)];
    expect(plan(setOf(), nodes("a", "b"), pods).delete).toEqual(["d-a"]);
  });
  test("with surge the new one comes first", () => {
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    const surging = setOf({}, { updateStrategy: { type: "RollingUpdate", rollingUpdate } });
    expect(plan(surging, nodes("a"), [daemon("a", old)])).toEqual({ create: ["a"], delete: [] });
    const both = [daemon("a", old), daemon("a", { uid: "2" })];
    expect(plan(surging, nodes("a"), both).delete).toEqual(["d-a"]);
  });
});

test("the status counts nodes", () => {
  const pods = [daemon("a"), daemon("b", { ready: false, revision: "old" })];
  const { status } = planDaemonSet(setOf(), nodes("a", "b", "c"), pods, "new", testNowMs);
  expect(status).toEqual({
    currentNumberScheduled: 2,
    numberMisscheduled: 0,
    desiredNumberScheduled: 3,
    numberReady: 1,
    updatedNumberScheduled: 1,
    numberAvailable: 1,
    numberUnavailable: 2,
    observedGeneration: 1,
  });
});

test("a daemon names its node by affinity, so that the scheduler binds it", () => {
  const { spec, metadata } = newDaemon(setOf(), "a", "hash");
  expect(spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] }],
  });
  expect(metadata.labels).toMatchObject({ app: "a", "controller-revision-hash": "hash" });
});
