import { describe, expect, test } from "vitest";
import { container, podOf, startTestNode } from "./testkit.ts";

const running = { state: { running: expect.anything() }, ready: true, started: true };

describe("a pod runs", () => {
  test("its status says so, with its address and all conditions", async () => {
    await using node = await startTestNode();
    await node.create(podOf());
    const status = node.status();
    expect(status).toMatchObject({ phase: "Running", podIP: "10.0.0.1", observedGeneration: 1 });
    expect(status.containerStatuses).toMatchObject([{ name: "c", restartCount: 0, ...running }]);
    expect(status.conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      "PodReadyToStartContainers=True",
      "Initialized=True",
      "Ready=True",
      "ContainersReady=True",
      "PodScheduled=True",
    ]);
  });

  test("events tell each step", async () => {
    await using node = await startTestNode();
    await node.create(podOf());
    await node.clock.advance(1_000);
    expect(node.events()).toEqual([
      'Pulling Pulling image "registry.test/app:1"',
      expect.stringMatching(/^Pulled Successfully pulled image "registry.test\/app:1" in 0ms/),
      "Created Container created",
      "Started Container started",
    ]);
  });

  test("init containers run one after the other, before the others", async () => {
    await using node = await startTestNode();
    const initContainers = [
      container("i1", { command: ["sleep", "2"] }),
      container("i2", { command: ["sleep", "3"] }),
    ];
    await node.create(podOf({ initContainers }));
    expect(await node.containers()).toEqual(["i1 running"]);
    expect(node.status()).toMatchObject({ phase: "Pending" });
    await node.clock.advance(2_000);
    expect(await node.containers()).toEqual(["i2 running", "i1 exited"]);
    await node.clock.advance(3_000);
    expect(await node.containers()).toEqual(["c running", "i2 exited", "i1 exited"]);
    expect(node.status()).toMatchObject({ phase: "Running" });
  });

  test("sidecars start before and stop after the regular containers", async () => {
    await using node = await startTestNode();
    const initContainers = [
      container("s1", { restartPolicy: "Always" }),
      container("s2", { restartPolicy: "Always" }),
    ];
    const containers = [container("c", { command: ["sleep", "5"] })];
    await node.create(podOf({ initContainers, containers, restartPolicy: "Never" }));
    expect(await node.containers()).toEqual(["c running", "s2 running", "s1 running"]);
    await node.clock.advance(6_000);
    expect(node.status()).toMatchObject({ phase: "Succeeded" });
    const killed = node.events().filter((event) => event.startsWith("Killing"));
    expect(killed).toEqual(["Killing Stopping container s2", "Killing Stopping container s1"]);
  });
});

