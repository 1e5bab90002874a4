import { describe, expect, test } from "vitest";
import type { ContainerStatus } from "#apis/core/container-status.ts";
import type { PodSpec } from "#apis/core/pod-spec.ts";
import type { PodStatus } from "#apis/core/pod-status.ts";
import { container, podOf } from "../testkit.ts";
import { conditionsOf } from "./conditions.ts";
import { phaseOf } from "./phase.ts";
import { finalStatus } from "./pod-status.ts";
import { same, statusPatch } from "./status-patch.ts";

/** `c running`, `c waiting`, `c exited 1`, `c waiting-after 1` (waiting, ended with 1 before). */
function statusOf(line: string): ContainerStatus {
  const [name = "", state = "", exitCode = "0"] = line.split(" ");
  const terminated = { exitCode: Number(exitCode) };
  const base = { name, restartCount: 0, image: "", imageID: "", lastState: {} };
  const isInit = name.startsWith("i");
  if (state === "running") {
    return { ...base, state: { running: {} }, ready: !isInit, started: true };
  }
  const ready = state === "exited" && exitCode === "0" && isInit;
  if (state === "exited") return { ...base, state: { terminated }, ready, started: false };
  const lastState = state === "waiting-after" ? { terminated } : {};
  return { ...base, state: { waiting: {} }, lastState, ready: false, started: false };
}

const never = { restartPolicy: "Never" };
const two = { containers: [container("a"), container("b")] };
const init = { initContainers: [container("i")] };
const sidecar = { initContainers: [container("s", { restartPolicy: "Always" })] };

describe("phase", () => {
  test.each<[Partial<PodSpec>, string[], string]>([
    [{}, [], "Pending"],
    [{}, ["c waiting"], "Pending"],
    [{}, ["c running"], "Running"],
    [{}, ["c exited 0"], "Running"],
    [{}, ["c waiting-after 1"], "Running"],
    [never, ["c exited 0"], "Succeeded"],
    [never, ["c exited 1"], "Failed"],
    [{ restartPolicy: "OnFailure" }, ["c exited 0"], "Succeeded"],
    [{ restartPolicy: "OnFailure" }, ["c exited 1"], "Running"],
    [{ ...two, ...never }, ["a exited 1", "b running"], "Running"],
    [{ ...two, ...never }, ["a exited 1", "b exited 0"], "Failed"],
    [two, ["a running", "b waiting"], "Pending"],
    [init, ["i running", "c waiting"], "Pending"],
    [init, ["i exited 0", "c running"], "Running"],
    [{ ...init, ...never }, ["i exited 6", "c waiting"], "Failed"],
    [init, ["i exited 6", "c waiting"], "Pending"],
    [{ ...sidecar, ...never }, ["s running", "c exited 0"], "Running"],
    [{ ...sidecar, ...never }, ["s exited 3", "c exited 0"], "Succeeded"],
    [sidecar, ["s waiting", "c waiting"], "Pending"],
  ])("%j with %j: %s", (spec, lines, phase) => {
    const statuses = lines.map(statusOf);
    const hasInitialized = statuses.some(({ name, state }) => name === "c" && !state?.waiting);
    const pod = podOf(spec);
    expect(phaseOf({ pod, statuses, isTerminal: false, hasInitialized })).toBe(phase);
  });

  test.each([["exited 0", "Succeeded"], ["exited 1", "Failed"]])("in the end, %s is %s", (ended, phase) => {
    const statuses = [statusOf(`c ${ended}`)];
    expect(phaseOf({ pod: podOf(), statuses, isTerminal: true, hasInitialized: true })).toBe(phase);
  }); // prettier-ignore
});

