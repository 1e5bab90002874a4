import { describe, expect, test } from "vitest";
import { deploymentOf, replicaSetOf } from "#testkit/objects.ts";
import { fenceposts } from "./replica-sets.ts";
import { planRolling, planScaled, wasScaled } from "./scale.ts";

function rolling(replicas: number, maxSurge: number | string, maxUnavailable: number | string) {
  const rollingUpdate = { maxSurge, maxUnavailable };
  return deploymentOf({ replicas, strategy: { type: "RollingUpdate", rollingUpdate } });
}

test.each([
  [10, "25%", "25%", 3, 2],
  [1, "25%", "25%", 1, 0],
  [3, 0, "10%", 0, 1],
  [2, 0, 5, 0, 2],
  [0, "25%", "25%", 0, 0],
])("%i replicas, surge %s, unavailable %s: %i and %i", (replicas, surge, unavailable, s, u) => {
  expect(fenceposts(rolling(replicas, surge, unavailable))).toEqual({ surge: s, unavailable: u });
});

interface Step {
  replicas: number;
  surge: number;
  unavailable: number;
  new: [size: number, available: number];
  old: [size: number, available: number];
  gives: Record<string, number>;
}

const steps: Step[] = [
  { replicas: 4, surge: 1, unavailable: 0, new: [0, 0], old: [4, 4], gives: { new: 1 } },
  { replicas: 4, surge: 1, unavailable: 0, new: [1, 0], old: [4, 4], gives: {} },
  { replicas: 4, surge: 1, unavailable: 0, new: [1, 1], old: [4, 4], gives: { old: 3 } },
  { replicas: 4, surge: 0, unavailable: 1, new: [0, 0], old: [4, 4], gives: { old: 3 } },
  // Old pods that are not available anyway go first.
  { replicas: 4, surge: 1, unavailable: 1, new: [1, 0], old: [4, 3], gives: { old: 3 } },
  { replicas: 4, surge: 1, unavailable: 1, new: [5, 5], old: [0, 0], gives: { new: 4 } },
  { replicas: 4, surge: 1, unavailable: 0, new: [4, 4], old: [1, 1], gives: { old: 0 } },
];

test.each(steps)("rolling step: new $new, old $old of $replicas", (step) => {
  const d = rolling(step.replicas, step.surge, step.unavailable);
  const newSet = replicaSetOf({ name: "new", replicas: step.new[0], available: step.new[1] });
  const old = replicaSetOf({
    name: "old",
    replicas: step.old[0],
    available: step.old[1],
    age: 900,
  });
  const resizes = planRolling(d, newSet, [old]);
  expect(Object.fromEntries(resizes.map(({ rs, to }) => [rs.metadata.name, to]))).toEqual(
    step.gives,
  );
});

describe("scaling in the middle of a rollout", () => {
  const noted = (desired: number, maximum: number) => ({
    "deployment.kubernetes.io/desired-replicas": String(desired),
    "deployment.kubernetes.io/max-replicas": String(maximum),
  });
  const plan = (replicas: number, sizes: Record<string, number>) => {
    const d = rolling(replicas, 2, 2);
    const sets = Object.entries(sizes).map(([name, size], i) =>
      replicaSetOf({ name, replicas: size, annotations: noted(10, 12), age: 1_000 - i * 100 }),
    );
    const [newSet, ...old] = sets.toReversed();
    expect(wasScaled(d, sets)).toBe(replicas !== 10);
    return Object.fromEntries(
      planScaled(d, newSet, old).map(({ rs, to }) => [rs.metadata.name, to]),
    );
  };

  test("everyone gets a share of more", () => {
    expect(plan(20, { old: 8, new: 4 })).toEqual({ old: 15, new: 7 });
  });
  test("everyone gives a share of less", () => {
    expect(plan(5, { old: 8, new: 4 })).toEqual({ old: 5, new: 2 });
  });
  test("down to nothing", () => {
    expect(plan(0, { old: 8, new: 4 })).toEqual({ old: 0, new: 0 });
  });
  test("a single active ReplicaSet just follows", () => {
    expect(plan(7, { old: 0, new: 10 })).toEqual({ new: 7 });
  });
});
