import { expect, test } from "vitest";
import { deployments } from "#apis/apps/deployment.ts";
import { events } from "#apis/core/event.ts";
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { type Cluster, startCluster } from "#cluster/index.ts";
import { template } from "./cluster.ts";

async function taintsOf(cluster: Cluster, name: string): Promise<string[]> {
  const { spec } = await cluster.client.get(nodes, { name });
  return (spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).toSorted();
}

async function readiness(cluster: Cluster, name: string): Promise<string | undefined> {
  const { status } = await cluster.client.get(nodes, { name });
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

test("pods of a dead node come back elsewhere, after their toleration; the node may return", async () => {
  await using cluster = await startCluster({ nodes: 3, time: "virtual" });
  const { client } = cluster;
  const selector = { matchLabels: { app: "a" } };
  await client.create(deployments, {
    metadata: { namespace: "default", name: "d" },
    spec: { replicas: 6, selector, template: template({ app: "a" }) },
  } as never);
  const available = async () => {
    const { status } = await client.get(deployments, { namespace: "default", name: "d" });
    return status?.availableReplicas ?? 0;
  };
  await cluster.eventually(async () => (await available()) === 6);
  const dead = cluster.nodes.nodes.get("node-2")!;
  await dead.powerOff();
  await cluster.advance("30s");
  expect(await readiness(cluster, "node-2")).toBe("True");
  await cluster.advance("40s");
  expect(await readiness(cluster, "node-2")).toBe("Unknown");
  expect(await taintsOf(cluster, "node-2")).toEqual([
    "node.kubernetes.io/unreachable:NoExecute",
    "node.kubernetes.io/unreachable:NoSchedule",
  ]);
  const on = async (node: string) => {
    const { items } = await client.list(pods, { namespace: "default" });
    return items.filter(
      ({ spec, metadata }) => spec.nodeName === node && !metadata.deletionTimestamp,
    );
  };
  expect((await on("node-2")).length).toBeGreaterThan(0);
  expect(await available()).toBeLessThan(6);
  await cluster.advance("6m");
  expect(await on("node-2")).toEqual([]);
  await cluster.eventually(async () => (await available()) === 6);
  const told = await client.list(events, {});
  const reasons = new Set(told.items.map(({ reason }) => reason));
  expect([...reasons]).toEqual(expect.arrayContaining(["NodeNotReady", "TaintManagerEviction"]));
  await dead.restart();
  await cluster.advance("1m");
  expect(await readiness(cluster, "node-2")).toBe("True");
  expect(await taintsOf(cluster, "node-2")).toEqual([]);
});

test("when every node is silent nobody is driven off", async () => {
  await using cluster = await startCluster({ nodes: 2, time: "virtual" });
  for (const node of cluster.nodes.nodes.values()) await node.powerOff();
  await cluster.advance("3m");
  expect(await readiness(cluster, "node-1")).toBe("Unknown");
  expect(await taintsOf(cluster, "node-1")).toEqual(["node.kubernetes.io/unreachable:NoSchedule"]);
});

test("pods of a node that is removed are removed, too", async () => {
  await using cluster = await startCluster({ nodes: 1, time: "virtual" });
  const { client } = cluster;
  const { spec } = template({});
  const metadata = { namespace: "default", name: "stray" };
  await client.create(pods, { metadata, spec: { ...spec, nodeName: "nowhere" } } as never);
  await cluster.advance("2m");
  expect((await client.list(pods, { namespace: "default" })).items).toEqual([]);
});
