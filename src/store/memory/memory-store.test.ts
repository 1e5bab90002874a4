import { VirtualClock } from "#base/virtual-clock.ts";
import { expect, test } from "vitest";
import { storeContract } from "../contract.ts";
import { bytes, done, show, Watching } from "../contract/harness.ts";
import { CompactedError } from "../store.ts";
import { MemoryStore } from "./memory-store.ts";

storeContract("memory", async () => {
  const clock = new VirtualClock();
  const watchQueueEventsMax = 1_000;
  const store = new MemoryStore({ clock, watchQueueEventsMax });
  return {
    store,
    watchQueueEventsMax,
    elapse: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
});

test("history beyond the bound is as if compacted", async () => {
  const history = { eventsMax: 10, bytesMax: 1_000 };
  await using store = new MemoryStore({ clock: new VirtualClock(), history });
  for (let n = 0; n < 30; n++) await done(store.create(`/k/${n}`, bytes("x")));
  expect(await store.compactedRevision()).toBe(21);
  using watch = new Watching(store, "/k/", 20);
  await expect(watch.next()).rejects.toThrow(CompactedError);
  await expect(store.list("/k/", { at: 20 })).rejects.toThrow(CompactedError);
  expect((await store.list("/k/", { at: 21 })).entries).toHaveLength(20);
  await done(store.create("/large", new Uint8Array(900)));
  await done(store.create("/larger", new Uint8Array(900)));
  expect(await store.compactedRevision()).toBe(32);
});

test("a watcher sees a write before its writer goes on", async () => {
  await using store = new MemoryStore({ clock: new VirtualClock() });
  const order: string[] = [];
  const { signal } = new AbortController();
  const watching = (async () => {
    for await (const batch of store.watch("/k/", 1, signal)) {
      order.push(`seen ${batch.events.map(show).join()}`);
      if (batch.revision === 3) break;
    }
  })();
  for (const key of ["/k/a", "/k/b"])
    order.push(`written ${await done(store.create(key, bytes("")))}`);
  await watching;
  expect(order).toEqual(["seen +/k/a@2", "written 2", "seen +/k/b@3", "written 3"]);
});
