/**
 * Exec, attach and port-forward with the real ends: containerd's streaming server behind our translator and
 * proxy, and every kubectl at hand in front of them.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { type Duplex, PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { systemClock as clock } from "#base/clock.ts";
import { connectCri } from "#kubelet/cri/client.ts";
import type { CriClient } from "#kubelet/cri/cri.ts";
import type { StreamingContext, UpgradeTarget } from "#machinery/streaming/http-upgrade.ts";
import { wantsWebSocket } from "#machinery/streaming/http-upgrade.ts";
import { openPortForward, translatePortForward } from "#machinery/streaming/port-forward.ts";
import { streamOptionsOf } from "#machinery/streaming/protocols.ts";
import { proxyUpgrade } from "#machinery/streaming/proxy-upgrade.ts";
import { runRemoteCommand, translateRemoteCommand } from "#machinery/streaming/remote-command.ts";
import { canRunContainerd, startTestContainerd, type TestContainerd } from "#testkit/containerd.ts";

const run = promisify(execFile);

/** As much of an API server as kubectl needs to reach one pod. */
const apiAnswers: Record<string, object> = {
  "/api": { kind: "APIVersions", versions: ["v1"] },
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    groupVersion: "v1",
    resources: [
      {
        name: "pods",
        singularName: "pod",
        namespaced: true,
        kind: "Pod",
        verbs: ["get", "create"],
      },
    ],
  },
  "/api/v1/namespaces/default/pods/p": {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", uid: "1", resourceVersion: "1" },
    spec: { containers: [{ name: "main", image: "x", stdin: true }] },
    status: { phase: "Running" },
  },
};

function answerApi(req: IncomingMessage, response: ServerResponse): void {
  const answer = apiAnswers[req.url!.split("?")[0]!];
  response.writeHead(answer ? 200 : 404, { "content-type": "application/json" });
  response.end(JSON.stringify(answer ?? { kind: "Status", apiVersion: "v1", code: 404 }));
}

/** The oldest and the newest kubectl at hand. */
function kubectls(): string[] {
  const found = (process.env["PATH"] ?? "")
    .split(":")
    .map((folder) => join(folder, "kubectl"))
    .find((path) => existsSync(path));
  if (!found) return [];
  const folder = dirname(realpathSync(found));
  const versioned = readdirSync(folder).filter((name) => /^kubectl\.1\.\d+$/.test(name));
  if (versioned.length === 0) return [found];
  const [oldest, newest] = [versioned.sort()[0]!, versioned.at(-1)!];
  return [oldest, newest].map((name) => join(folder, name));
}

