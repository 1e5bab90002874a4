import { afterAll, beforeAll, describe } from "vitest";

import { systemClock } from "#base/clock.ts";
import { connectCri } from "#kubelet/cri/client.ts";
import { criContract } from "#kubelet/cri/contract.ts";
import type { CriClient } from "#kubelet/cri/cri.ts";
import { canRunContainerd, startTestContainerd, type TestContainerd } from "#testkit/containerd.ts";

describe.runIf(canRunContainerd())("containerd", () => {
  let containerd: TestContainerd;
  let cri: CriClient;
  beforeAll(async () => {
    containerd = await startTestContainerd(systemClock);
    cri = connectCri(containerd.socket, systemClock);
  });
  afterAll(async () => {
    cri?.[Symbol.dispose]();
    await containerd?.[Symbol.asyncDispose]();
  });

  criContract("containerd", () =>
    Promise.resolve({
      cri,
      image: containerd.image,
      missingImage: "registry.invalid/none:1",
      cgroupParent: containerd.cgroupParent,
      settle: () => systemClock.sleep(20),
    }),
  );
});
