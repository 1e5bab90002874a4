import { expect, test } from "vitest";
import { ago, podOf, testNowMs } from "#testkit/objects.ts";
import { evictionMs } from "./plan.ts";

const taint = { key: "gone", effect: "NoExecute", timeAdded: ago(10) };

test.each([
  ["no toleration: at once", [], -testNowMs],
  ["tolerated for ever", [{ key: "gone", operator: "Exists" }], undefined],
  ["everything tolerated", [{ operator: "Exists" }], undefined],
  ["another key", [{ key: "other", operator: "Exists" }], -testNowMs],
  ["another effect", [{ key: "gone", operator: "Exists", effect: "NoSchedule" }], -testNowMs],
  [
    "for a while, counted from the taint",
    [{ key: "gone", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }],
    290_000,
  ],
  [
    "the shortest while counts",
    [
      { key: "gone", operator: "Exists", tolerationSeconds: 300 },
      { operator: "Exists", tolerationSeconds: 30 },
    ],
    20_000,
  ],
])("%s", (_what, tolerations, inMs) => {
  const dueMs = evictionMs(podOf({ name: "p", spec: { tolerations } }), [taint]);
  expect(dueMs === undefined ? undefined : dueMs - testNowMs).toBe(inMs);
});

test("other effects drive nobody off", () => {
  const noSchedule = [{ ...taint, effect: "NoSchedule" }];
  expect(evictionMs(podOf({ name: "p" }), noSchedule)).toBeUndefined();
});
