import { afterEach, beforeEach, expect, test } from "vitest";
import { childSignal } from "#base/signal.ts";
import { settle, VirtualClock } from "#base/virtual-clock.ts";
import { WorkQueue } from "./work-queue.ts";

let clock: VirtualClock;
let stop: ReturnType<typeof childSignal>;
beforeEach(() => {
  clock = new VirtualClock();
  stop = childSignal();
});
afterEach(() => stop.abort());

function queueOf(process: (key: string) => Promise<void>, concurrency = 1): WorkQueue<string> {
  return new WorkQueue({ clock, signal: stop.signal, concurrency, process });
}

test("a key that is added often is worked on once", async () => {
  const done: string[] = [];
  const queue = queueOf(async (key) => void done.push(key));
  queue.add("a");
  queue.add("b");
  queue.add("a");
  await settle();
  expect(done).toEqual(["a", "b"]);
  expect(queue.idle).toBe(true);
});

test("a key added while it is worked on is worked on again, never twice at a time", async () => {
  let active = 0;
  let runs = 0;
  const gates: (() => void)[] = [];
  const queue = queueOf(async () => {
    runs++;
    expect(++active).toBe(1);
    await new Promise<void>((resolve) => gates.push(resolve));
    active--;
  }, 4);
  queue.add("a");
  await settle();
  queue.add("a");
  await settle();
  expect(runs).toBe(1);
  gates[0]!();
  await settle();
  expect(runs).toBe(2);
  gates[1]!();
});

test("no more keys than allowed are worked on at a time", async () => {
  let active = 0;
  let most = 0;
  const queue = queueOf(async () => {
    most = Math.max(most, ++active);
    await clock.sleep(10);
    active--;
  }, 3);
  for (let i = 0; i < 10; i++) queue.add(String(i));
  await clock.advance(1_000);
  expect(most).toBe(3);
  expect(queue.idle).toBe(true);
});

test("of several delays the shortest counts", async () => {
  const at: number[] = [];
  const began = clock.now();
  const queue = queueOf(async () => void at.push(clock.now() - began));
  queue.addAfter("a", 500);
  queue.addAfter("a", 100);
  queue.addAfter("a", 900);
  await clock.advance(2_000);
  expect(at).toEqual([100]);
});

test("failures wait longer and longer until the key is well again", () => {
  const queue = queueOf(() => Promise.resolve());
  const waits = [1, 2, 3, 4].map(() => queue.addRateLimited("a"));
  expect(waits).toEqual([5, 10, 20, 40]);
  queue.forget("a");
  expect(queue.addRateLimited("a")).toBe(5);
});