describe("conditions", () => {
  const found = (spec: Partial<PodSpec>, phase: string, ...lines: string[]) =>
    conditionsOf({
      pod: podOf(spec),
      phase,
      statuses: lines.map(statusOf),
      sandboxReady: true,
      others: [{ type: "g/no", status: "False" }],
    }).map(([type, { status, reason = "", message = "" }]) =>
      [`${type}=${status}`, reason, message].filter(Boolean).join(" "),
    );

  test("of a pod whose init containers have not finished", () => {
    expect(found(init, "Pending", "i running", "c waiting")).toEqual([
      "PodReadyToStartContainers=True",
      "Initialized=False ContainersNotInitialized containers with incomplete status: [i]",
      "Ready=False ContainersNotReady containers with unready status: [c]",
      "ContainersReady=False ContainersNotReady containers with unready status: [c]",
      "PodScheduled=True",
    ]);
  });
  test("of one that succeeded, and of one that failed", () => {
    expect(found({}, "Succeeded", "c exited 0").slice(1, 3)).toEqual([
      "Initialized=True PodCompleted",
      "Ready=False PodCompleted",
    ]);
    expect(found({}, "Failed", "c exited 1").slice(1, 3)).toEqual([
      "Initialized=True",
      "Ready=False PodFailed",
    ]);
  });
  test("with readiness gates", () => {
    const gates = (conditionType: string) => ({ readinessGates: [{ conditionType }] });
    expect(found(gates("g/x"), "Running", "c running")[2]).toBe(
      'Ready=False ReadinessGatesNotReady corresponding condition of pod readiness gate "g/x" does not exist.',
    );
    expect(found(gates("g/no"), "Running", "c running")[2]).toBe(
      'Ready=False ReadinessGatesNotReady the status of pod readiness gate "g/no" is not "True", but False',
    );
  });
});

describe("the last status", () => {
  test("gives an end to what has none, once the pod has been initialized", () => {
    const status: PodStatus = { phase: "Running", containerStatuses: [statusOf("c running")] };
    const last = finalStatus(podOf(), status, status);
    expect(last.phase).toBe("Failed");
    expect(last.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: "ContainerStatusUnknown",
      exitCode: 137,
    });
  });
  test("leaves containers waiting that never had their turn", () => {
    const status: PodStatus = {
      phase: "Pending",
      initContainerStatuses: [statusOf("i exited 0")],
      containerStatuses: [statusOf("c waiting")],
    };
    const before = { ...status, initContainerStatuses: [statusOf("i running")] };
    const last = finalStatus(podOf(init), status, before);
    expect(last).toMatchObject({
      phase: "Failed",
      containerStatuses: [{ state: { waiting: {} } }],
    });
  });
});

describe("the patch of a status", () => {
  const ready = (status: string) => ({ type: "Ready", status, lastTransitionTime: "t" });
  test("is nothing when nothing changed, whatever others wrote", () => {
    const old = { phase: "Running", conditions: [ready("True"), { type: "x/y", status: "True" }] };
    expect(statusPatch(old, { phase: "Running", conditions: [ready("True")] })).toBeUndefined();
  });
  test("names what changed, and takes away what is gone", () => {
    const old: PodStatus = {
      phase: "Pending",
      reason: "R",
      conditions: [ready("False"), { type: "PodScheduled", status: "True" }],
      podIPs: [{ ip: "1.1.1.1" }],
    };
    const next: PodStatus = {
      phase: "Running",
      conditions: [ready("True")],
      podIPs: [{ ip: "2.2.2.2" }],
    };
    expect(statusPatch(old, next)).toEqual({
      phase: "Running",
      reason: null,
      conditions: [
        { type: "Ready", status: "True" },
        { type: "PodScheduled", $patch: "delete" },
      ],
      podIPs: [{ ip: "1.1.1.1", $patch: "delete" }, { ip: "2.2.2.2" }],
    });
  });
  test("equality does not mind the order of keys, nor undefined", () => {
    expect(same({ a: 1, b: [{ c: undefined }] }, { b: [{}], a: 1 })).toBe(true);
    expect(same({ a: 1 }, { a: 1, b: null })).toBe(false);
  });
});
