import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";

import { seededChance } from "#base/chance.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { CriError } from "../cri/cri.ts";
import { FakeCri } from "../cri/fake.ts";
import type { Image } from "../cri/types.ts";
import { systemFiles } from "../host/files.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import type { Observer } from "../observer/observer.ts";
import { planContainerGc } from "./container-gc.ts";
import { planImageGc } from "./image-gc.ts";
import { rotateLogs } from "./log-rotation.ts";

const container = (id: string, name: string, state: "running" | "exited", sandboxId = "s1") =>
  ({ id, name, state, sandboxId, logPath: "" }) as ContainerObservation;

test("of each container the newest and the one before stay, and their sandboxes", () => {
  const observed = {
    sandboxes: [
      { id: "s3", ready: true },
      { id: "s2", ready: false },
      { id: "s1", ready: false },
      { id: "s0", ready: false },
    ],
    containers: [
      container("a4", "a", "running", "s3"),
      container("b2", "b", "exited", "s3"),
      container("a3", "a", "exited", "s2"),
      container("a2", "a", "exited", "s1"),
      container("b1", "b", "exited", "s1"),
      container("a1", "a", "exited", "s0"),
    ],
  } as unknown as PodObservation;
  const { containers, sandboxes } = planContainerGc(observed);
  expect(containers.map(({ id }) => id)).toEqual(["a2", "a1"]);
  expect(sandboxes).toEqual(["s0"]);
});

test.each<[string, number, string[]]>([
  ["nothing to free", 0, []],
  ["the longest unused first", 10, ["old"]],
  ["as many as it takes", 11, ["old", "newer"]],
  ["never what is used, pinned or new", 1_000, ["old", "newer"]],
])("images: %s", (_name, goal, expected) => {
  const image = (id: string, more: Partial<Image> = {}) =>
    ({ id, repoTags: [`${id}:1`], repoDigests: [], size: 10, pinned: false, ...more }) as Image;
  const images = [
    image("newer"),
    image("pinned", { pinned: true }),
    image("used"),
    image("used-by-tag"),
    image("fresh"),
    image("old"),
  ];
  const minute = 60_000;
  const now = 100 * minute;
  const seen = new Map(images.map(({ id }) => [id, { firstSeenMs: 0, lastUsedMs: 50 * minute }]));
  seen.set("old", { firstSeenMs: 0, lastUsedMs: 20 * minute });
  seen.set("fresh", { firstSeenMs: now - minute, lastUsedMs: 0 });
  const plan = planImageGc(images, new Set(["used", "used-by-tag:1"]), seen, now, goal);
  expect(plan.map(({ id }) => id)).toEqual(expected);
});

test("a log that is too big is renamed and opened anew; older ones are packed, the eldest go", async () => {
  const folder = await mkdtemp(join(tmpdir(), "rotate-"));
  const path = join(folder, "0.log");
  const clock = new VirtualClock(Date.UTC(2026, 10, 20, 10, 0, 0));
  const reopened: string[] = [];
  let reopens = true;
  class Runtime extends FakeCri {
    override reopenContainerLog = async (id: string) => {
      if (!reopens) throw new CriError("ReopenContainerLog", "UNAVAILABLE", "down");
      reopened.push(id);
      await writeFile(path, "");
    };
  }
  const containers = [{ ...container("c1", "c", "running"), logPath: path }];
  const observer = { all: () => [{ containers }] } as unknown as Observer;
  const rotate = (cri: FakeCri) =>
    rotateLogs({ cri, files: systemFiles, observer, clock, bytesMax: 10, filesMax: 3 });
  using cri = new Runtime({ clock, chance: seededChance(1) });
  await writeFile(path, "short");
  await rotate(cri);
  expect(await readdir(folder)).toEqual(["0.log"]);
  for (const text of ["first, too long", "second, too long", "third, too long"]) {
    await writeFile(path, text);
    await rotate(cri);
    await clock.advance(10_000);
  }
  const third = "0.log.20261120-100020";
  const second = "0.log.20261120-100010.gz";
  expect((await readdir(folder)).toSorted()).toEqual(["0.log", second, third]);
  expect(await readFile(join(folder, third), "utf8")).toBe("third, too long");
  expect(gunzipSync(await readFile(join(folder, second))).toString()).toBe("second, too long");
  expect(reopened).toEqual(["c1", "c1", "c1"]);
  reopens = false;
  await writeFile(path, "goes on in place");
  await expect(rotate(cri)).rejects.toThrow("down");
  expect(await readFile(path, "utf8")).toBe("goes on in place");
  await rm(folder, { recursive: true });
});
