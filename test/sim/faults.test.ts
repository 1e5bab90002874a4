/**
 * Simulated clusters under faults, on virtual time: watches break and lag, calls are delayed and lost,
 * answers are lost, the API server is away, controllers, scheduler and kubelets restart, machines lose
 * power. Whatever happens, a cluster becomes what was asked for, and the invariants (`invariants.ts`)
 * hold at every step.
 *
 * By default few seeds run with 100 nodes and 1,000 pods and the others with 20 nodes and 150 pods,
 * since a large one takes long. `SEEDS=50` runs that many seeds, all of them large; `SEED=7` just this.
 */
import { expect, test } from "vitest";
import { simulate, type SimulationOptions } from "./simulation.ts";

const large = { nodes: 100, pods: 1_000, steps: 120 };
const small = { nodes: 20, pods: 150, steps: 90 };
const largeByDefault = 2;
const seedsByDefault = 12;
const minuteMs = 60_000;

const { SEEDS, SEED } = process.env;

function cases(): SimulationOptions[] {
  if (SEED) return [{ seed: Number(SEED), ...large }];
  if (SEEDS) return Array.from({ length: Number(SEEDS) }, (_, i) => ({ seed: i + 1, ...large }));
  return Array.from({ length: seedsByDefault }, (_, i) => ({
    seed: i + 1,
    ...(i < largeByDefault ? large : small),
  }));
}

test.each(cases())(
  "$nodes nodes and $pods pods converge whatever fails (seed $seed)",
  async (options) => {
    const report = await simulate(options);
    expect(report.events).toBeGreaterThan(options.pods);
    expect(report.restarts).toBeGreaterThan(0);
  },
  10 * minuteMs,
);
