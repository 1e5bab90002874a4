/** The simulation of `faults.test.ts` at full size; see there. */
import { expect, test } from "vitest";
import { simulate } from "./simulation.ts";

const large = { nodes: 100, pods: 1_000, steps: 120 };
const seeds = Array.from({ length: Number(process.env["SEEDS"] ?? 1) }, (_, i) => i + 1);

test.each(seeds)("100 nodes with 1,000 pods converge whatever fails (seed %i)", async (seed) => {
  const report = await simulate({ ...large, seed });
  expect(report.events).toBeGreaterThan(large.pods);
  expect(report.restarts).toBeGreaterThan(0);
});
