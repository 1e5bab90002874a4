import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seededChance } from "#base/chance.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { systemFiles } from "../host/files.ts";
import { noMounts, parseMountInfo } from "../host/mounts.ts";
import { simulatedHost } from "../host/host.ts";
import { podOf } from "../testkit.ts";
import { type Payload, writePayload } from "./atomic-writer.ts";
import { checkHostPath } from "./host-path.ts";
import { giveToGroup } from "./ownership.ts";
import { prepareSubPath } from "./sub-path.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "volumes-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("files that change all at once", () => {
  const context = { files: systemFiles, clock: new VirtualClock(), chance: seededChance(1) };
  const payload = (files: Record<string, string>): Payload =>
    new Map(
      Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode: 0o640 }]),
    );
  const write = (files: Record<string, string>) =>
    writePayload(context, folder, payload(files), async () => {});
  const text = (path: string) => readFile(join(folder, path), "utf8");

  test("are seen through ..data, with their modes", async () => {
    await write({ a: "1", "sub/b": "2" });
    expect(await text("a")).toBe("1");
    expect(await text("sub/b")).toBe("2");
    expect(await readlink(join(folder, "a"))).toBe("..data/a");
    const data = await readlink(join(folder, "..data"));
    expect(data).toMatch(/^\.\.2026_01_01_00_00_00\./);
    expect((await lstat(join(folder, data, "a"))).mode & 0o777).toBe(0o640);
  });
  test("make a new version, and leave nothing of the old one", async () => {
    await write({ a: "1", b: "1" });
    const before = await readlink(join(folder, "..data"));
    expect(await write({ a: "2", c: "2" })).toBe(true);
    expect((await readdir(folder)).filter((name) => !name.startsWith(".."))).toEqual(["a", "c"]);
    expect(await text("a")).toBe("2");
    expect(await readdir(folder)).not.toContain(before);
  });
  test("are not touched when nothing changed", async () => {
    await write({ a: "1", "sub/b": "2" });
    const before = await readlink(join(folder, "..data"));
    expect(await write({ a: "1", "sub/b": "2" })).toBe(false);
    expect(await readlink(join(folder, "..data"))).toBe(before);
  });
});

describe.runIf(process.getuid?.() === 0)("fsGroup", () => {
  test("gets files that it may write, and folders whose files stay its own", async () => {
    await mkdir(join(folder, "d"), { mode: 0o755 });
    await writeFile(join(folder, "d", "f"), "", { mode: 0o600 });
    await giveToGroup(systemFiles, folder, { fsGroup: 3_000, readOnly: false });
    const mode = async (path: string) => (await lstat(join(folder, path))).mode & 0o7777;
    expect((await lstat(join(folder, "d", "f"))).gid).toBe(3_000);
    expect([await mode("d"), await mode("d/f")]).toEqual([0o2775, 0o660]);
  });
  test("may only read what is read-only", async () => {
    await writeFile(join(folder, "f"), "", { mode: 0o400 });
    await giveToGroup(systemFiles, folder, { fsGroup: 3_000, readOnly: true });
    expect((await lstat(join(folder, "f"))).mode & 0o777).toBe(0o440);
  });
});

describe("hostPath", () => {
  const at = (name: string) => join(folder, name);
  test.each(["DirectoryOrCreate", "FileOrCreate"])("%s makes what is missing", async (type) => {
    await checkHostPath(systemFiles, { path: at("new"), type });
    expect((await lstat(at("new"))).isDirectory()).toBe(type === "DirectoryOrCreate");
  });
  test.each([
    ["Directory", "directory"],
    ["File", "file"],
    ["Socket", "socket file"],
    ["CharDevice", "character device"],
    ["BlockDevice", "block device"],
  ])("%s refuses what is missing", async (type, kind) => {
    const refused = `hostPath type check failed: ${at("no")} is not a ${kind}`;
    await expect(checkHostPath(systemFiles, { path: at("no"), type })).rejects.toThrow(refused);
  });
});

describe("sub paths", () => {
  const prepare = (subPath: string) =>
    prepareSubPath({
      host: { ...simulatedHost(), files: systemFiles, mounts: noMounts },
      layout: { rootDir: join(folder, "root") },
      pod: podOf(),
      volumePath: join(folder, "volume"),
      volumeName: "v",
      containerName: "c",
      mountIndex: 0,
      subPath,
    });
  beforeEach(() => mkdir(join(folder, "volume")));

  test("are made when missing, and pinned where only the kubelet reaches", async () => {
    const pinned = await prepare("a/b");
    expect((await lstat(join(folder, "volume", "a", "b"))).isDirectory()).toBe(true);
    expect(pinned).toBe(join(folder, "root/pods/uid-p/volume-subpaths/v/c/0"));
  });
  test.each(["../x", "a/../../x", "/etc"])("%s is refused", (subPath) =>
    expect(prepare(subPath)).rejects.toThrow(/must not/),
  );
  test("a link that leads out of the volume is refused", async () => {
    await symlink("/etc", join(folder, "volume", "out"));
    await expect(prepare("out/passwd")).rejects.toThrow("leaves the volume");
    await symlink("/nowhere", join(folder, "volume", "dangling"));
    await expect(prepare("dangling/x")).rejects.toThrow("is a link to nothing");
  });
});

test("mounts are read with their escapes", () => {
  const line = "36 35 98:0 / /a\\040b rw,noatime master:1 - tmpfs none rw";
  expect(parseMountInfo(line)).toEqual([{ path: "/a b", type: "tmpfs", device: "none" }]);
});
