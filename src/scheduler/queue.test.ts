import { beforeEach, expect, test } from "vitest";
import { VirtualClock } from "#base/virtual-clock.ts";
import { toKey } from "#machinery/meta.ts";
import type { SharedPod } from "./framework.ts";
import { SchedulingQueue } from "./queue.ts";

let clock: VirtualClock;
let queue: SchedulingQueue;
const rejected = new Set(["Fit"]);

beforeEach(() => {
  clock = new VirtualClock();
  queue = new SchedulingQueue(
    clock,
    (plugin, change) => plugin === "Fit" && change === "NodeAdded",
  );
});

function pod(name: string, spec: object = {}, uid = name): SharedPod {
  return { metadata: { name, namespace: "n", uid }, spec } as unknown as SharedPod;
}
const key = (name: string) => toKey("n", name);
const set = (name: string, spec: object = {}, uid = name) =>
  queue.set(key(name), pod(name, spec, uid));
const pop = () => queue.pop()?.pod.metadata.name;
const stateOf = (name: string) => queue.get(key(name))?.state;

/** Takes the pod and fails it. */
function fail(by: ReadonlySet<string> = rejected): void {
  queue.retry(queue.pop()!, by);
}

test("higher priority goes first, then who waits longer", async () => {
  for (const name of ["a", "b", "c"]) {
    set(name, { priority: name === "c" ? 10 : 0 });
    await clock.advance(1);
  }
  set("d", { priority: -1 });
  expect([pop(), pop(), pop(), pop(), pop()]).toEqual(["c", "a", "b", "d", undefined]);
  expect(queue.counts()["in-flight"]).toBe(4);
});

test("many pods come out in order", async () => {
  const priorities = Array.from({ length: 100 }, (_, index) => (index * 37) % 101);
  for (const priority of priorities) set(`p${priority}`, { priority });
  const popped = priorities.map(() => queue.pop()?.pod.spec.priority);
  expect(popped).toEqual(priorities.toSorted((a, b) => b - a));
});

test("a gated pod waits until its gates are gone", () => {
  set("a", { schedulingGates: [{ name: "quota" }] });
  expect([stateOf("a"), pop()]).toEqual(["gated", undefined]);
  queue.moved("NodeAdded");
  expect(stateOf("a")).toBe("gated");
  set("a");
  expect(pop()).toBe("a");
});

test("a pod that fits nowhere waits for a change that helps, and backs off first", async () => {
  set("a");
  fail();
  queue.moved("PodDeleted");
  expect(stateOf("a")).toBe("unschedulable");
  queue.moved("NodeAdded");
  expect(stateOf("a")).toBe("backoff");
  await clock.advance(999);
  expect(pop()).toBeUndefined();
  await clock.advance(1);
  expect(pop()).toBe("a");
});

test("a change that comes after the back-off helps at once", async () => {
  set("a");
  fail();
  await clock.advance(1_000);
  expect(pop()).toBeUndefined();
  queue.moved("NodeAdded");
  expect(pop()).toBe("a");
});

test("the back-off doubles up to ten seconds", async () => {
  set("a");
  const waits: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    fail(new Set());
    waits.push(clock.nextInMs!);
    await clock.advance(clock.nextInMs!);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
});

test("what happened while a pod was tried makes its failure stale", async () => {
  set("a");
  const tried = queue.pop()!;
  queue.moved("PodDeleted");
  queue.retry(tried, rejected);
  expect(stateOf("a")).toBe("backoff");
});

test("a pod that nothing helps is tried again after five minutes", async () => {
  set("a");
  fail();
  await clock.advance(5 * 60_000 - 1);
  expect(pop()).toBeUndefined();
  await clock.advance(1);
  expect(pop()).toBe("a");
});

test("a change of what the pod needs moves it, a change of its status does not", () => {
  set("a", { nodeSelector: { disk: "ssd" } });
  fail();
  set("a", { nodeSelector: { disk: "ssd" } });
  expect(stateOf("a")).toBe("unschedulable");
  set("a", {});
  expect(stateOf("a")).toBe("backoff");
});

test("a deleted pod is neither tried nor retried", async () => {
  set("a");
  set("b");
  queue.delete(key("a"));
  expect(pop()).toBe("b");
  const tried = queue.get(key("b"))!;
  queue.delete(key("b"));
  queue.retry(tried, new Set());
  await clock.advance(10 * 60_000);
  expect([pop(), queue.size]).toEqual([undefined, 0]);
});

test("a pod that was made anew under its name starts anew", () => {
  set("a");
  fail();
  set("a", {}, "other-uid");
  expect(queue.get(key("a"))).toMatchObject({ attempts: 0, state: "active" });
  expect([pop(), pop()]).toEqual(["a", undefined]);
});

test("who waits for a pod is woken by one, and by the end", async () => {
  const { signal } = new AbortController();
  const ready = queue.ready(signal);
  set("a");
  await ready;
  await queue.ready(signal);
  queue.pop();
  const stop = new AbortController();
  const ended = queue.ready(stop.signal);
  stop.abort();
  await ended;
});
