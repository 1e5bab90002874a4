import { describe, expect, test } from "vitest";
import type { PodSpec } from "#apis/core/pod-spec.ts";
import type { ContainerObservation, PodObservation } from "../observer/observation.ts";
import { container, podOf } from "../testkit.ts";
import { type PlanInput, planPod } from "./plan.ts";

const sandboxId = "sandbox-0";

/** `c running`, `i exited 0`, `c exited 1 3` (third instance): newest first. */
function observed(...lines: string[]): PodObservation {
  const containers = lines.map((line, index): ContainerObservation => {
    const [name = "", state = "running", exitCode = "0", restarts = "0"] = line.split(" ");
    return {
      id: `${name}-${restarts}`,
      name,
      sandboxId,
      state: state as ContainerObservation["state"],
      restartCount: Number(restarts),
      createdAtMs: 1_000 - index,
      startedAtMs: 1_000,
      finishedAtMs: state === "exited" ? 2_000 : 0,
      exitCode: Number(exitCode),
      reason: "",
      message: "",
      image: "",
      imageId: "",
      hash: "h",
      logPath: "",
    };
  });
  const sandbox = { id: sandboxId, ready: true, attempt: 0, createdAtMs: 0, ips: ["10.0.0.1"] };
  return { uid: "uid-p", namespace: "default", name: "p", sandboxes: [sandbox], containers };
}

/** The plan in a line: `start c`, `kill c: message`, `wait c`, `create sandbox 1`, `stop`. */
function planned(
  spec: Partial<PodSpec>,
  seen: PodObservation,
  more: Partial<PlanInput> = {},
): string {
  const plan = planPod({
    pod: podOf(spec),
    observed: seen,
    nowMs: 10_000,
    health: { started: () => true, failed: () => undefined },
    restartNotBefore: () => undefined,
    retryNotBefore: () => undefined,
    replaced: new Set(),
    hashOf: () => "h",
    resize: { actuated: () => undefined, allocated: () => undefined },
    ...more,
  });
  if (plan.sandbox.do === "stop") return "stop";
  if (plan.sandbox.do === "create") return `create sandbox ${plan.sandbox.attempt}`;
  return [
    ...plan.kill.map(({ message }) => `kill: ${message}`),
    ...plan.start.map(({ container: it }) => `start ${it.container.name}`),
    ...plan.backingOff.map(({ start }) => `wait ${start.container.container.name}`),
  ].join(", ");
}

const never = { restartPolicy: "Never" };
const onFailure = { restartPolicy: "OnFailure" };
const two = { containers: [container("a"), container("b")] };
const inits = { initContainers: [container("i1"), container("i2")] };
const sidecar = {
  initContainers: [container("s", { restartPolicy: "Always" }), container("i")],
};

describe("containers of a pod with a sandbox", () => {
  test.each<[string, Partial<PodSpec>, string[], string]>([
    ["a new pod starts", {}, [], "start c"],
    ["several start together", two, [], "start a, start b"],
    ["what runs is left alone", {}, ["c running"], ""],
    ["what failed starts again", {}, ["c exited 1"], "start c"],
    ["what succeeded starts again", {}, ["c exited 0"], "start c"],
    ["… but not with OnFailure", onFailure, ["c exited 0"], "stop"],
    ["what failed does with OnFailure", onFailure, ["c exited 1"], "start c"],
    ["nothing does with Never", never, ["c exited 1"], "stop"],
    ["one of two that ended leaves the other", { ...two, ...never }, ["a exited 1", "b running"], ""],
    ["a container that was only created starts anew", {}, ["c created"], "start c"],
    ["the first init container comes first", inits, [], "start i1"],
    ["and is waited for", inits, ["i1 running"], ""],
    ["then the second", inits, ["i1 exited 0"], "start i2"],
    ["then the others", inits, ["i2 exited 0", "i1 exited 0"], "start c"],
    ["a failed init container runs again", inits, ["i1 exited 1"], "start i1"],
    ["… or ends the pod", { ...inits, ...never }, ["i1 exited 1"], "stop"],
    ["init containers do not run again later", inits, ["c exited 1", "i2 exited 0"], "start c"],
    ["a sidecar starts first", sidecar, [], "start s"],
    ["the next follows while it runs", sidecar, ["s running"], "start i"],
    ["a sidecar that ended starts again", sidecar, ["c running", "i exited 0", "s exited 1"], "start s"],
    ["… while init containers go on", sidecar, ["i running", "s exited 1"], "start s"],
    ["sidecars do not keep a pod going", { ...sidecar, ...never }, ["c exited 0", "i exited 0", "s running"], "stop"],
    ["a container's own policy wins", { ...never, containers: [container("c", { restartPolicy: "Always" })] }, ["c exited 0"], "start c"],
  ])("%s", (_, spec, lines, plan) => expect(planned(spec, observed(...lines))).toBe(plan)); // prettier-ignore

  test("a rule on exit codes wins over the policy", () => {
    const rule = { action: "Restart", exitCodes: { operator: "In", values: [42] } };
    const spec = {
      ...never,
      containers: [container("c", { restartPolicy: "Never", restartPolicyRules: [rule] })],
    };
    expect(planned(spec, observed("c exited 42"))).toBe("start c");
    expect(planned(spec, observed("c exited 41"))).toBe("stop");
  });

  test("a sidecar that has not started yet holds up what follows", () => {
    const health = { started: () => false, failed: () => undefined };
    expect(planned(sidecar, observed("s running"), { health })).toBe("");
  });

  test("an ephemeral container starts once", () => {
    const spec = { ephemeralContainers: [{ ...container("e") }] };
    expect(planned(spec, observed("c running"))).toBe("start e");
    expect(planned(spec, observed("e exited 0", "c running"))).toBe("");
  });
});

