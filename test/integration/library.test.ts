import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { deployments } from "#apis/apps/deployment.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { cronJobs } from "#apis/batch/cron-job.ts";
import { jobs } from "#apis/batch/job.ts";
import { configMaps } from "#apis/core/config-map.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { type Cluster, startCluster } from "#cluster/index.ts";
import { isReason } from "#machinery/errors.ts";

const run = promisify(execFile);
const namespace = "default";

function deployment(name: string, replicas: number, more: { namespace?: string } = {}) {
  const labels = { app: name };
  return {
    metadata: { namespace, name, ...more },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "c", image: "none" }] },
      },
    },
  } as never;
}

function jobSpec(script: string, more: object = {}) {
  const containers = [{ name: "c", image: "none", command: ["sh", "-c", script] }];
  return { template: { spec: { restartPolicy: "Never", containers } }, ...more };
}

async function available({ client }: Cluster, name: string): Promise<number> {
  const { status } = await client.get(deployments, { namespace, name });
  return status?.availableReplicas ?? 0;
}

async function podsOf({ client }: Cluster, app: string): Promise<Pod[]> {
  return (await client.list(pods, { namespace, labelSelector: `app=${app}` })).items;
}

async function isReady({ client }: Cluster, name: string): Promise<string | undefined> {
  const { status } = await client.get(nodes, { name });
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}

test("a Deployment becomes available, and takes all that it owns with it", async () => {
  await using cluster = await startCluster({ nodes: 3 });
  const { client } = cluster;
  await client.create(deployments, deployment("web", 6));
  await cluster.eventually(async () => (await available(cluster, "web")) === 6);
  const used = new Set((await podsOf(cluster, "web")).map(({ spec }) => spec.nodeName));
  expect(used.size).toBe(3);
  await client.delete(deployments, { namespace, name: "web" }, { propagationPolicy: "Background" });
  await cluster.eventually(async () => {
    expect((await client.list(replicaSets, { namespace })).items).toEqual([]);
    expect((await client.list(pods, { namespace })).items).toEqual([]);
    return true;
  });
});

test("a namespace takes with it all that is in it", async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const { client } = cluster;
  await client.create(namespaces, { metadata: { name: "shop" } } as never);
  await client.create(deployments, deployment("web", 2, { namespace: "shop" }));
  const metadata = { namespace: "shop", name: "settings" };
  await client.create(configMaps, { metadata, data: { a: "1" } });
  await cluster.eventually(async () => {
    const { items } = await client.list(pods, { namespace: "shop" });
    return items.length === 2 && items.every(({ status }) => status?.phase === "Running");
  });
  await client.delete(namespaces, { name: "shop" });
  await cluster.eventually(async () => {
    const gone = await client.get(namespaces, { name: "shop" }).then(
      () => false,
      (error: unknown) => isReason(error, "NotFound"),
    );
    return gone;
  });
  expect((await client.list(pods, { namespace: "shop" })).items).toEqual([]);
  expect((await client.list(configMaps, { namespace: "shop" })).items).toEqual([]);
});

test("kubectl works with the kubeconfig of a cluster that listens", async () => {
  await using cluster = await startCluster({ nodes: 3, listen: true });
  const folder = await mkdtemp(join(tmpdir(), "library-"));
  await using scope = new AsyncDisposableStack();
  scope.defer(() => rm(folder, { recursive: true }));
  const config = join(folder, "config");
  await writeFile(config, await cluster.kubeconfig(), { mode: 0o600 });
  const env = { ...process.env, KUBECONFIG: config, HOME: folder };
  const kubectl = async (...args: string[]) => (await run("kubectl", args, { env })).stdout;
  const listed = await kubectl("get", "nodes", "--no-headers");
  expect(listed.trim().split("\n")).toHaveLength(3);
  expect(listed).toMatch(/^node-1 +Ready +/);
  await kubectl("create", "deployment", "web", "--image=none", "--replicas=3");
  const waited = await kubectl("rollout", "status", "deployment/web", "--timeout=30s");
  expect(waited).toContain('deployment "web" successfully rolled out');
  await kubectl("wait", "--for=condition=Available", "deployment/web", "--timeout=30s");
  expect(await available(cluster, "web")).toBe(3);
  await kubectl("delete", "deployment", "web", "--cascade=foreground", "--timeout=30s");
  expect(await podsOf(cluster, "web")).toEqual([]);
});

