import { describe, expect, test } from "vitest";
import { allResources } from "#apis/all.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { humanDuration } from "./format.ts";
import { printerFor } from "./printers.ts";
import type { Cell } from "./printer.ts";

const now = Date.parse("2026-01-02T00:00:00Z");
const created = "2026-01-01T23:55:00Z";
const defaults: object = { name: "x", creationTimestamp: created };

function cells(name: string, object: object): Record<string, Cell> {
  const resource = allResources.find(
    ({ apiVersion, plural }) => `${apiVersion}/${plural}` === name,
  );
  if (!resource) throw new Error(`no resource ${name}`);
  const printer = printerFor(resource);
  const whole = {
    ...object,
    metadata: { ...defaults, ...(object as Partial<KubeObject>).metadata },
  } as KubeObject;
  const values = printer.cells(whole, now);
  return Object.fromEntries(printer.columns.map((column, at) => [column.name, values[at] ?? null]));
}

test("every resource that is listed has as many cells as columns", () => {
  for (const resource of allResources.filter(({ verbs }) => verbs.includes("list"))) {
    const names = printerFor(resource).columns.map(({ name }) => name);
    expect(names.length, resource.plural).toBeGreaterThan(0);
    expect(new Set(names).size, resource.plural).toBe(names.length);
  }
});

test.each([
  [-5_000, "<invalid>"],
  [-1_500, "0s"],
  [119_999, "119s"],
  [125_000, "2m5s"],
  [10 * 60_000, "10m"],
  [3 * 3_600_000, "3h"],
  [7.5 * 3_600_000, "7h30m"],
  [47 * 3_600_000, "47h"],
  [51 * 3_600_000, "2d3h"],
  [192 * 3_600_000, "8d"],
  [800 * 24 * 3_600_000, "2y70d"],
  [3000 * 24 * 3_600_000, "8y"],
])("%d ms is shown as %s", (ms, text) => expect(humanDuration(ms)).toBe(text));

describe("pods", () => {
  const containers = [{ name: "a" }, { name: "b" }];
  const running = (name: string, more: object = {}) => ({
    name, ready: true, restartCount: 0, state: { running: {} }, ...more,
  }); // prettier-ignore
  const status = (of: object, more: object = {}) => {
    const shown = cells("v1/pods", { spec: { containers }, status: of, ...more });
    return [shown["Ready"], shown["Status"], shown["Restarts"]].join(" ");
  };
  const ended = { terminated: { exitCode: 0, reason: "Completed" } };
  const sidecar = { initContainers: [{ name: "s", restartPolicy: "Always" }, { name: "i" }] };

  test.each([
    ["pending", { phase: "Pending" }, {}, "0/2 Pending 0"],
    [
      "gated",
      {
        phase: "Pending",
        conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
      },
      {},
      "0/2 SchedulingGated 0",
    ],
    [
      "running",
      { phase: "Running", containerStatuses: [running("a"), running("b")] },
      {},
      "2/2 Running 0",
    ],
    [
      "restarted",
      {
        phase: "Running",
        containerStatuses: [
          running("a", {
            restartCount: 3,
            lastState: { terminated: { exitCode: 1, finishedAt: "2026-01-01T23:50:00Z" } },
          }),
          running("b"),
        ],
      },
      {},
      "2/2 Running 3 (10m ago)",
    ],
    [
      "the first container's reason wins",
      {
        phase: "Running",
        containerStatuses: [
          running("a", { ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } }),
          running("b", { ready: false, state: { waiting: { reason: "ImagePullBackOff" } } }),
        ],
      },
      {},
      "0/2 CrashLoopBackOff 0",
    ],
    [
      "killed by a signal",
      { phase: "Failed", containerStatuses: [{ name: "a", state: { terminated: { signal: 9 } } }] },
      {},
      "0/2 Signal:9 0",
    ],
    [
      "one of two completed, not ready",
      {
        phase: "Running",
        containerStatuses: [running("a", { ready: false, state: ended }), running("b")],
      },
      {},
      "1/2 NotReady 0",
    ],
    [
      "one of two completed, ready",
      {
        phase: "Running",
        conditions: [{ type: "Ready", status: "True" }],
        containerStatuses: [running("a", { ready: false, state: ended }), running("b")],
      },
      {},
      "1/2 Running 0",
    ],
    [
      "terminating",
      { phase: "Running", containerStatuses: [running("a"), running("b")] },
      { metadata: { deletionTimestamp: created } },
      "2/2 Terminating 0",
    ],
    [
      "deleted, but over",
      { phase: "Succeeded" },
      { metadata: { deletionTimestamp: created } },
      "0/2 Succeeded 0",
    ],
    [
      "lost",
      { phase: "Running", reason: "NodeLost" },
      { metadata: { deletionTimestamp: created } },
      "0/2 Unknown 0",
    ],
    ["evicted", { phase: "Failed", reason: "Evicted" }, {}, "0/2 Evicted 0"],
    [
      "an init container runs",
      { phase: "Pending", initContainerStatuses: [{ name: "i", state: { running: {} } }] },
      { spec: { containers, initContainers: [{ name: "i" }, { name: "j" }] } },
      "0/2 Init:0/2 0",
    ],
    [
      "an init container fails",
      {
        phase: "Pending",
        initContainerStatuses: [
          { name: "i", restartCount: 2, state: { terminated: { exitCode: 3 } } },
        ],
      },
      { spec: { containers, initContainers: [{ name: "i" }] } },
      "0/2 Init:ExitCode:3 2",
    ],
    [
      "a sidecar is ready, an init container waits",
      {
        phase: "Pending",
        initContainerStatuses: [
          running("s", { started: true }),
          { name: "i", state: { waiting: { reason: "PodInitializing" } } },
        ],
      },
      { spec: { containers, ...sidecar } },
      "1/3 Init:1/2 0",
    ],
    [
      "restarts of init containers no longer count, those of sidecars do",
      {
        phase: "Running",
        conditions: [{ type: "Initialized", status: "True" }],
        initContainerStatuses: [
          running("s", { started: true, restartCount: 2 }),
          { name: "i", restartCount: 5, state: ended },
        ],
        containerStatuses: [running("a", { restartCount: 1 }), running("b")],
      },
      { spec: { containers, ...sidecar } },
      "3/3 Running 3",
    ],
  ])("%s", (_, of, more, shown) => expect(status(of, more)).toBe(shown));
});

