/**
 * Measures how long things take to be there: `node bench/startup.ts` in a checkout that `./cox` has set up.
 *
 *   api-ready    `kube-apiserver` process start → /readyz, empty and existing data folder (ms, medians)
 *   library      `startCluster({ nodes: 3 })` in memory, first and second time in a process (ms)
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { systemClock as clock } from "#base/clock.ts";
import { startCluster } from "#cluster/index.ts";

const root = join(import.meta.dirname, "..");
const bundle = join(root, ".cox", "dist", "kube-apiserver.js");
const entry = existsSync(bundle) ? bundle : join(root, "cmd", "kube-apiserver.ts");
const rounds = 5;

const empty: number[] = [];
const existing: number[] = [];
for (let i = 0; i < rounds; i++) {
  const folder = await mkdtemp("/tmp/cox-bench-");
  empty.push(await start(folder));
  existing.push(await start(folder));
  await rm(folder, { recursive: true });
}
report("api-ready", { empty: median(empty), existing: median(existing), unit: "ms" });

const times: number[] = [];
for (let i = 0; i < 2; i++) {
  const begun = clock.monotonic();
  await using _cluster = await startCluster({ nodes: 3 });
  times.push(Math.round(clock.monotonic() - begun));
}
report("library", { first: times[0], second: times[1], nodes: 3, unit: "ms" });

async function start(folder: string): Promise<number> {
  const port = 20_000 + Math.floor(clock.now() % 20_000);
  const args = [
    entry,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    `--data-dir=${folder}`,
    "--v=0",
  ];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(root, ".cox", "compile") };
  const begun = clock.monotonic();
  const server = spawn(process.execPath, args, { stdio: "ignore", env });
  while (!(await isReady(port))) await clock.sleep(2);
  const took = clock.monotonic() - begun;
  const closed = new Promise((resolve) => server.once("close", resolve));
  server.kill("SIGTERM");
  await closed;
  return Math.round(took);
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path: "/readyz", rejectUnauthorized: false });
    asked.on("response", (answer) => resolve(answer.resume().statusCode === 200));
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function report(measure: string, figures: object): void {
  process.stdout.write(`${JSON.stringify({ measure, ...figures })}\n`);
}
