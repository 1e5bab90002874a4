import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "#base/log.ts";
import { systemFiles } from "../host/files.ts";
import { container, podOf } from "../testkit.ts";
import { createPodCgroups, systemdPath, weightOf } from "./pod-cgroups.ts";

let mountDir: string;
beforeEach(async () => {
  mountDir = await mkdtemp(join(tmpdir(), "cgroup-"));
});
afterEach(() => rm(mountDir, { recursive: true }));

const resources = { limits: { cpu: "250m", memory: "64Mi" }, requests: { cpu: "100m" } };
const burstable = podOf({ containers: [container("c", { resources })] });
const common = { files: systemFiles, log: silentLogger, root: "/cox" };
const text = (path: string) => readFile(join(mountDir, path), "utf8");

describe("version 1", () => {
  test("pods lie below their class, with their limits", async () => {
    for (const name of ["cpu", "memory", "systemd"]) await mkdir(join(mountDir, name));
    const cgroups = createPodCgroups({ ...common, driver: "cgroupfs", version: 1, mountDir });
    await cgroups.start({ cpuMilli: 2_000, memoryBytes: 1_000 });
    await cgroups.ensure(burstable);
    const path = "cox/kubepods/burstable/poduid-p";
    expect(cgroups.parentOf(burstable)).toBe(`/${path}`);
    expect(await text(`cpu/${path}/cpu.shares`)).toBe("102");
    expect(await text(`cpu/${path}/cpu.cfs_quota_us`)).toBe("25000");
    expect(await text(`memory/${path}/memory.limit_in_bytes`)).toBe(String(64 * 2 ** 20));
    expect(await text("memory/cox/kubepods/memory.limit_in_bytes")).toBe("1000");
  });

  test("what belongs to no pod is removed from every hierarchy", async () => {
    for (const name of ["cpu", "systemd"]) {
      await mkdir(join(mountDir, name, "cox/kubepods/podold/container"), { recursive: true });
      await mkdir(join(mountDir, name, "cox/kubepods/podnew"), { recursive: true });
    }
    const cgroups = createPodCgroups({ ...common, driver: "cgroupfs", version: 1, mountDir });
    await cgroups.start({ cpuMilli: 0, memoryBytes: 0 });
    await cgroups.removeOthers(new Set(["new"]));
    expect(await readdir(join(mountDir, "systemd/cox/kubepods"))).toEqual(["podnew"]);
    expect(await readdir(join(mountDir, "cpu/cox/kubepods"))).not.toContain("podold");
  });
});

describe("version 2", () => {
  test("controllers are handed down, limits are set in its words", async () => {
    await writeFile(join(mountDir, "cgroup.controllers"), "cpuset cpu io memory pids\n");
    const cgroups = createPodCgroups({ ...common, driver: "cgroupfs", version: 2, mountDir });
    await cgroups.start({ cpuMilli: 2_000, memoryBytes: 1_000 });
    await cgroups.ensure(burstable);
    const path = "cox/kubepods/burstable/poduid-p";
    expect(await text("cgroup.subtree_control")).toMatch(/^\+/);
    expect(await text(`${path}/cpu.weight`)).toBe(String(weightOf(102)));
    expect(await text(`${path}/cpu.max`)).toBe("25000 100000");
    expect(await text(`${path}/memory.max`)).toBe(String(64 * 2 ** 20));
  });

  test("with systemd, names are those of slices", () => {
    const cgroups = createPodCgroups({ ...common, driver: "systemd", version: 2, mountDir });
    expect(cgroups.parentOf(burstable)).toBe("cox-kubepods-burstable-poduid_p.slice");
    expect(systemdPath("a-b-c.slice")).toBe("/a.slice/a-b.slice/a-b-c.slice");
  });
});
