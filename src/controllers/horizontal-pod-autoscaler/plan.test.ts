import { expect, test } from "vitest";
import type { HorizontalPodAutoscaler } from "#apis/autoscaling/horizontal-pod-autoscaler.ts";
import { podOf } from "#testkit/objects.ts";
import { limited, proposeReplicas } from "./plan.ts";

const pods = ["a", "b"].map((name) =>
  podOf({
    name,
    spec: { containers: [{ name: "c", resources: { requests: { cpu: "100m" } } }] },
  }),
);
const usages = (each: number) => new Map(pods.map(({ metadata }) => [metadata.name, each]));

test.each([
  [50, 50, 2],
  [100, 50, 4],
  [52, 50, 2],
  [20, 50, 1],
])("%i m of 100 m each, %i %% wanted: %i replicas", (each, averageUtilization, replicas) => {
  const metric = { name: "cpu", target: { type: "Utilization", averageUtilization } };
  expect(proposeReplicas(metric, pods, usages(each), 2).replicas).toBe(replicas);
});

test("an average value is shared out", () => {
  const metric = { name: "cpu", target: { type: "AverageValue", averageValue: "50m" } };
  expect(proposeReplicas(metric, pods, usages(100), 2).replicas).toBe(4);
});

test("without requests utilization means nothing", () => {
  const metric = { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } };
  const bare = [podOf({ name: "a", spec: { containers: [{ name: "c", resources: {} }] } })];
  expect(() => proposeReplicas(metric, bare, new Map([["a", 1]]), 1)).toThrow(
    "missing request for cpu in container c of Pod a",
  );
});

test.each([
  [3, 5, 5, "DesiredWithinRange"],
  [3, 0, 1, "TooFewReplicas"],
  [3, 50, 7, "ScaleUpLimit"],
  [8, 50, 10, "TooManyReplicas"],
])("from %i to %i: %i (%s)", (current, wanted, replicas, limit) => {
  const hpa = { spec: { minReplicas: 1, maxReplicas: 10 } } as HorizontalPodAutoscaler;
  expect(limited(hpa, current, wanted)).toEqual({ replicas, limit });
});
