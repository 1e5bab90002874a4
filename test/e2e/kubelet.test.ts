import { readdirSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configMaps } from "#apis/core/config-map.ts";
import { nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { PodSpec } from "#apis/core/pod-spec.ts";
import { systemClock } from "#base/clock.ts";
import { connectCri } from "#kubelet/cri/client.ts";
import type { CriClient } from "#kubelet/cri/cri.ts";
import { canRunContainerd } from "#testkit/containerd.ts";
import { type KubeletCluster, startKubeletCluster } from "./kubelet-cluster.ts";

const namespace = "default";
const untilEnded = "trap 'exit 0' TERM; while :; do sleep 0.2; done";

describe.runIf(canRunContainerd())("a kubelet with containerd", { timeout: 60_000 }, () => {
  let cluster: KubeletCluster;
  let cri: CriClient;

  beforeAll(async () => {
    cluster = await startKubeletCluster({ staticPods: true });
    cri = connectCri(cluster.containerd.socket, systemClock);
    await cluster.kubelet.ready;
  }, 60_000);
  afterAll(async () => {
    cri?.[Symbol.dispose]();
    await cluster?.[Symbol.asyncDispose]();
  }, 60_000);

  const podDir = (pod: Pod) =>
    join(cluster.containerd.folder, "kubelet/pods", pod.metadata.uid ?? "");

  async function create(name: string, script: string, more: Partial<PodSpec> = {}): Promise<Pod> {
    const { image } = cluster.containerd;
    const command = ["sh", "-c", script];
    const main = { name: "c", image, imagePullPolicy: "IfNotPresent", command, resources: {} };
    const { containers = [main], ...rest } = more;
    return cluster.admin.create(pods, {
      metadata: { name, namespace },
      spec: { terminationGracePeriodSeconds: 1, containers, ...rest },
    });
  }

  /** The pod once it is as wanted; undefined once it is gone. */
  async function until(
    name: string,
    wanted: (pod: Pod | undefined) => boolean,
  ): Promise<Pod | undefined> {
    const list = await cluster.admin.list(pods, { namespace });
    const now = list.items.find(({ metadata }) => metadata.name === name);
    if (wanted(now)) return now;
    const stop = new AbortController();
    const { resourceVersion } = list.metadata;
    const fieldSelector = `metadata.name=${name}`;
    const options = { namespace, fieldSelector, resourceVersion };
    for await (const { type, object } of cluster.admin.watch(pods, options, stop.signal)) {
      const pod = type === "DELETED" ? undefined : object;
      if (!wanted(pod)) continue;
      stop.abort();
      return pod;
    }
    throw new Error(`the watch of ${name} ended`);
  }
  const ready = (pod: Pod | undefined) =>
    pod?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ??
    false;
  const gone = (pod: Pod | undefined) => pod === undefined;

  async function remove(name: string): Promise<void> {
    await cluster.admin.delete(pods, { namespace, name });
    await until(name, gone);
  }

  test("registers its node with what the machine has", async () => {
    const node = await cluster.admin.get(nodes, { name: cluster.nodeName });
    expect(node.metadata.labels).toMatchObject({ "kubernetes.io/os": "linux" });
    expect(Object.keys(node.status?.capacity ?? {})).toEqual(
      expect.arrayContaining(["cpu", "memory", "pods", "ephemeral-storage"]),
    );
    expect(node.status?.nodeInfo?.containerRuntimeVersion).toMatch(/^containerd:\/\//);
  });

  test("runs a pod to its end, keeps its log and its last words", async () => {
    await create("ends", "echo hello; echo bye >/dev/termination-log; exit 3", {
      restartPolicy: "Never",
    });
    const pod = await until("ends", (it) => it?.status?.phase === "Failed");
    expect(pod?.status?.containerStatuses).toMatchObject([
      { state: { terminated: { exitCode: 3, reason: "Error", message: "bye\n" } } },
    ]);
    const log = `pods/${namespace}_ends_${pod?.metadata.uid}/c/0.log`;
    expect(await readFile(join(cluster.containerd.folder, log), "utf8")).toMatch(/stdout F hello/);
    await remove("ends");
  });

  test("leaves nothing behind of a pod that is deleted", async () => {
    await create("passes", untilEnded);
    const pod = await until("passes", ready);
    await remove("passes");
    const { uid = "" } = pod!.metadata;
    await expect
      .poll(async () => (await cri.listPodSandbox()).map((it) => it.metadata.uid))
      .not.toContain(uid);
    await expect.poll(() => readdirSync(join(podDir(pod!), ".."))).not.toContain(uid);
    const cgroups = join(
      "/sys/fs/cgroup/memory",
      cluster.containerd.cgroupParent,
      "kubepods/besteffort",
    );
    expect(readdirSync(cgroups)).not.toContain(`pod${uid}`);
  });

  test("shows changes of a ConfigMap in the running container", async () => {
    const name = "settings";
    await cluster.admin.create(configMaps, { metadata: { name, namespace }, data: { a: "1" } });
    const { image } = cluster.containerd;
    const command = ["sh", "-c", "while ! grep -q 2 /v/a; do sleep 0.1; done"];
    const volumeMounts = [{ name: "v", mountPath: "/v" }];
    await create("follows", "", {
      restartPolicy: "Never",
      containers: [{ name: "c", image, command, volumeMounts, resources: {} }],
      volumes: [{ name: "v", configMap: { name } }],
    });
    await until("follows", ready);
    await cluster.admin.patch(
      configMaps,
      { namespace, name },
      { data: { a: "2" } },
      { type: "merge" },
    );
    await until("follows", (pod) => pod?.status?.phase === "Succeeded");
    await remove("follows");
  });

  test("starts a container again whose process was killed", async () => {
    await create("heals", untilEnded);
    await until("heals", ready);
    const [container] = await cri.listContainers({ state: { state: "CONTAINER_RUNNING" } });
    await cri.stopContainer(container!.id, 0);
    const pod = await until(
      "heals",
      (it) => ready(it) && it?.status?.containerStatuses?.[0]?.restartCount === 1,
    );
    expect(pod?.status?.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({
      exitCode: 137,
    });
    await remove("heals");
  });

  test("comes back without touching what runs", async () => {
    await create("stays", untilEnded);
    const before = await until("stays", ready);
    await cluster.restartKubelet();
    await cluster.kubelet.ready;
    await cluster.kubelet.node.statuses.flush();
    const after = await cluster.admin.get(pods, { namespace, name: "stays" });
    expect(after.status).toEqual(before?.status);
    const running = await cri.listContainers({ state: { state: "CONTAINER_RUNNING" } });
    const ids = running.map(({ id }) => `containerd://${id}`);
    expect(ids).toContain(before?.status?.containerStatuses?.[0]?.containerID);
    await remove("stays");
  });

  test("runs pods of its folder and shows them in the API", async () => {
    const { image } = cluster.containerd;
    const file = join(cluster.staticPodDir, "s.yaml");
    const name = `s-${cluster.nodeName}`;
    const command = JSON.stringify(["sh", "-c", untilEnded]);
    await writeFile(
      file,
      `apiVersion: v1\nkind: Pod\nmetadata: {name: s}\nspec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "${image}", command: ${command}}]}\n`,
    );
    const pod = await until(name, ready);
    expect(pod?.metadata.annotations?.["kubernetes.io/config.source"]).toBe("file");
    await rm(file);
    await until(name, gone);
    await expect.poll(async () => (await cri.listPodSandbox()).length).toBe(0);
  });
});