describe("containers that must end", () => {
  test.each<["startup" | "liveness"]>([["startup"], ["liveness"]])("%s probe failed", (probe) => {
    const health = { started: () => true, failed: () => probe };
    const again = `kill: Container c failed ${probe} probe, will be restarted`;
    expect(planned({}, observed("c running"), { health })).toBe(again);
    expect(planned(never, observed("c running"), { health })).toBe("stop");
  });

  test("the image changed", () => {
    const hashOf = () => "other";
    const kill = "kill: Container c definition changed, will be restarted";
    expect(planned({}, observed("c running"), { hashOf })).toBe(kill);
  });

  test("a replaced instance starts anew whatever its exit code", () => {
    const replaced = new Set(["c-0"]);
    expect(planned(onFailure, observed("c exited 0"), { replaced })).toBe("start c");
  });

  test("a changed size that needs a restart, and one that does not", () => {
    const resources = { limits: { cpu: "200m", memory: "64Mi" } };
    const policy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }];
    const spec = { containers: [container("c", { resources, resizePolicy: policy })] };
    const has = (cpu: string, memory: string) => ({
      resize: { actuated: () => ({ limits: { cpu, memory } }), allocated: () => undefined },
    });
    const seen = observed("c running");
    expect(planned(spec, seen, has("100m", "64Mi"))).toBe("");
    expect(planned(spec, seen, has("0.2", "64Mi"))).toBe("");
    expect(planned(spec, seen, has("200m", "32Mi"))).toBe(
      "kill: Container c resize requires restart",
    );
  });
});

describe("back-off", () => {
  test("a crashed container waits for its end, and says when to look again", () => {
    const waiting = { restartNotBefore: () => 12_000 };
    expect(planned({}, observed("c exited 1"), waiting)).toBe("wait c");
    expect(planned({}, observed("c exited 1"), { ...waiting, nowMs: 12_000 })).toBe("start c");
  });

  test("a start that failed for another reason is tried again later", () => {
    expect(planned({}, observed(), { retryNotBefore: () => 12_000 })).toBe("");
    expect(planned({}, observed(), { retryNotBefore: () => 9_000 })).toBe("start c");
  });
});

describe("sandboxes", () => {
  const without = (...lines: string[]): PodObservation => ({
    ...observed(...lines),
    sandboxes: [],
  });
  const dead = (...lines: string[]): PodObservation => {
    const seen = observed(...lines);
    return { ...seen, sandboxes: seen.sandboxes.map((sandbox) => ({ ...sandbox, ready: false })) };
  };

  test.each<[string, Partial<PodSpec>, PodObservation, string]>([
    ["a new pod needs one", {}, without(), "create sandbox 0"],
    ["a dead one is replaced", {}, dead("c exited 255"), "create sandbox 1"],
    ["… not for a pod that never restarts", never, dead("c exited 255"), "stop"],
    ["… nor for one that has succeeded", onFailure, dead("c exited 0"), "stop"],
    ["… but for one that has not", onFailure, dead("c exited 255"), "create sandbox 1"],
    ["a dead one in which nothing ran is replaced", never, dead(), "create sandbox 1"],
  ])("%s", (_, spec, seen, plan) => expect(planned(spec, seen)).toBe(plan)); // prettier-ignore

  test("one without an address is of no use, except on the host's network", () => {
    const seen = observed();
    const silent = { ...seen, sandboxes: seen.sandboxes.map((it) => ({ ...it, ips: [] })) };
    expect(planned({}, silent)).toBe("create sandbox 1");
    expect(planned({ hostNetwork: true }, silent)).toBe("start c");
  });

  test("in a new one everything starts from the beginning", () => {
    const seen = observed("c exited 255", "i2 exited 0", "i1 exited 0");
    const sandboxes = [{ ...seen.sandboxes[0]!, id: "sandbox-1", attempt: 1 }, ...seen.sandboxes];
    const fresh = { ...seen, sandboxes: [sandboxes[0]!, { ...sandboxes[1]!, ready: false }] };
    expect(planned(inits, fresh)).toBe("start i1");
  });
});
