import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { configMaps } from "#apis/core/config-map.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { pods } from "#apis/core/pod.ts";
import { serviceAccounts } from "#apis/core/service-account.ts";
import { isReason } from "#machinery/errors.ts";
import { startTestCluster, template, type TestCluster } from "./cluster.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster[Symbol.asyncDispose]());

async function isGone(read: Promise<unknown>): Promise<void> {
  const outcome = await read.then(
    () => "there",
    (error: unknown) => (isReason(error, "NotFound") ? "gone" : String(error)),
  );
  expect(outcome).toBe("gone");
}

function ownedBy(...owners: { metadata: { name: string; uid?: string | undefined } }[]) {
  return owners.map(({ metadata: { name, uid = "" } }) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    name,
    uid,
  }));
}

describe("the garbage collector", () => {
  test("deletes what names an owner that never was", async () => {
    const namespace = await cluster.namespace();
    const never = { metadata: { name: "never", uid: "00000000-0000-0000-0000-000000000001" } };
    const metadata = { namespace, name: "dep", ownerReferences: ownedBy(never) };
    await cluster.client.create(configMaps, { metadata });
    await cluster.eventually(() =>
      isGone(cluster.client.get(configMaps, { namespace, name: "dep" })),
    );
  });

  test("of two owners, one that goes is forgotten", async () => {
    const { client } = cluster;
    const namespace = await cluster.namespace();
    const make = (name: string) => client.create(configMaps, { metadata: { namespace, name } });
    const owners = [await make("o1"), await make("o2")];
    const metadata = { namespace, name: "dep", ownerReferences: ownedBy(...owners) };
    await client.create(configMaps, { metadata });
    await client.delete(configMaps, { namespace, name: "o1" });
    await cluster.eventually(async () => {
      const left = await client.get(configMaps, { namespace, name: "dep" });
      expect(left.metadata.ownerReferences?.map(({ name }) => name)).toEqual(["o2"]);
    });
    await client.delete(configMaps, { namespace, name: "o2" });
    await cluster.eventually(() => isGone(client.get(configMaps, { namespace, name: "dep" })));
  });

  async function replicaSet(): Promise<string> {
    const namespace = await cluster.namespace();
    const selector = { matchLabels: { app: "a" } };
    const spec = { replicas: 2, selector, template: template({ app: "a" }) };
    await cluster.client.create(replicaSets, { metadata: { namespace, name: "r" }, spec } as never);
    await cluster.eventually(async () => {
      const { status } = await cluster.client.get(replicaSets, { namespace, name: "r" });
      expect(status?.availableReplicas).toBe(2);
    });
    return namespace;
  }

  test.each(["Foreground", "Background"] as const)("cascades (%s)", async (propagationPolicy) => {
    const namespace = await replicaSet();
    await cluster.client.delete(replicaSets, { namespace, name: "r" }, { propagationPolicy });
    await cluster.eventually(async () => {
      await isGone(cluster.client.get(replicaSets, { namespace, name: "r" }));
      expect((await cluster.client.list(pods, { namespace })).items).toEqual([]);
    });
  });

  test("sets dependents free when they are to be orphaned", async () => {
    const namespace = await replicaSet();
    const how = { propagationPolicy: "Orphan" } as const;
    await cluster.client.delete(replicaSets, { namespace, name: "r" }, how);
    await cluster.eventually(() =>
      isGone(cluster.client.get(replicaSets, { namespace, name: "r" })),
    );
    const { items } = await cluster.client.list(pods, { namespace });
    expect(items.map(({ metadata }) => metadata.ownerReferences)).toEqual([undefined, undefined]);
  });
});

describe("a namespace", () => {
  test("gets a service account and the cluster's root certificate", async () => {
    const namespace = await cluster.namespace();
    await cluster.eventually(async () => {
      await cluster.client.get(serviceAccounts, { namespace, name: "default" });
      const { data, metadata } = await cluster.client.get(configMaps, {
        namespace,
        name: "kube-root-ca.crt",
      });
      expect(data?.["ca.crt"]).toContain("BEGIN CERTIFICATE");
      expect(metadata.annotations?.["kubernetes.io/description"]).toMatch(/^Contains a CA bundle/);
    });
    await cluster.client.delete(serviceAccounts, { namespace, name: "default" });
    await cluster.eventually(() =>
      cluster.client.get(serviceAccounts, { namespace, name: "default" }),
    );
  });

  test("is emptied when it is deleted, and says what holds it up", async () => {
    const { client } = cluster;
    const namespace = await cluster.namespace();
    const at = { namespace, name: "held" };
    await client.create(configMaps, { metadata: { ...at, finalizers: ["example.com/hold"] } });
    const spec = template({}).spec;
    await client.create(pods, { metadata: { namespace, name: "p" }, spec } as never);
    await client.delete(namespaces, { name: namespace });
    await cluster.eventually(async () => {
      const { status } = await client.get(namespaces, { name: namespace });
      const told = status?.conditions?.map(
        ({ type, status: is, message }) => `${type}=${is} ${message}`,
      );
      expect(status?.phase).toBe("Terminating");
      expect(told).toEqual([
        "NamespaceDeletionDiscoveryFailure=False All resources successfully discovered",
        "NamespaceDeletionGroupVersionParsingFailure=False All legacy kube types successfully parsed",
        "NamespaceDeletionContentFailure=False All content successfully deleted, may be waiting on finalization",
        "NamespaceContentRemaining=True Some resources are remaining: configmaps. has 1 resource instances",
        "NamespaceFinalizersRemaining=True Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
      ]);
    });
    await client.patch(configMaps, at, { metadata: { finalizers: null } }, { type: "merge" });
    await cluster.eventually(() => isGone(client.get(namespaces, { name: namespace })));
  });
});
