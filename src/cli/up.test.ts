import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "#base/clock.ts";
import { nodePaths } from "#node/paths.ts";
import { liveProcess, signalProcess } from "#node/supervise.ts";
import { runCli } from "./main.ts";

/** Plays the server process: answers `/readyz` and a list of nodes, over plain HTTP. */
const fakeServer = `
import { createServer } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
const dataDir = process.argv[process.argv.indexOf("--data-dir") + 1];
const { hollowNodes } = JSON.parse(readFileSync(dataDir + "/cluster.json", "utf8"));
const status = { conditions: [{ type: "Ready", status: "True" }] };
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  const items = Array.from({ length: hollowNodes }, () => ({ status }));
  response.end(request.url === "/readyz" ? '"ok"' : JSON.stringify({ items }));
});
server.listen(0, "127.0.0.1", () => {
  const url = "http://127.0.0.1:" + server.address().port;
  const entry = (key, value) => [{ name: "a", [key]: value }];
  writeFileSync(dataDir + "/kubeconfig", JSON.stringify({
    apiVersion: "v1", kind: "Config", "current-context": "a",
    clusters: entry("cluster", { server: url }), users: entry("user", {}),
    contexts: entry("context", { cluster: "a", user: "a" }),
  }));
});
`;

let folder: string;
let dataDir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cox-up-"));
  dataDir = join(folder, "data");
  writeFileSync(join(folder, "server.mjs"), fakeServer);
});
afterEach(async () => {
  await cox("down", "--purge");
  rmSync(folder, { recursive: true });
});

async function cox(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const code = await runCli([...args, "--data-dir", dataDir], {
    clock: systemClock,
    env: { PATH: process.env["PATH"], HOME: folder },
    uid: 1000,
    terminal: false,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    repo: folder,
    entry: (name) => join(folder, `${name}.mjs`),
  });
  return { code, ...said };
}

test("a simulated cluster comes up, is left alone the second time, and goes without a trace", async () => {
  const first = await cox("up", "--hollow", "--nodes", "3");
  expect(first).toMatchObject({ code: 0, err: "" });
  expect(first.out).toMatch(/server .*https:.*\n.*nodes +3 Ready/);
  expect(first.out).toContain(`export KUBECONFIG=${dataDir}/kubeconfig`);
  expect((await cox("up", "--hollow")).out).toContain("up already: 3 of 3 nodes Ready");

  const status = JSON.parse((await cox("status", "-o", "json")).out);
  expect(status).toMatchObject({ up: true, apiReady: true, nodes: { ready: 3, total: 3 } });
  expect(status.processes).toMatchObject([{ name: "server", pid: expect.any(Number) }]);
  expect((await cox("kubeconfig", "--path")).out).toBe(`${dataDir}/kubeconfig\n`);

  expect((await cox("down")).out).toMatch(/stop +server/);
  expect((await cox("status")).code).toBe(3);
  expect(existsSync(dataDir)).toBe(true);
  expect((await cox("down", "--purge")).code).toBe(0);
  expect(readdirSync(folder)).toEqual(["server.mjs"]);
});

test("a server that is killed is there again, with its data", async () => {
  await cox("up", "--hollow");
  const paths = nodePaths(dataDir);
  const before = liveProcess(paths, "server")!;
  signalProcess(before.pid, "SIGKILL");
  const deadline = systemClock.monotonic() + 10_000;
  while ((liveProcess(paths, "server")?.pid ?? before.pid) === before.pid) {
    expect(systemClock.monotonic()).toBeLessThan(deadline);
    await systemClock.sleep(20);
  }
  expect((await cox("up", "--hollow")).code).toBe(0);
});

test("a server that cannot start is told with the end of its log", async () => {
  writeFileSync(join(folder, "server.mjs"), 'console.error("no such luck"); process.exit(1);');
  const { code, err } = await cox("up", "--hollow", "--timeout", "1");
  expect(code).toBe(1);
  expect(err).toContain("server is not ready in time");
  expect(err).toContain("no such luck");
});

test("a folder with somebody's files is neither used nor deleted", async () => {
  writeFileSync(join(folder, "thesis.txt"), "");
  dataDir = folder;
  expect(await cox("up", "--hollow")).toMatchObject({ code: 1, err: /is not empty/ });
  await cox("down", "--purge");
  expect(existsSync(join(folder, "thesis.txt"))).toBe(true);
  dataDir = join(folder, "data");
});
