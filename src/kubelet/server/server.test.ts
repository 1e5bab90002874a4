import { appendFile, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { systemClock } from "#base/clock.ts";
import type { Container } from "#apis/core/container.ts";
import type { ContainerStatus } from "#apis/core/container-status.ts";
import { openPortForward } from "#machinery/streaming/port-forward.ts";
import { runRemoteCommand } from "#machinery/streaming/remote-command.ts";
import { accessOf } from "./access.ts";
import { findRoute, type Route } from "./routes.ts";
import { type Certificates, makeCertificates, pod, startTestServer } from "./testkit.ts";

let certificates: Certificates;
let folder = "";
beforeAll(async () => {
  certificates = await makeCertificates();
  folder = await mkdtemp(join(tmpdir(), "kubelet-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("who gets in", () => {
  test("healthz is open, everything else needs a user with rights", async () => {
    await using node = await startTestServer({ certificates });
    expect(await node.get("/healthz", {})).toMatchObject({ status: 200, body: "ok" });
    expect(await node.get("/pods", {})).toMatchObject({ status: 401, body: "Unauthorized" });
    expect(await node.get("/pods", { as: certificates.stranger })).toMatchObject({
      status: 403,
      body: "Forbidden (user=mallory, verb=get, resource=nodes, subresource(s)=[pods proxy])\n",
    });
    expect(await node.get("/pods")).toMatchObject({ status: 200 });
  });

  test("a token's owner is asked for once, and so are his rights", async () => {
    const asked: string[] = [];
    await using node = await startTestServer({
      certificates,
      authenticate: async (token) => {
        asked.push(token);
        return token === "good" ? { name: "prometheus", groups: [] } : undefined;
      },
      authorize: async ({ user, verb, subresource }) => {
        asked.push(`${user.name} ${verb} ${subresource}`);
        return subresource === "metrics";
      },
    });
    for (let i = 0; i < 3; i++) {
      expect((await node.get("/metrics/resource", { token: "good" })).status).toBe(200);
    }
    expect((await node.get("/metrics", { token: "bad" })).status).toBe(401);
    expect((await node.get("/configz", { token: "good" })).status).toBe(403);
    expect(asked).toEqual([
      "good",
      "prometheus get metrics",
      "bad",
      "prometheus get configz",
      "prometheus get proxy",
    ]);
  });

  test("the read-only port shows only what is harmless", async () => {
    await using node = await startTestServer({ certificates, readOnlyPort: 0 });
    const plain = `http://127.0.0.1:${node.server.readOnlyPort}`;
    expect((await fetch(`${plain}/stats/summary`)).status).toBe(200);
    for (const path of ["/configz", "/logs/", "/containerLogs/a/b/c", "/runningpods"]) {
      expect((await fetch(plain + path)).status).toBe(404);
    }
  });

  test.each([
    ["GET", "/stats/summary", "get", ["stats"]],
    ["GET", "/metrics", "get", ["metrics"]],
    ["GET", "/metricsandmore", "get", ["proxy"]],
    ["GET", "/logs/", "get", ["log"]],
    ["GET", "/pods", "get", ["pods", "proxy"]],
    ["GET", "/configz", "get", ["configz", "proxy"]],
    ["GET", "/containerLogs/a/b/c", "get", ["proxy"]],
    ["GET", "/exec/a/b/c", "create", ["proxy"]],
    ["POST", "/run/a/b/c", "create", ["proxy"]],
    ["POST", "/checkpoint/a/b/c", "create", ["checkpoint"]],
  ])("%s %s is %s of %j", (method, path, verb, subresources) => {
    expect(accessOf(method, path)).toEqual({ verb, subresources });
  });

  test("paths are taken as they are authorized", async () => {
    const routes: Route[] = [
      { methods: ["GET"], pattern: "/exec/{pod}" },
      { methods: ["GET"], pattern: "/logs/{path...}" },
    ];
    const find = (path: string) => {
      const found = findRoute(routes, "GET", path);
      return typeof found === "object" ? found.params : found;
    };
    expect(find("/exec/a%20b")).toEqual({ pod: "a b" });
    expect(find("/%65xec/a")).toBe(undefined);
    expect(find("/exec/")).toBe(undefined);
    expect(find("/exec/%zz")).toBe(undefined);
    expect(find("/logs/a/b.log")).toEqual({ path: "a/b.log" });
    expect(find("/logs")).toEqual({ path: "" });
    expect(findRoute(routes, "PUT", "/exec/a")).toBe("method");
    await using node = await startTestServer({ certificates });
    for (const path of ["/logs/../pods", "//pods", "/healthz/../configz"]) {
      expect((await node.get(path)).status).toBe(404);
    }
  });
});

const [container] = pod("any").spec.containers as [Container];

const running = (id: string): ContainerStatus =>
  ({
    name: "c",
    state: { running: { startedAt: "2026-11-20T10:00:00Z" } },
    lastState: {},
    containerID: `containerd://${id}`,
  }) as ContainerStatus;

const record = (words: string, stream = "stdout") =>
  `2026-11-20T10:00:00.5Z ${stream} F ${words}\n`;

describe("logs", () => {
  test("of a container, with options and upstream's refusals", async () => {
    await using node = await startTestServer({ certificates, folder });
    const web = pod("web");
    const id = await node.run(web);
    web.status = { containerStatuses: [running(id)] };
    await writeFile(join(folder, "c.log"), record("one") + record("two", "stderr"));
    const log = (query = "", path = "default/web/c") => node.get(`/containerLogs/${path}?${query}`);
    expect(await log()).toMatchObject({ status: 200, body: "one\ntwo\n" });
    expect((await log("tailLines=1")).body).toBe("two\n");
    expect((await log("tail=all&timestamps=true")).body).toMatch(/^2026-11-20T10:00:00.500000000Z/);
    expect((await log("stream=Stdout")).body).toBe("one\n");
    expect((await log("limitBytes=2")).body).toBe("on");
    expect(await log("tailLines=-1")).toMatchObject({ status: 422 });
    expect(await log("tailLines=x")).toMatchObject({ status: 400 });
    expect(await log("", "default/nope/c")).toMatchObject({
      status: 404,
      body: 'pod "nope" does not exist',
    });
    expect(await log("", "default/web/d")).toMatchObject({
      status: 404,
      body: 'container "d" not found in pod "web"',
    });
    expect(await log("previous=true")).toMatchObject({
      status: 400,
      body: 'previous terminated container "c" in pod "web" not found',
    });
  });

  test.each<[string, ContainerStatus["state"], string]>([
    ["waiting", { waiting: { reason: "ContainerCreating" } }, "ContainerCreating"],
    ["not pulled", { waiting: { reason: "ErrImagePull" } }, "image can't be pulled"],
    [
      "in back-off",
      { waiting: { reason: "ImagePullBackOff" } },
      "trying and failing to pull image",
    ],
  ])("of a container that is %s", async (_name, state, why) => {
    await using node = await startTestServer({ certificates, folder });
    const status = { name: "c", state, lastState: {} } as ContainerStatus;
    node.pods.push(pod("p", {}, { containerStatuses: [status] }));
    expect(await node.get("/containerLogs/default/p/c")).toMatchObject({
      status: 400,
      body: `container "c" in pod "p" is waiting to start: ${why}`,
    });
  });

  test("followed until the container has ended", async () => {
    await using node = await startTestServer({ certificates, folder });
    const web = pod("follow", { containers: [{ ...container, name: "f" }] });
    const id = await node.run(web);
    web.status = { containerStatuses: [{ ...running(id), name: "f" }] };
    const path = join(folder, "f.log");
    await writeFile(path, record("first"));
    const asked = request(`${node.base}/containerLogs/default/follow/f?follow=true`, {
      ...node.tls(certificates.apiServer),
      agent: false,
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    const [first] = (await once(response, "data")) as [Buffer];
    expect(first.toString()).toBe("first\n");
    await appendFile(path, record("last"));
    node.cri.crash(id, 0);
    await node.look();
    expect(await text(response)).toBe("last\n");
  });

  test("of the machine, and nothing outside of its folder", async () => {
    await using node = await startTestServer({
      certificates,
      folder,
      view: { hostLogsDir: folder },
    });
    await writeFile(join(folder, "syslog"), "kernel says hello\n");
    await symlink("/etc/hostname", join(folder, "sly"));
    expect((await node.get("/logs/")).body).toContain('<a href="syslog">syslog</a>');
    expect(await node.get("/logs/syslog")).toMatchObject({ body: "kernel says hello\n" });
    for (const path of ["/logs/sly", "/logs/%2e%2e/x", "/logs/..%2f..%2fetc%2fpasswd"]) {
      expect((await node.get(path)).status).toBe(404);
    }
  });
});

describe("streams", () => {
  const context = () => ({ clock: systemClock, signal: new AbortController().signal });

  test.each(["websocket", "spdy"] as const)("exec by %s", async (transport) => {
    await using node = await startTestServer({
      certificates,
      async command({ stdin, stdout, stderr }) {
        stdout?.write(`got ${await text(stdin!)}`);
        stderr?.write("oh");
        return 7;
      },
    });
    const id = await node.run(pod("web"));
    const query = "command=sh&command=-c&input=1&output=1&error=1";
    const url = new URL(`${node.base}/exec/default/web/c?${query}`);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const result = await runRemoteCommand(
      { url, tls: node.tls(certificates.apiServer) },
      { stdin: Readable.from(["input"]), stdout, stderr },
      { ...context(), transport },
    );
    stdout.end();
    stderr.end();
    expect(result.exitCode).toBe(7);
    expect([await text(stdout), await text(stderr)]).toEqual(["got input", "oh"]);
    expect(node.cri.asked).toEqual([
      { containerId: id, cmd: ["sh", "-c"], tty: false, stdin: true, stdout: true, stderr: true },
    ]);
  });

  test("attach takes the terminal from the container", async () => {
    await using node = await startTestServer({ certificates });
    const id = await node.run(pod("tty", { containers: [{ ...container, tty: true }] }));
    const url = new URL(`${node.base}/attach/default/tty/uid-tty/c?output=1&tty=1`);
    const stdout = new PassThrough();
    const target = { url, tls: node.tls(certificates.apiServer) };
    await runRemoteCommand(target, { stdout, tty: true }, context());
    expect(node.cri.asked).toMatchObject([{ containerId: id, tty: true, stdout: true }]);
  });

  test("port-forward reaches the pod's port", async () => {
    await using node = await startTestServer({ certificates });
    await node.run(pod("web"));
    const echo = createServer((socket) => void socket.pipe(socket)).listen(0, "127.0.0.1");
    await once(echo, "listening");
    const url = new URL(`${node.base}/portForward/default/web`);
    const target = { url, tls: node.tls(certificates.apiServer) };
    using forward = await openPortForward(target, context());
    const connection = await forward.connect((echo.address() as AddressInfo).port);
    connection.end("hello");
    expect(await text(connection)).toBe("hello");
    echo.close();
  });

  test.each([
    ["/exec/default/nope/c?output=1&command=x", 404, "pod does not exist"],
    ["/exec/default/web/d?output=1&command=x", 500, 'container not found ("d")'],
    ["/exec/default/web/other-uid/c?output=1&command=x", 500, 'container not found ("c")'],
    ["/exec/default/web/c?command=x", 400, "you must specify at least 1 of stdin, stdout, stderr"],
    ["/portForward/default/web/other-uid", 404, "pod not found"],
    ["/portForward/default/idle", 500, 'pod not found ("idle_default")'],
    ["/pods", 405, "Method Not Allowed"],
  ])("%s is refused: %i %s", async (path, status, words) => {
    await using node = await startTestServer({ certificates });
    await node.run(pod("web"));
    node.pods.push(pod("idle"));
    const asked = request(node.base + path, {
      ...node.tls(certificates.apiServer),
      agent: false,
      method: "POST",
      headers: { connection: "Upgrade", upgrade: "SPDY/3.1" },
    });
    asked.end();
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    expect({ status: response.statusCode, body: await text(response) }).toEqual({
      status,
      body: words,
    });
  });

  test("exec without an upgrade is refused, run answers with the output", async () => {
    await using node = await startTestServer({ certificates });
    await node.run(pod("web"));
    const as = certificates.apiServer;
    const post = (path: string) => node.get(path, { as, method: "POST" });
    expect(await post("/exec/default/web/c?command=x&output=1")).toMatchObject({ status: 400 });
    expect(await post("/run/default/web/c?cmd=true")).toMatchObject({ status: 200, body: "" });
    expect(await post("/checkpoint/default/web/c")).toMatchObject({ status: 500 });
    expect(await node.get("/run/default/web/c")).toMatchObject({ status: 405 });
  });
});

describe("what the node has and uses", () => {
  test("pods, configuration, machine and health", async () => {
    let stuck: string | undefined;
    await using node = await startTestServer({ certificates, view: { stuck: () => stuck } });
    await node.run(pod("web"));
    node.pods.push(pod("pending"));
    const json = async (path: string) => JSON.parse((await node.get(path)).body) as unknown;
    expect(await json("/pods/")).toMatchObject({
      kind: "PodList",
      items: [{ metadata: { name: "web" } }, { metadata: { name: "pending" } }],
    });
    expect(await json("/runningpods/")).toMatchObject({
      items: [{ metadata: { name: "web" }, spec: { containers: [{ name: "c" }] } }],
    });
    expect(await json("/configz")).toEqual({ kubeletconfig: { podsMax: 110 } });
    expect(await json("/spec/")).toMatchObject({ num_cores: 8, machine_id: "simulated" });
    expect(await node.get("/healthz/syncloop")).toMatchObject({ status: 200, body: "ok" });
    stuck = "PLEG is not healthy";
    expect(await node.get("/healthz")).toMatchObject({
      status: 500,
      body: "[+]ping ok\n[+]log ok\n[-]syncloop failed: reason withheld\nhealthz check failed\n",
    });
    expect(await node.get("/healthz/ping")).toMatchObject({ status: 200 });
  });

  test("statistics and metrics", async () => {
    await using node = await startTestServer({ certificates });
    await node.run(pod("web"));
    const summary = JSON.parse((await node.get("/stats/summary")).body) as object;
    const cpu = {
      time: expect.any(String),
      usageNanoCores: 10_000_000,
      usageCoreNanoSeconds: expect.any(Number),
    };
    const memory = { time: expect.any(String), workingSetBytes: 1_048_576 };
    expect(summary).toMatchObject({
      node: { nodeName: "node-1", memory: { availableBytes: expect.any(Number) }, fs: {} },
      pods: [
        {
          podRef: { name: "web", namespace: "default", uid: "uid-web" },
          cpu,
          memory,
          containers: [{ name: "c", cpu, memory, rootfs: { usedBytes: 4_096 } }],
          "ephemeral-storage": { usedBytes: 4_096 },
        },
      ],
    });
    const labels = '{container="c",namespace="default",pod="web"}';
    const resource = (await node.get("/metrics/resource")).body;
    expect(resource).toContain("# TYPE container_cpu_usage_seconds_total counter\n");
    expect(resource).toContain(`container_memory_working_set_bytes${labels} 1048576 `);
    expect(resource).toContain("resource_scrape_error 0\n");
    expect((await node.get("/metrics/cadvisor")).body).toContain("machine_cpu_cores");
    expect((await node.get("/metrics")).body).toContain("kubelet_http_requests_total");
  });
});
