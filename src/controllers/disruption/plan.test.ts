import { expect, test } from "vitest";
import type { PodDisruptionBudget } from "#apis/policy/pod-disruption-budget.ts";
import { ago, podOf, testNowMs } from "#testkit/objects.ts";
import { planBudget, unmanagedText } from "./plan.ts";

function budget(spec: object, status: object = {}): PodDisruptionBudget {
  return { metadata: { name: "b", generation: 1 }, spec, status } as PodDisruptionBudget;
}

const pods = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, i) => podOf({ name: `p${i}`, ...more }));

test.each([
  [{ minAvailable: 1 }, 2, 0, 1],
  [{ minAvailable: 2 }, 2, 0, 0],
  [{ minAvailable: "50%" }, 4, 4, 2],
  [{ maxUnavailable: 1 }, 3, 3, 1],
  [{ maxUnavailable: 1 }, 1, 0, 0],
  [{ maxUnavailable: "50%" }, 3, 3, 2],
  [{ maxUnavailable: 1 }, 2, 3, 0],
])("%j of %i pods (%i expected) allows %i", (spec, count, expected, allowed) => {
  const { status } = planBudget(budget(spec), pods(count), { expected, unmanaged: [] }, testNowMs);
  expect(status.disruptionsAllowed).toBe(allowed);
  expect(status.conditions?.[0]).toMatchObject({
    status: allowed > 0 ? "True" : "False",
    reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
  });
});

test("a pod whose eviction was granted does not count, for two minutes", () => {
  const plan = (since: number) => {
    const status = { disruptedPods: { p0: ago(since) } };
    const some = budget({ minAvailable: 1 }, status);
    return planBudget(some, pods(2), { expected: 0, unmanaged: [] }, testNowMs);
  };
  expect(plan(60)).toMatchObject({
    status: { currentHealthy: 1, disruptionsAllowed: 0 },
    againInMs: 60_000,
  });
  expect(plan(130).status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
});

test("the selector is told as upstream prints it", () => {
  expect(unmanagedText({ matchLabels: { app: "a" } })).toContain(
    "(selector: &LabelSelector{MatchLabels:map[string]string{app: a,},MatchExpressions:[]LabelSelectorRequirement{},})",
  );
});