describe.runIf(canRunContainerd())("streaming", () => {
  const scope = new AsyncDisposableStack();
  const stop = new AbortController();
  const context: StreamingContext = { clock, signal: stop.signal };
  let containerd: TestContainerd;
  let cri: CriClient;
  let server: Server;
  let base: URL;
  let sandbox: string;
  let container: string;

  beforeAll(async () => {
    containerd = scope.use(await startTestContainerd(clock));
    cri = scope.use(connectCri(containerd.socket, clock));
    const sandboxConfig = {
      metadata: { name: "p", namespace: "default", uid: "1", attempt: 0 },
      linux: { cgroupParent: containerd.cgroupParent },
      logDirectory: join(containerd.folder, "logs"),
    };
    await mkdir(sandboxConfig.logDirectory);
    sandbox = await cri.runPodSandbox(sandboxConfig);
    scope.defer(async () => {
      await cri.stopPodSandbox(sandbox);
      await cri.removePodSandbox(sandbox);
    });
    const script =
      "nc -ll -p 8080 -e echo from the pod & " +
      "while read -r line; do echo got $line; done; sleep 1000";
    container = await cri.createContainer({
      podSandboxId: sandbox,
      config: {
        metadata: { name: "main", attempt: 0 },
        image: { image: containerd.image },
        command: ["sh", "-c", script],
        logPath: "main.log",
        stdin: true,
      },
      sandboxConfig,
    });
    await cri.startContainer(container);
    server = createServer(answerApi);
    server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      void stream({ req, socket, head });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(async () => {
    stop.abort();
    server?.close();
    server?.closeAllConnections();
    await scope.disposeAsync();
  });
  const opened: Disposable[] = [];
  afterEach(() => {
    for (const one of opened.splice(0)) one[Symbol.dispose]();
  });

  async function stream(request: { req: IncomingMessage; socket: Duplex; head: Buffer }) {
    const url = new URL(request.req.url!, "http://x");
    if (url.pathname.endsWith("/portforward")) {
      const target = await cri.portForward({ podSandboxId: sandbox, ports: [] });
      return translatePortForward(request, { url: new URL(target) }, context);
    }
    const options = streamOptionsOf(url.searchParams);
    const cmd = url.searchParams.getAll("command");
    const asked = { containerId: container, ...options };
    const isExec = url.pathname.endsWith("/exec");
    const target = {
      url: new URL(await (isExec ? cri.exec({ ...asked, cmd }) : cri.attach(asked))),
    };
    if (!wantsWebSocket(request.req)) return proxyUpgrade(request, target, context);
    return translateRemoteCommand(request, options, target, context);
  }

  const pod = (path: string): UpgradeTarget => ({
    url: new URL(`/api/v1/namespaces/default/pods/p/${path}`, base),
  });

  describe.each(["websocket", "spdy"] as const)("our client by %s", (transport) => {
    async function exec(command: string[], stdin?: Readable) {
      const query = new URLSearchParams(command.map((word) => ["command", word]));
      for (const name of ["stdout", "stderr", ...(stdin ? ["stdin"] : [])]) query.set(name, "true");
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const outputs = Promise.all([text(stdout), text(stderr)]);
      const local = { stdout, stderr, ...(stdin && { stdin }) };
      const target = pod(`exec?${query.toString()}`);
      const { exitCode } = await runRemoteCommand(target, local, { ...context, transport });
      stdout.end();
      stderr.end();
      return [exitCode, ...(await outputs)];
    }

    test("output, errors and exit code", async () => {
      const script = "echo out; echo err >&2; exit 5";
      expect(await exec(["sh", "-c", script])).toEqual([5, "out\n", "err\n"]);
    });

    test("stdin to its end", async () => {
      const stdin = Readable.from([Buffer.from("b\na\n")]);
      expect(await exec(["sort"], stdin)).toEqual([0, "a\nb\n", ""]);
    });

    test("4 MiB through cat", async () => {
      const stdin = Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(1 << 16, "x")));
      const [code, out] = await exec(["cat"], stdin);
      expect([code, (out as string).length]).toEqual([0, 4 << 20]);
    });

    test("a program that is not there", async () => {
      await expect(exec(["no-such-program"])).rejects.toThrow(/executable file not found/);
    });

    test("a terminal has the size it is told", async () => {
      const stdout = new PassThrough();
      async function* resizes() {
        yield { Width: 101, Height: 37 };
        await new Promise(() => {});
      }
      const target = pod(
        'exec?command=sh&command=-c&command=while+[+"$(stty+size)"+!%3D+%2237+101%22+];+do+sleep+0.05;+done;+stty+size&stdout=true&tty=true',
      );
      const local = { stdout, tty: true, resizes: resizes() };
      const { exitCode } = await runRemoteCommand(target, local, { ...context, transport });
      stdout.end();
      expect(exitCode).toBe(0);
      expect((await text(stdout)).endsWith("37 101\r\n")).toBe(true);
    });

    test("a forwarded port answers, a closed one says so", async () => {
      using forward = await openPortForward(pod("portforward"), { ...context, transport });
      const connection = await forward.connect(8080);
      const heard: Buffer[] = [];
      connection.on("data", (piece: Buffer) => heard.push(piece));
      await once(connection, "end");
      connection.end();
      expect(Buffer.concat(heard).toString()).toBe("from the pod\n");
      const failing = await forward.connect(9);
      const [error] = (await once(failing.resume(), "error")) as [Error];
      expect(error.message).toMatch(/connection refused/);
    });
  });

  describe.each(kubectls().map((path) => [path.slice(path.lastIndexOf("/") + 1), path]))(
    "%s",
    (_, kubectl) => {
      const environments =
        kubectl.endsWith("1.27") || kubectl.endsWith("1.28") ? ["SPDY"] : ["SPDY", "WS"];
      describe.each(environments)("by %s", (transport) => {
        const env = {
          ...process.env,
          KUBECTL_REMOTE_COMMAND_WEBSOCKETS: String(transport === "WS"),
          KUBECTL_PORT_FORWARD_WEBSOCKETS: String(transport === "WS"),
        };
        const args = (...rest: string[]) => [
          `--server=${base.href}`,
          "--kubeconfig=/dev/null",
          `--cache-dir=${join(containerd.folder, "kubectl")}`,
          ...rest,
        ];

        test("exec", async () => {
          const running = run(kubectl, args("exec", "p", "--", "sh", "-c", "echo hi; exit 6"), {
            env,
          });
          await expect(running).rejects.toMatchObject({ code: 6, stdout: "hi\n" });
        });

        test("exec -i to the end of stdin", async () => {
          const running = run(kubectl, args("exec", "-i", "p", "--", "wc", "-c"), { env });
          running.child.stdin!.on("error", () => {});
          running.child.stdin!.end(Buffer.alloc(1_000_000, "y"));
          expect((await running).stdout.trim()).toBe("1000000");
        });

        test("attach -i reaches the container's own program", async () => {
          const running = run(kubectl, args("attach", "-i", "-q", "p"), { env });
          running.catch(() => {});
          running.child.stdin!.write("ping\n");
          const [heard] = (await once(running.child.stdout!, "data")) as [Buffer];
          expect(heard.toString()).toContain("got ping");
          running.child.kill();
        });

        test("port-forward", async () => {
          const running = run(kubectl, args("port-forward", "p", ":8080"), { env });
          running.catch(() => {});
          opened.push({ [Symbol.dispose]: () => running.child.kill() });
          const [line] = (await once(running.child.stdout!, "data")) as [Buffer];
          const port = Number(/127\.0\.0\.1:(\d+)/.exec(line.toString())![1]);
          for (let round = 0; round < 3; round++) {
            expect(await text(connect(port, "127.0.0.1"))).toBe("from the pod\n");
          }
        });
      });
    },
  );
});
