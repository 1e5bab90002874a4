/**
 * kubectl through the API server to a real kubelet and containerd: logs, exec, attach, port-forward,
 * statistics. Needs root on Linux.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Pod, pods } from "#apis/core/pod.ts";
import { canRunContainerd } from "#testkit/containerd.ts";
import { installedKubectls, newestKubectl } from "#testkit/kubectl.ts";
import { eventually } from "#testkit/machine.ts";
import { type KubeletCluster, startKubeletCluster } from "./kubelet-cluster.ts";

let cluster: KubeletCluster;
let kubeconfig = "";
const children = new Set<ChildProcess>();
const namespace = "default";

beforeAll(async () => {
  cluster = await startKubeletCluster({ server: true });
  kubeconfig = join(cluster.containerd.folder, "kubeconfig");
  await writeFile(kubeconfig, cluster.kubeconfig);
  await cluster.kubelet.ready;
}, 120_000);

afterAll(async () => {
  for (const child of children) child.kill();
  await cluster.admin.deleteCollection(pods, { namespace });
  await eventually(() => expect([...cluster.kubelet.observer.all()]).toEqual([]));
  await cluster[Symbol.asyncDispose]();
}, 60_000);

function start(kubectl: string, args: string[]) {
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const child = spawn(kubectl, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

async function run(kubectl: string, args: string[], stdin = "") {
  const child = start(kubectl, args);
  child.stdin.end(stdin);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, "exit");
  return { code: child.exitCode, out, err };
}

async function runPod(name: string, script: string, more: Partial<Pod["spec"]> = {}) {
  const container = {
    name: "c",
    image: cluster.containerd.image,
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", script],
    stdin: true,
  };
  const spec = {
    terminationGracePeriodSeconds: 1,
    nodeName: cluster.nodeName,
    automountServiceAccountToken: false,
    containers: [container],
    ...more,
  };
  await eventually(() =>
    cluster.admin.create(pods, { metadata: { name, namespace }, spec } as never),
  );
}

const phase = async (name: string) =>
  (await cluster.admin.get(pods, { name, namespace })).status?.phase;
const inPhase = (name: string, wanted: string) =>
  eventually(async () => expect(await phase(name)).toBe(wanted));

const kubectls = [...installedKubectls().slice(0, 1), ...installedKubectls().slice(-1)];

describe.skipIf(!canRunContainerd())("kubectl", () => {
  beforeAll(async () => {
    kubectls.push(await newestKubectl());
    const serve = "mkdir /w; echo hello >/w/x; httpd -p 8080 -h /w; echo ready";
    await runPod("web", `${serve}; echo steady; read line; echo "got $line"; sleep 1000`);
    await runPod("once", "echo one; sleep 1; echo two", { restartPolicy: "Never" });
    await inPhase("web", "Running");
  }, 120_000);

  test("every version reads logs, runs commands and copies bytes", async () => {
    for (const kubectl of kubectls) {
      expect(await run(kubectl, ["logs", "web"])).toMatchObject({
        code: 0,
        out: "ready\nsteady\n",
      });
      const tail = await run(kubectl, ["logs", "web", "--tail=1", "--timestamps"]);
      expect(tail.out).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{9}Z steady\n$/);
      expect(await run(kubectl, ["logs", "web", "--previous"])).toMatchObject({
        code: 1,
        err: 'Error from server (BadRequest): previous terminated container "c" in pod "web" not found\n',
      });
      const script = "echo out; echo err >&2; exit 7";
      expect(await run(kubectl, ["exec", "web", "--", "sh", "-c", script])).toEqual({
        code: 7,
        out: "out\n",
        err: "err\ncommand terminated with exit code 7\n",
      });
      const bytes = "x".repeat(300_000);
      const copied = await run(kubectl, ["exec", "-i", "web", "--", "wc", "-c"], bytes);
      expect(copied).toMatchObject({ code: 0, out: "300000\n" });
    }
  }, 120_000);

  test("logs are followed until the container has ended", async () => {
    const [kubectl = "kubectl"] = kubectls;
    await eventually(async () => expect(await phase("once")).not.toBe("Pending"));
    const followed = await run(kubectl, ["logs", "-f", "once"]);
    expect(followed).toEqual({ code: 0, out: "one\ntwo\n", err: "" });
  });

  test("port-forward reaches the container", async () => {
    for (const kubectl of kubectls) {
      const child = start(kubectl, ["port-forward", "pod/web", ":8080"]);
      const failed = text(child.stderr).then((why) => Promise.reject(new Error(why)));
      const first = once(createInterface(child.stdout), "line") as Promise<[string]>;
      const [line] = await Promise.race([first, failed]);
      failed.catch(() => {});
      const port = /127\.0\.0\.1:(\d+) -> 8080/.exec(line)?.[1];
      expect(await (await fetch(`http://127.0.0.1:${port}/x`)).text()).toBe("hello\n");
      child.kill();
      await once(child, "exit");
    }
  }, 60_000);

  test("attach speaks to the container's own program", async () => {
    const kubectl = kubectls.at(-1)!;
    const child = start(kubectl, ["attach", "-i", "web"]);
    child.stdin.write("a word\n");
    const lines = createInterface(child.stdout);
    for await (const line of lines) if (line === "got a word") break;
    child.kill();
    await once(child, "exit");
  }, 60_000);

  test("an administrator's certificate opens the kubelet's own port", async () => {
    const data = (field: string) => {
      const base64 = new RegExp(`${field}-data: (\\S+)`).exec(cluster.kubeconfig)?.[1] ?? "";
      return Buffer.from(base64, "base64").toString();
    };
    const ca = data("certificate-authority");
    const identity = { cert: data("client-certificate"), key: data("client-key") };
    async function get(path: string, who = {}) {
      const tls = { ca, servername: cluster.nodeName, agent: false, ...who };
      const asked = request({ host: "127.0.0.1", port: cluster.kubelet.port, path, ...tls });
      asked.end();
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      return { code: response.statusCode, body: await text(response) };
    }
    expect(await get("/healthz")).toEqual({ code: 200, body: "ok" });
    expect(await get("/stats/summary")).toEqual({ code: 401, body: "Unauthorized" });
    const { body } = await get("/stats/summary", identity);
    const summary = JSON.parse(body) as { pods: { podRef: { name: string } }[] };
    expect(summary.pods.find(({ podRef }) => podRef.name === "web")).toMatchObject({
      containers: [{ name: "c", memory: { workingSetBytes: expect.any(Number) } }],
      memory: { workingSetBytes: expect.any(Number) },
      cpu: { usageCoreNanoSeconds: expect.any(Number) },
    });
    expect((await get("/metrics/resource", identity)).body).toContain(
      'container_memory_working_set_bytes{container="c",namespace="default",pod="web"}',
    );
    expect((await get("/pods", identity)).body).toContain('"PodList"');
    const escape = await get("/logs/%2e%2e/%2e%2e/etc/passwd", identity);
    expect(escape.code).toBe(404);
  });
});
