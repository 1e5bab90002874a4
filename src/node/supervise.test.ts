import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock as clock } from "#base/clock.ts";
import { nodePaths, type NodePaths } from "./paths.ts";
import { liveProcess, signalProcess, startSupervised, stopSupervised } from "./supervise.ts";

let paths: NodePaths;
beforeEach(() => {
  paths = nodePaths(mkdtempSync(join(tmpdir(), "cox-sup-")));
});
afterEach(async () => {
  await stopSupervised(paths, "napper", { clock, graceMs: 2_000 });
  rmSync(paths.dataDir, { recursive: true });
});

const napper = {
  name: "napper",
  command: ["/bin/sh", "-c", "echo begun; exec sleep 1000"],
  env: { PATH: process.env["PATH"] },
} as const;

const begun = () => readFileSync(paths.logFile("napper"), "utf8").match(/begun/g)?.length ?? 0;

test("a program that is killed comes back, and its log goes on", async () => {
  expect(await startSupervised(paths, napper)).toBe(true);
  await eventually(() => liveProcess(paths, "napper") !== undefined);
  expect(await startSupervised(paths, napper)).toBe(false);
  const first = liveProcess(paths, "napper")!;
  signalProcess(first.pid, "SIGKILL");
  await eventually(() => (liveProcess(paths, "napper")?.pid ?? first.pid) !== first.pid);
  await eventually(() => begun() === 2);
  expect(readFileSync(paths.logFile("napper"), "utf8")).toContain('"process":"napper","code":137');
});

test("a new supervisor adopts the program that outlived the old one", async () => {
  await startSupervised(paths, napper);
  await eventually(() => liveProcess(paths, "napper") !== undefined);
  const first = liveProcess(paths, "napper");
  signalProcess(liveProcess(paths, "napper.supervisor")!.pid, "SIGKILL");
  await eventually(() => liveProcess(paths, "napper.supervisor") === undefined);
  expect(await startSupervised(paths, napper)).toBe(true);
  await eventually(() => liveProcess(paths, "napper.supervisor") !== undefined);
  expect(liveProcess(paths, "napper")).toEqual(first);
  expect(await stopSupervised(paths, "napper", { clock, graceMs: 5_000 })).toBe(true);
  expect(liveProcess(paths, "napper")).toBeUndefined();
  expect(await stopSupervised(paths, "napper", { clock, graceMs: 0 })).toBe(false);
});

test("a pid file of a process that has gone, or of another one, names nobody", () => {
  rmSync(paths.runDir, { recursive: true, force: true });
  expect(liveProcess(paths, "napper")).toBeUndefined();
  writeFileSync(join(paths.dataDir, "x"), "");
  const elsewhere = { ...paths, pidFile: () => join(paths.dataDir, "x") };
  writeFileSync(join(paths.dataDir, "x"), `${process.pid} 1\n`);
  expect(liveProcess(elsewhere, "napper")).toBeUndefined();
});

async function eventually(holds: () => boolean): Promise<void> {
  const deadline = clock.monotonic() + 10_000;
  while (!holds()) {
    if (clock.monotonic() > deadline) throw new Error(`still not: ${holds.toString()}`);
    await clock.sleep(20);
  }
}
