import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deployments } from "#apis/apps/deployment.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { jobs } from "#apis/batch/job.ts";
import { events } from "#apis/core/event.ts";
import { pods } from "#apis/core/pod.ts";
import { startTestCluster, template, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

const selector = { matchLabels: { app: "a" } };

function webDeployment(namespace: string, more: object = {}) {
  return {
    metadata: { namespace, name: "d" },
    spec: { replicas: 2, selector, template: template({ app: "a" }), ...more },
  } as never;
}

async function messages(namespace: string, kind: string): Promise<string[]> {
  const list = await cluster.client.list(events, { namespace });
  return list.items
    .filter(({ involvedObject }) => involvedObject.kind === kind)
    .map(({ type, reason, message }) => `${type} ${reason} ${message}`.replace(/d-\w+/g, "d-#"))
    .sort();
}

describe("a Deployment", () => {
  test("brings up its pods, then rolls over to a new template", async () => {
    const { client, eventually } = cluster;
    const namespace = await cluster.namespace();
    await client.create(deployments, webDeployment(namespace));
    const at = { namespace, name: "d" };
    await eventually(async () => {
      const { status, metadata } = await client.get(deployments, at);
      expect(metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
      expect(status).toMatchObject({ availableReplicas: 2, updatedReplicas: 2, replicas: 2 });
      expect(status?.conditions?.map(({ reason }) => reason).sort()).toEqual([
        "MinimumReplicasAvailable",
        "NewReplicaSetAvailable",
      ]);
    });
    const patch = { spec: { template: { metadata: { annotations: { a: "1" } } } } };
    await client.patch(deployments, at, patch, { type: "merge" });
    await eventually(async () => {
      const { items } = await client.list(replicaSets, { namespace });
      const sizes = items.map(({ spec, metadata }) => {
        const revision = metadata.annotations?.["deployment.kubernetes.io/revision"];
        return `${revision}: ${spec.replicas}`;
      });
      expect(sizes.toSorted()).toEqual(["1: 0", "2: 2"]);
      const { status } = await client.get(deployments, at);
      expect(status).toMatchObject({ availableReplicas: 2, updatedReplicas: 2, replicas: 2 });
    });
    await eventually(async () =>
      expect(await messages(namespace, "Deployment")).toEqual([
        "Normal ScalingReplicaSet Scaled down replica set d-# from 1 to 0",
        "Normal ScalingReplicaSet Scaled down replica set d-# from 2 to 1",
        "Normal ScalingReplicaSet Scaled up replica set d-# from 0 to 1",
        "Normal ScalingReplicaSet Scaled up replica set d-# from 0 to 2",
        "Normal ScalingReplicaSet Scaled up replica set d-# from 1 to 2",
      ]),
    );
  });

  test("deleted, takes its ReplicaSets and pods with it", async () => {
    const { client, eventually } = cluster;
    const namespace = await cluster.namespace();
    await client.create(deployments, webDeployment(namespace));
    await eventually(async () => {
      expect((await client.list(pods, { namespace })).items).toHaveLength(2);
    });
    await client.delete(deployments, { namespace, name: "d" }, { propagationPolicy: "Foreground" });
    await eventually(async () => {
      expect((await client.list(pods, { namespace })).items).toEqual([]);
      expect((await client.list(replicaSets, { namespace })).items).toEqual([]);
      expect((await client.list(deployments, { namespace })).items).toEqual([]);
    });
  });
});

describe("a Job", () => {
  test("completes when its pod has succeeded", async () => {
    const { client, eventually } = cluster;
    const namespace = await cluster.namespace();
    cluster.behave((pod) =>
      pod.metadata.labels?.["job-name"] ? { phase: "Succeeded", exitCode: 0 } : undefined,
    );
    const own = { matchLabels: { "job-name": "j" } };
    const spec = {
      manualSelector: true,
      selector: own,
      template: template(own.matchLabels, { restartPolicy: "Never" }),
    };
    await client.create(jobs, { metadata: { namespace, name: "j" }, spec } as never);
    await eventually(async () => {
      const { status } = await client.get(jobs, { namespace, name: "j" });
      expect(status).toMatchObject({ succeeded: 1, ready: 0, terminating: 0 });
      expect(status?.conditions?.map(({ type }) => type)).toEqual([
        "SuccessCriteriaMet",
        "Complete",
      ]);
      expect(status?.uncountedTerminatedPods).toEqual({});
    });
    await eventually(async () =>
      expect(await messages(namespace, "Job")).toContain("Normal Completed Job completed"),
    );
  });
});
