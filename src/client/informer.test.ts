import { afterEach, beforeEach, expect, test } from "vitest";
import { configMaps, type ConfigMap } from "#apis/core/config-map.ts";
import { seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { settle, VirtualClock } from "#base/virtual-clock.ts";
import { ApiError } from "#machinery/errors.ts";
import { MemoryApi } from "#testkit/memory-api.ts";
import { createClient } from "./client.ts";
import { type Informer, startInformer } from "./informer.ts";

let api: MemoryApi;
let clock: VirtualClock;
let stop: ReturnType<typeof childSignal>;
beforeEach(() => {
  api = new MemoryApi();
  clock = new VirtualClock();
  stop = childSignal();
});
afterEach(() => stop.abort());

function start(initial?: "list" | "watch"): Informer<ConfigMap> {
  const client = createClient(api);
  const common = { clock, chance: seededChance(1), log: silentLogger, signal: stop.signal };
  return startInformer({ ...common, client, resource: configMaps, initial });
}

function client() {
  return createClient(api);
}

function create(name: string, data: Record<string, string> = {}): Promise<ConfigMap> {
  return client().create(configMaps, { metadata: { namespace: "n", name }, data });
}

const names = (informer: Informer<ConfigMap>) =>
  informer
    .list()
    .map(({ metadata }) => metadata.name)
    .sort();

test.each(["list", "watch"] as const)(
  "follows what is there and what changes (%s)",
  async (how) => {
    await create("a");
    const informer = start(how);
    await informer.synced;
    const seen: string[] = [];
    informer.onChange((next, old) => {
      seen.push(`${old?.metadata.name ?? "-"}>${next?.metadata.name ?? "-"}`);
    });
    await create("b");
    await client().delete(configMaps, { namespace: "n", name: "a" });
    await settle();
    expect(names(informer)).toEqual(["b"]);
    expect(seen).toEqual(["->a", "->b", "a>-"]);
    expect(informer.list("n")).toHaveLength(1);
    expect(informer.list("other")).toEqual([]);
  },
);

test("resumes a watch that ends from where it was, without listing", async () => {
  const informer = start();
  await informer.synced;
  await settle();
  await create("a");
  await settle();
  api.dropWatches();
  await create("b");
  await settle();
  expect(names(informer)).toEqual(["a", "b"]);
  expect(api.calls.filter((call) => call.startsWith("GET"))).toHaveLength(1);
});

test("lists anew when the history is gone, and tells of what went meanwhile", async () => {
  await create("a");
  const informer = start();
  await informer.synced;
  await settle();
  const gone: string[] = [];
  informer.onChange((next, old) => {
    if (!next && old) gone.push(old.metadata.name);
  });
  api.dropWatches();
  await client().delete(configMaps, { namespace: "n", name: "a" });
  await create("b");
  api.compact();
  await settle();
  await clock.advance(5_000);
  expect(names(informer)).toEqual(["b"]);
  expect(gone).toEqual(["a"]);
});

test("backs off while the server refuses, then catches up", async () => {
  api.fail = () => new ApiError("ServiceUnavailable", "not now");
  const informer = start();
  await clock.advance(60_000);
  expect(informer.hasSynced).toBe(false);
  const tries = api.calls.length;
  expect(tries).toBeGreaterThan(3);
  expect(tries).toBeLessThan(12);
  api.fail = undefined;
  await clock.advance(60_000);
  expect(informer.hasSynced).toBe(true);
});

test("an index files each object under its values", async () => {
  const informer = start();
  await informer.synced;
  await create("a", { color: "red" });
  await settle();
  informer.addIndex("color", ({ data }) => (data?.["color"] ? [data["color"]] : []));
  await create("b", { color: "red" });
  await settle();
  expect(informer.by("color", "red")).toHaveLength(2);
  const [first] = informer.by("color", "red");
  await client().update(configMaps, { ...first!, data: { color: "blue" } });
  await settle();
  expect(informer.by("color", "red")).toHaveLength(1);
  expect(informer.by("color", "blue")).toHaveLength(1);
});

test("calls back once a revision has been seen", async () => {
  const informer = start();
  await informer.synced;
  await settle();
  let seen = 0;
  informer.whenSeen(String(api.revision + 1), () => seen++);
  expect(seen).toBe(0);
  await create("a");
  await settle();
  expect(seen).toBe(1);
  informer.whenSeen(String(api.revision), () => seen++);
  expect(seen).toBe(2);
});