test("a cluster that does not listen has no kubeconfig", async () => {
  await using cluster = await startCluster({ nodes: 0 });
  await expect(cluster.kubeconfig()).rejects.toThrow(/does not listen/);
  await expect(cluster.advance("1s")).rejects.toThrow(/virtual/);
});

test("pods leave a node that lost power after five minutes, in virtual time", async () => {
  await using cluster = await startCluster({ nodes: 3, time: "virtual" });
  await cluster.client.create(deployments, deployment("web", 6));
  await cluster.eventually(async () => (await available(cluster, "web")) === 6);
  const stranded = (await podsOf(cluster, "web")).filter(({ spec }) => spec.nodeName === "node-3");
  expect(stranded.length).toBeGreaterThan(0);
  await cluster.nodes.nodes.get("node-3")!.powerOff();
  await cluster.eventually(async () => (await isReady(cluster, "node-3")) === "Unknown");
  await cluster.advance("4m");
  const names = new Set(stranded.map(({ metadata }) => metadata.name));
  const staying = async () =>
    (await podsOf(cluster, "web")).filter(
      ({ metadata }) => names.has(metadata.name) && !metadata.deletionTimestamp,
    );
  expect(await staying()).toHaveLength(stranded.length);
  await cluster.advance("2m");
  expect(await staying()).toEqual([]);
  await cluster.eventually(async () => (await available(cluster, "web")) === 6);
  await cluster.nodes.nodes.get("node-3")!.restart();
  await cluster.eventually(async () => (await isReady(cluster, "node-3")) === "True");
  await cluster.eventually(async () => (await podsOf(cluster, "web")).length === 6);
});

test("a Job backs off between failures and gives up, in virtual time", async () => {
  await using cluster = await startCluster({ time: "virtual" });
  const { client, clock } = cluster;
  const metadata = { namespace, name: "doomed" };
  const began = clock.now();
  await client.create(jobs, { metadata, spec: jobSpec("exit 3", { backoffLimit: 3 }) } as never);
  const failed = await cluster.eventually(
    async () => {
      const { status } = await client.get(jobs, metadata);
      return status?.conditions?.find(({ type }) => type === "Failed");
    },
    { within: "30m" },
  );
  expect(failed).toMatchObject({ status: "True", reason: "BackoffLimitExceeded" });
  // 10 s, 20 s and 40 s between the four tries, counted from times that are in whole seconds.
  expect(clock.now() - began).toBeGreaterThan(67_000);
  const { status } = await client.get(jobs, metadata);
  expect(status?.failed).toBe(4);
});

test("a CronJob runs every hour of a virtual day", async () => {
  await using cluster = await startCluster({ time: "virtual" });
  const { client } = cluster;
  const metadata = { namespace, name: "hourly" };
  const spec = {
    schedule: "30 * * * *",
    successfulJobsHistoryLimit: 30,
    jobTemplate: { spec: jobSpec("exit 0") },
  };
  await client.create(cronJobs, { metadata, spec } as never);
  await cluster.advance("24h");
  const { items } = await client.list(jobs, { namespace });
  expect(items).toHaveLength(24);
  expect(items.every(({ status }) => status?.succeeded === 1)).toBe(true);
});

test("two clusters in a process do not disturb each other", async () => {
  await using first = await startCluster({ nodes: 2, time: "virtual", seed: 7 });
  await using second = await startCluster({ nodes: 1 });
  await first.client.create(deployments, deployment("web", 2));
  await second.client.create(deployments, deployment("web", 3));
  await second.eventually(async () => (await available(second, "web")) === 3);
  await first.eventually(async () => (await available(first, "web")) === 2);
  await first.advance("10m");
  expect(await podsOf(first, "web")).toHaveLength(2);
  expect(await podsOf(second, "web")).toHaveLength(3);
  expect(await isReady(second, "node-1")).toBe("True");
  expect((await second.client.list(nodes)).items).toHaveLength(1);
});

test("a process in which clusters were disposed of ends by itself", async () => {
  const library = new URL("../../src/cluster/index.ts", import.meta.url).href;
  const script = `
    import { startCluster } from ${JSON.stringify(library)};
    for (const options of [{ nodes: 2, listen: true }, { nodes: 2, time: "virtual" }]) {
      await using cluster = await startCluster(options);
    }
    console.log(JSON.stringify(process.getActiveResourcesInfo()));
    setImmediate(() => console.log("done"));`;
  const args = ["--input-type=module", "--eval", script];
  const { stdout } = await run(process.execPath, args, { timeout: 30_000 });
  expect(stdout).toContain("done");
});