test("services show where they are reached from outside", () => {
  const external = (spec: object, points: object[] = []) =>
    cells("v1/services", { spec, status: { loadBalancer: { ingress: points } } })["External-IP"];
  expect(external({ type: "ClusterIP" })).toBe("<none>");
  expect(external({ type: "NodePort", externalIPs: ["1.2.3.4", "5.6.7.8"] })).toBe(
    "1.2.3.4,5.6.7.8",
  );
  expect(external({ type: "LoadBalancer" })).toBe("<pending>");
  expect(external({ type: "LoadBalancer" }, [{ hostname: "z.example" }, { ip: "1.2.3.4" }])).toBe(
    "1.2.3.4,z.example",
  );
  expect(external({ type: "ExternalName", externalName: "a.example" })).toBe("a.example");
});

test("nodes show their state and roles", () => {
  const node = cells("v1/nodes", {
    metadata: { labels: { "node-role.kubernetes.io/b": "", "kubernetes.io/role": "a" } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: "Ready", status: "Unknown" }],
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
    },
  });
  expect(node).toMatchObject({
    Status: "NotReady,SchedulingDisabled",
    Roles: "a,b",
    "Internal-IP": "10.0.0.1",
    "External-IP": "<none>",
    "OS-Image": "<unknown>",
  });
});

test("autoscalers show what metrics are and should be, in both versions", () => {
  const metrics = [
    { type: "Resource", resource: { name: "cpu", target: { averageUtilization: 80 } } },
    { type: "Pods", pods: { target: { averageValue: "5" } } },
    { type: "External", external: { target: { value: "7" } } },
  ];
  const scaleTargetRef = { kind: "Deployment", name: "d" };
  const spec = { scaleTargetRef, maxReplicas: 3, metrics };
  const currentMetrics = [{ type: "Resource", resource: { current: { averageUtilization: 40 } } }];
  const v2 = cells("autoscaling/v2/horizontalpodautoscalers", { spec, status: { currentMetrics } });
  expect(v2).toMatchObject({
    Reference: "Deployment/d",
    Targets: "cpu: 40%/80%, <unknown>/5 + 1 more...",
    MinPods: "<unset>",
  });
  const v1 = cells("autoscaling/v1/horizontalpodautoscalers", {
    spec: { scaleTargetRef, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
  });
  expect(v1["Targets"]).toBe("cpu: <unknown>/50%");
});

test("jobs show how far they are", () => {
  const job = (spec: object, status: object) => cells("batch/v1/jobs", { spec, status });
  const template = { spec: { containers: [] } };
  expect(job({ template, parallelism: 3 }, { succeeded: 1, startTime: created })).toMatchObject({
    Status: "Running",
    Completions: "1/1 of 3",
    Duration: "5m",
  });
  const conditions = [{ type: "Complete", status: "True" }];
  const times = { startTime: created, completionTime: "2026-01-01T23:55:07Z" };
  expect(job({ template, completions: 2 }, { conditions, succeeded: 2, ...times })).toMatchObject({
    Status: "Complete",
    Completions: "2/2",
    Duration: "7s",
  });
});
