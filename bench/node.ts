/**
 * Measures a running node through its API, whoever's it is: `KUBECONFIG=… node bench/node.ts [IMAGE]`.
 * One JSON line per measure. Works against any Kubernetes whose node has the image.
 *
 *   pod-start    create → Running, one pod at a time           p50, p90, p99 (ms)
 *   pod-delete   delete with 1 s grace → gone                  p50 (ms)
 *   deployment   60 pods: all Ready, then all gone             seconds
 */
import { systemChance } from "#base/chance.ts";
import { systemClock as clock } from "#base/clock.ts";
import { type Deployment, deployments } from "#apis/apps/deployment.ts";
import { namespaces } from "#apis/core/namespace.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { createClient } from "#client/client.ts";
import { httpsTransport } from "#client/https-transport.ts";
import { kubeconfigFiles, loadKubeconfig } from "#client/kubeconfig.ts";
import type { Draft } from "#machinery/meta.ts";
import { imageNames } from "#node/images/recipes.ts";

const image = process.argv[2] ?? imageNames.busybox;
const rounds = 20;
const replicas = 60;

const config = await loadKubeconfig(kubeconfigFiles(process.env)[0] ?? "");
const chance = systemChance;
using transport = httpsTransport({ config, clock, chance, userAgent: "bench" });
const client = createClient(transport);
const namespace = `bench-${Buffer.from(chance.bytes(3)).toString("hex")}`;
const script = "trap 'exit 0' TERM; while :; do sleep 0.2; done";
const spec = {
  terminationGracePeriodSeconds: 1,
  containers: [{ name: "c", image, command: ["sh", "-c", script], resources: {} }],
};

await client.create(namespaces, { metadata: { name: namespace }, spec: {} });
await clock.sleep(500);
try {
  await measurePods();
  await measureDeployment();
} finally {
  await client.delete(namespaces, { name: namespace });
}

async function measurePods(): Promise<void> {
  const starts: number[] = [];
  const ends: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const name = `p${i}`;
    const draft = { metadata: { name, namespace }, spec } as Draft<Pod>;
    const running = when((pod) => pod?.status?.phase === "Running", name);
    let begun = clock.monotonic();
    await client.create(pods, draft);
    starts.push((await running) - begun);
    const gone = when((pod) => pod === undefined, name);
    begun = clock.monotonic();
    await client.delete(pods, { namespace, name });
    ends.push((await gone) - begun);
  }
  report("pod-start", {
    p50: at(starts, 0.5),
    p90: at(starts, 0.9),
    p99: at(starts, 0.99),
    unit: "ms",
  });
  report("pod-delete", { p50: at(ends, 0.5), unit: "ms" });
}

async function measureDeployment(): Promise<void> {
  const labels = { app: "many" };
  const template = { metadata: { labels }, spec };
  const draft = {
    metadata: { name: "many", namespace },
    spec: { replicas, selector: { matchLabels: labels }, template },
  } as unknown as Draft<Deployment>;
  let begun = clock.monotonic();
  await client.create(deployments, draft);
  const at = { namespace, name: "many" };
  await until(async () => (await client.get(deployments, at)).status?.readyReplicas === replicas);
  const ready = (clock.monotonic() - begun) / 1_000;
  begun = clock.monotonic();
  await client.delete(deployments, at);
  const left = async () =>
    (await client.list(pods, { namespace, labelSelector: "app=many" })).items;
  await until(async () => (await left()).length === 0);
  report("deployment", {
    pods: replicas,
    ready,
    gone: (clock.monotonic() - begun) / 1_000,
    unit: "s",
  });
}

/** Resolves with the (monotonic) time at which the watch shows the pod as wanted. */
async function when(wanted: (pod: Pod | undefined) => boolean, name: string): Promise<number> {
  const stop = new AbortController();
  const selection = { namespace, fieldSelector: `metadata.name=${name}` };
  for await (const { type, object } of client.watch(pods, selection, stop.signal)) {
    if (!wanted(type === "DELETED" ? undefined : object)) continue;
    stop.abort();
    return clock.monotonic();
  }
  throw new Error(`the watch of pod ${name} ended`);
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await clock.sleep(50);
}

function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
}

function report(measure: string, figures: object): void {
  process.stdout.write(`${JSON.stringify({ measure, ...figures })}\n`);
}
