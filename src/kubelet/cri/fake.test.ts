import { describe, expect, test } from "vitest";

import { seededChance } from "#base/chance.ts";
import { VirtualClock } from "#base/virtual-clock.ts";

import { criContract } from "./contract.ts";
import { FakeCri, type FakeCriOptions } from "./fake.ts";
import { fullReference } from "./fake-images.ts";
import { endOf } from "./fake-program.ts";

function start(more: Partial<FakeCriOptions> = {}) {
  const clock = new VirtualClock();
  return { clock, cri: new FakeCri({ clock, chance: seededChance(1), ...more }) };
}

criContract("fake", async () => {
  const { clock, cri } = start();
  const image = "docker.io/library/busybox:1.37";
  await cri.pullImage({ image: { image } });
  return {
    cri,
    image,
    missingImage: "registry.invalid/none:1",
    settle: () => clock.advance(10),
  };
});

const sandboxConfig = (annotations: Record<string, string> = {}) => ({
  metadata: { name: "p", namespace: "n", uid: "u", attempt: 0 },
  annotations,
});

async function run(cri: FakeCri, annotations: Record<string, string>, command: string[]) {
  await cri.pullImage({ image: { image: "app" } });
  const podSandboxId = await cri.runPodSandbox(sandboxConfig(annotations));
  const id = await cri.createContainer({
    podSandboxId,
    config: { metadata: { name: "main", attempt: 0 }, image: { image: "app" }, command },
    sandboxConfig: sandboxConfig(),
  });
  await cri.startContainer(id);
  return { id, podSandboxId, status: async () => (await cri.containerStatus(id)).status };
}

test("a server runs until it is stopped, crashed or loses power", async () => {
  const { clock, cri } = start();
  const { id, podSandboxId, status } = await run(cri, {}, ["nginx"]);
  await clock.advance(1_000_000_000);
  expect((await status()).state).toBe("CONTAINER_RUNNING");
  cri.crash(id, 9);
  expect(await status()).toMatchObject({ state: "CONTAINER_EXITED", exitCode: 9, reason: "Error" });
  cri.powerOff();
  expect((await cri.podSandboxStatus(podSandboxId)).status.state).toBe("SANDBOX_NOTREADY");
});

test.each([
  [{ "hollow.coxswain.dev/exit-after": "2" }, 2_000, 0],
  [{ "hollow.coxswain.dev/exit-after.main": "1", "hollow.coxswain.dev/exit-code": "4" }, 1_000, 4],
])("annotations %j end it", async (annotations, afterMs, exitCode) => {
  const { clock, cri } = start();
  const { status } = await run(cri, annotations, ["nginx"]);
  await clock.advance(afterMs - 1);
  expect((await status()).state).toBe("CONTAINER_RUNNING");
  await clock.advance(1);
  expect(await status()).toMatchObject({ state: "CONTAINER_EXITED", exitCode });
});

test("starting and pulling take the time they are told to", async () => {
  const { clock, cri } = start({ pullMs: 500, startMs: 100 });
  const running = run(cri, {}, ["nginx"]);
  await clock.advance(699);
  expect(await cri.listContainers({ state: { state: "CONTAINER_RUNNING" } })).toEqual([]);
  await clock.advance(1);
  expect((await (await running).status()).state).toBe("CONTAINER_RUNNING");
});

test("a thousand runtimes give sandboxes different ids and their own addresses", async () => {
  const ids = new Set<string>();
  const chance = seededChance(3);
  for (let node = 0; node < 1_000; node++) {
    const { cri } = start({ chance, nextIp: () => `10.1.${node >> 8}.${node & 255}` });
    const id = await cri.runPodSandbox(sandboxConfig());
    ids.add(id + (await cri.podSandboxStatus(id)).status.network!.ip);
  }
  expect(ids.size).toBe(1_000);
});

describe("programs", () => {
  test.each([
    ["true", 0, 0],
    ["/bin/false", 0, 1],
    ["sleep 1.5", 1_500, 0],
    ["sleep 2m", 120_000, 0],
    ["sh -c", 3_000, 2, "echo hi; sleep 3; exit 2"],
    ["sh -c", 0, 1, "false && sleep 100"],
    ["/bin/sh -c", 1_000, 0, "sleep 1 && echo done > /tmp/x"],
    ["sh -c", 0, 1, "false\nexit"],
  ])("%s ends after %d ms with code %d %s", (line, afterMs, exitCode, script = "") => {
    const argv = line.split(" ").concat(script === "" ? [] : [script]);
    expect(endOf(argv)).toEqual({ afterMs, exitCode });
  });

  test.each([["nginx"], ["sleep infinity"], ["sh"], ["tail -f /dev/null"], [""]])(
    "%s runs on",
    (line) => expect(endOf(line.split(" "))).toBeUndefined(),
  );

  test("scripts that are too clever run on", () => {
    expect(endOf(["sh", "-c", "while true; do sleep 1; done"])).toBeUndefined();
    expect(endOf(["sh", "-c", "echo $HOME | cat"])).toBeUndefined();
  });
});

test.each([
  ["busybox", "docker.io/library/busybox:latest"],
  ["me/app:1", "docker.io/me/app:1"],
  ["localhost:5000/app", "localhost:5000/app:latest"],
  ["registry.local/a/b@sha256:00", "registry.local/a/b@sha256:00"],
])("image name %s is %s", (name, full) => expect(fullReference(name)).toBe(full));
