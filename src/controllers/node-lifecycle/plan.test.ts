import { describe, expect, test } from "vitest";
import { VirtualClock } from "#base/virtual-clock.ts";
import { nodeOf, testNowMs } from "#testkit/objects.ts";
import { planTaints, silentConditions } from "./plan.ts";
import { zoneState, Zones } from "./zones.ts";

const healthy = { Ready: "True", MemoryPressure: "False", DiskPressure: "False" };

test.each([
  ["healthy", healthy, {}, false, undefined],
  ["not ready", { ...healthy, Ready: "False" }, {}, false, ["not-ready:NoSchedule"]],
  [
    "silent, and its turn has come",
    { Ready: "Unknown" },
    {},
    true,
    ["unreachable:NoExecute", "unreachable:NoSchedule"],
  ],
  [
    "short of memory",
    { ...healthy, MemoryPressure: "True" },
    {},
    false,
    ["memory-pressure:NoSchedule"],
  ],
  ["cordoned", healthy, { unschedulable: true }, false, ["unschedulable:NoSchedule"]],
  [
    "healthy again; others' taints stay",
    healthy,
    {
      taints: [
        { key: "node.kubernetes.io/not-ready", effect: "NoExecute" },
        { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" },
        { key: "mine", effect: "NoSchedule" },
      ],
    },
    false,
    ["mine:NoSchedule"],
  ],
])("%s", (_what, conditions, spec, evict, wanted) => {
  const taints = planTaints(nodeOf("n", conditions, { spec }), evict, testNowMs);
  const texts = taints?.map(({ key, effect }) => `${key.replace(/^.*\//, "")}:${effect}`).sort();
  expect(texts).toEqual(wanted);
});

test("a silent kubelet vouches for nothing any more", () => {
  const conditions = silentConditions(nodeOf("n", healthy), testNowMs) ?? [];
  expect(conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
    "Ready=Unknown NodeStatusUnknown",
    "MemoryPressure=Unknown NodeStatusUnknown",
    "DiskPressure=Unknown NodeStatusUnknown",
    "PIDPressure=Unknown NodeStatusNeverUpdated",
  ]);
  const after = nodeOf(
    "n",
    Object.fromEntries(conditions.map(({ type, status }) => [type, status])),
  );
  expect(silentConditions(after, testNowMs)).toBeUndefined();
});

test.each([
  [3, 0, "normal"],
  [0, 1, "full"],
  [1, 2, "normal"],
  [2, 3, "partial"],
])("%i ready and %i not: %s", (ready, notReady, state) => {
  expect(zoneState(ready, notReady)).toBe(state);
});

describe("driving pods off", () => {
  const zonesOf = (ready: number, not: number) => {
    const clock = new VirtualClock();
    const zones = new Zones(clock);
    const all = [
      ...Array.from({ length: ready }, (_, i) => nodeOf(`r${i}`, { Ready: "True" })),
      ...Array.from({ length: not }, (_, i) => nodeOf(`n${i}`, { Ready: "Unknown" })),
    ];
    zones.assess(() => all);
    return zones;
  };
  test("one node in ten seconds", () => {
    const zones = zonesOf(5, 1);
    expect([zones.take(":"), zones.take(":")]).toEqual([0, 10_000]);
  });
  test("not at all when most of a small zone is down, or everything", () => {
    expect(zonesOf(2, 8).take(":")).toBeGreaterThan(0);
    expect(zonesOf(0, 3).allDown).toBe(true);
  });
});