describe("a container ends", () => {
  test("without restart the pod is over", async () => {
    await using node = await startTestNode();
    const containers = [container("c", { command: ["sh", "-c", "exit 3"] })];
    await node.create(podOf({ containers, restartPolicy: "Never" }));
    await node.clock.advance(1_000);
    expect(node.status()).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ state: { terminated: { exitCode: 3 } }, ready: false }],
    });
    const ready = node.status().conditions?.find(({ type }) => type === "Ready");
    expect(ready).toMatchObject({ status: "False", reason: "PodFailed" });
  });

  test("it restarts at once, then after 10, 20, 40 … seconds, never more than 300", async () => {
    await using node = await startTestNode();
    await node.create(podOf({ containers: [container("c", { command: ["false"] })] }));
    const starts: number[] = [];
    const begin = node.clock.now();
    for (let restarts = -1; node.clock.now() - begin < 1_500_000;) {
      const count = node.status().containerStatuses?.[0]?.restartCount ?? -1;
      if (count > restarts) {
        starts.push(Math.round((node.clock.now() - begin) / 1_000));
        restarts = count;
      }
      await node.clock.advance(1_000);
    }
    const pauses = starts.slice(1).map((at, index) => at - starts[index]!);
    // Two starts fall into the first second.
    expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  test("its status shows the back-off only when the pod is looked at again", async () => {
    await using node = await startTestNode();
    await node.create(podOf({ containers: [container("c", { command: ["false"] })] }));
    await node.clock.advance(1_000);
    expect(node.status().containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(1);
    await node.change((pod) => ({
      ...pod,
      metadata: { ...pod.metadata, annotations: { poke: "1" } },
    }));
    expect(node.status().containerStatuses?.[0]?.state?.waiting).toMatchObject({
      reason: "CrashLoopBackOff",
      message: expect.stringMatching(/^back-off 10s restarting failed container=c pod=p_default\(/),
    });
  });

  test("the first crash after ten good minutes counts as the first", async () => {
    let endsAfterMs = 0;
    await using node = await startTestNode({
      endOf: () => (endsAfterMs < 0 ? undefined : { afterMs: endsAfterMs, exitCode: 1 }),
    });
    await node.create(podOf());
    endsAfterMs = 700_000;
    await node.clock.advance(11_000);
    const count = () => node.status().containerStatuses?.[0]?.restartCount;
    const before = count();
    endsAfterMs = -1;
    await node.clock.advance(700_000);
    expect(count()).toBe(before! + 1);
  });
});

describe("probes", () => {
  test("readiness follows the probe's results in a row", async () => {
    let healthy = false;
    await using node = await startTestNode({ onExec: () => ({ exitCode: healthy ? 0 : 1 }) });
    const readinessProbe = {
      exec: { command: ["check"] },
      periodSeconds: 5,
      failureThreshold: 3,
      successThreshold: 2,
    };
    await node.create(podOf({ containers: [container("c", { readinessProbe })] }));
    const ready = () => node.status().containerStatuses?.[0]?.ready;
    expect(ready()).toBe(false);
    healthy = true;
    await node.clock.advance(6_000);
    expect(ready(), "after one success").toBe(false);
    await node.clock.advance(6_000);
    expect(ready(), "after two").toBe(true);
    healthy = false;
    await node.clock.advance(11_000);
    expect(ready(), "after two failures").toBe(true);
    await node.clock.advance(6_000);
    expect(ready(), "after three").toBe(false);
    expect(node.events()).toContain("Unhealthy Readiness probe failed: ");
  });

  test("a failed liveness probe ends the container, and another takes its place", async () => {
    let healthy = true;
    await using node = await startTestNode({ onExec: () => ({ exitCode: healthy ? 0 : 1 }) });
    const livenessProbe = { exec: { command: ["check"] }, periodSeconds: 10, failureThreshold: 2 };
    await node.create(podOf({ containers: [container("c", { livenessProbe })] }));
    await node.clock.advance(60_000);
    healthy = false;
    await node.clock.advance(9_000);
    expect(node.status().containerStatuses).toMatchObject([{ restartCount: 0 }]);
    await node.clock.advance(4_000);
    healthy = true;
    await node.clock.advance(1_000);
    expect(node.status().containerStatuses).toMatchObject([{ restartCount: 1, ...running }]);
    expect(node.events()).toContain("Killing Container c failed liveness probe, will be restarted");
  });

  test("nothing else is probed before the startup probe has succeeded", async () => {
    const asked: string[] = [];
    let up = false;
    await using node = await startTestNode({
      onExec: (_, [probe = ""]) => {
        asked.push(probe);
        return { exitCode: probe === "startup" && !up ? 1 : 0 };
      },
    });
    const probe = (name: string) => ({ exec: { command: [name] }, periodSeconds: 1 });
    const startupProbe = { ...probe("startup"), failureThreshold: 60 };
    const containers = [
      container("c", {
        startupProbe,
        livenessProbe: probe("liveness"),
        readinessProbe: probe("readiness"),
      }),
    ];
    await node.create(podOf({ containers }));
    await node.clock.advance(5_000);
    expect(new Set(asked)).toEqual(new Set(["startup"]));
    expect(node.status().containerStatuses).toMatchObject([{ started: false, ready: false }]);
    up = true;
    await node.clock.advance(3_000);
    expect(new Set(asked)).toEqual(new Set(["startup", "liveness", "readiness"]));
    expect(node.status().containerStatuses).toMatchObject([running]);
  });
});

describe("a pod ends", () => {
  test("gracefully: containers stop, the status becomes final, the object goes", async () => {
    await using node = await startTestNode();
    const pod = await node.create(podOf());
    await node.deleteGracefully(30);
    await node.clock.advance(1_000);
    expect(node.events()).toContain("Killing Stopping container c");
    expect(node.api.objects.has(`/api/v1/namespaces/default/pods/${pod.metadata.name}`)).toBe(
      false,
    );
    expect(await node.containers()).toEqual([]);
    expect(await node.cri.listPodSandbox()).toEqual([]);
  });

  test("a preStop hook runs before the container is told to stop", async () => {
    const steps: string[] = [];
    await using node = await startTestNode({
      onExec: (_, [command = ""]) => {
        steps.push(command);
        return {};
      },
    });
    const lifecycle = { preStop: { exec: { command: ["bye"] } } };
    await node.create(podOf({ containers: [container("c", { lifecycle })] }));
    await node.deleteGracefully(30);
    await node.clock.advance(1_000);
    expect(steps).toEqual(["bye"]);
    expect(await node.containers()).toEqual([]);
  });

  test("past its deadline: it fails and says why", async () => {
    await using node = await startTestNode();
    await node.create(podOf({ activeDeadlineSeconds: 60 }));
    await node.clock.advance(59_000);
    expect(node.status()).toMatchObject({ phase: "Running" });
    await node.clock.advance(2_000);
    expect(node.status()).toMatchObject({ phase: "Failed", reason: "DeadlineExceeded" });
    expect(await node.containers()).toEqual(["c exited"]);
  });
});

describe("a pod that the node does not take", () => {
  test.each([
    ["too big", { cpu: "100" }, {}, "OutOfcpu"],
    ["of other nodes", {}, { nodeSelector: { no: "such" } }, "NodeAffinity"],
  ])("%s", async (_, requests, spec, reason) => {
    await using node = await startTestNode();
    const containers = [container("c", { resources: { requests } })];
    await node.create(podOf({ containers, ...spec }));
    const { phase, reason: why, message, conditions } = node.status();
    expect({ phase, why, conditions }).toEqual({ phase: "Failed", why: reason });
    expect(message).toMatch(/^Pod was rejected: /);
    expect(await node.cri.listPodSandbox()).toEqual([]);
  });
});

describe("the kubelet comes back", () => {
  test("and leaves running containers as they are", async () => {
    await using node = await startTestNode();
    await node.create(podOf());
    const before = await node.cri.listContainers();
    await node.restartKubelet();
    await node.clock.advance(60_000);
    expect(await node.cri.listContainers()).toEqual(before);
    expect(node.status()).toMatchObject({ phase: "Running" });
    expect(node.status().containerStatuses).toMatchObject([{ restartCount: 0, ...running }]);
  });

  test("and ends what belongs to pods that have gone meanwhile", async () => {
    await using node = await startTestNode();
    await node.create(podOf());
    await node.kubelet[Symbol.asyncDispose]();
    node.api.objects.delete("/api/v1/namespaces/default/pods/p");
    await node.restartKubelet();
    await node.clock.advance(15_000);
    expect(await node.containers()).toEqual([]);
  });

  test("after the machine lost power: the pod starts anew in another sandbox", async () => {
    await using node = await startTestNode();
    await node.create(podOf());
    node.cri.powerOff();
    await node.restartKubelet();
    await node.clock.advance(60_000);
    expect(node.status()).toMatchObject({ phase: "Running", podIP: "10.0.0.2" });
    expect(node.status().containerStatuses).toMatchObject([{ restartCount: 1, ...running }]);
  });
});

test("an image that cannot be pulled shows the failure, then the back-off", async () => {
  await using node = await startTestNode();
  const containers = [container("c", { image: "registry.invalid/none:1" })];
  await node.create(podOf({ containers }));
  const reason = () => node.status().containerStatuses?.[0]?.state?.waiting?.reason;
  expect(reason()).toBe("ErrImagePull");
  await node.clock.advance(5_000);
  expect(reason()).toBe("ImagePullBackOff");
  expect(node.status()).toMatchObject({ phase: "Pending", podIP: "10.0.0.1" });
});
