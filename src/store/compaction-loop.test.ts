import { silentLogger } from "#base/log.ts";
import { settle, VirtualClock } from "#base/virtual-clock.ts";
import { expect, test } from "vitest";
import { compactLoop, planCompaction } from "./compaction-loop.ts";
import { createAll } from "./contract/harness.ts";
import { MemoryStore } from "./memory/memory-store.ts";

const marks = [10, 20, 30].map((minute) => ({ atMs: minute, revision: minute * 10 }));

test.each([
  ["too young", 12, undefined, 3],
  ["exactly old enough", 15, 100, 2],
  ["the newest that is old enough", 29, 200, 1],
  ["all", 99, 300, 0],
])("compacts to a revision of long ago: %s", (_why, now, compactTo, left) => {
  const plan = planCompaction(marks, now, 5);
  expect([plan.compactTo, plan.keep.length]).toEqual([compactTo, left]);
});

test("keeps five minutes of history, and hardly more", async () => {
  const clock = new VirtualClock();
  await using store = new MemoryStore({ clock });
  const stop = new AbortController();
  const running = compactLoop({ store, clock, log: silentLogger, signal: stop.signal });
  /** The revision at each second. */
  const at: number[] = [];
  for (let second = 0; second < 1_200; second += 10) {
    await createAll(store, `/k/${second}`);
    at.push(await store.revision());
    await clock.advance(10_000);
    const oldest = await store.compactedRevision();
    if (at.length > 30) expect(oldest).toBeLessThanOrEqual(at.at(-30)!);
    if (at.length > 44) expect(oldest).toBeGreaterThanOrEqual(at.at(-44)!);
  }
  stop.abort();
  await settle();
  await running;
});
