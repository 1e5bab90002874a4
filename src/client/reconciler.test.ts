import { afterEach, beforeEach, expect, test } from "vitest";
import { configMaps } from "#apis/core/config-map.ts";
import { secrets } from "#apis/core/secret.ts";
import { seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { childSignal } from "#base/signal.ts";
import { settle, VirtualClock } from "#base/virtual-clock.ts";
import { controllerReference } from "#machinery/meta.ts";
import { MemoryApi } from "#testkit/memory-api.ts";
import { createClient } from "./client.ts";
import type { Transport } from "./transport.ts";
import { startEventRecorder } from "./event-recorder.ts";
import { createInformerFactory } from "./informer-factory.ts";
import {
  type ControllerContext,
  defineController,
  done,
  type Outcome,
  type ReconcileContext,
  requeueAfter,
  TerminalError,
} from "./reconciler.ts";

let api: MemoryApi;
let clock: VirtualClock;
let stop: ReturnType<typeof childSignal>;
beforeEach(() => {
  api = new MemoryApi();
  clock = new VirtualClock();
  stop = childSignal();
});
afterEach(() => stop.abort());

function run(
  reconcile: (key: string, context: ReconcileContext) => Promise<Outcome>,
  client = createClient(api),
): void {
  const common = { client, clock, log: silentLogger, signal: stop.signal };
  const chance = seededChance(1);
  const informers = createInformerFactory({ ...common, chance });
  const recorder = startEventRecorder({ ...common, component: "test" });
  const context: ControllerContext = { ...common, chance, informers, recorder, concurrency: 2 };
  const controller = defineController({
    name: "test",
    for: configMaps,
    owns: [secrets],
    reconcile,
  });
  void controller.run(context);
}

const metadata = { namespace: "n", name: "a" };

test("never decides twice before it has seen what it wrote", async () => {
  const wanted = 3;
  run(async (key, { caches, client }) => {
    const owner = caches.get(configMaps, key as never);
    if (!owner) return done;
    for (let have = caches.ownedBy(secrets, owner).length; have < wanted; have++) {
      const ownerReferences = [controllerReference(owner, configMaps)];
      const draft = { namespace: "n", generateName: "s-", ownerReferences };
      await client.create(secrets, { metadata: draft });
    }
    return done;
  });
  const client = createClient(api);
  const owner = await client.create(configMaps, { metadata });
  await settle();
  // Changes of the owner ask for runs while the caches are behind.
  for (let i = 0; i < 5; i++) {
    await client.patch(configMaps, owner.metadata, { data: { i: String(i) } }, { type: "merge" });
    await settle();
  }
  await clock.advance(60_000);
  expect((await client.list(secrets)).items).toHaveLength(wanted);
});

test("an answer that is lost leads to nothing being done twice", async () => {
  let lost = 0;
  const lossy: Transport = {
    stream: () => api.stream(),
    watch: (call) => api.watch(call),
    async request(call) {
      const answer = await api.request(call);
      if (call.method === "POST" && call.path.endsWith("/secrets") && lost++ < 2) {
        // Watches end, too, as when the server goes away.
        api.dropWatches();
        throw new Error("connection reset");
      }
      return answer;
    },
  };
  run(async (key, { caches, client }) => {
    const owner = caches.get(configMaps, key as never);
    if (!owner || caches.ownedBy(secrets, owner).length >= 3) return done;
    const ownerReferences = [controllerReference(owner, configMaps)];
    await client.create(secrets, {
      metadata: { namespace: "n", generateName: "s-", ownerReferences },
    });
    return requeueAfter(1);
  }, createClient(lossy));
  const client = createClient(api);
  await client.create(configMaps, { metadata });
  await clock.advance(10 * 60_000);
  expect(lost).toBeGreaterThan(1);
  expect((await client.list(secrets)).items).toHaveLength(3);
});

test("a failure is tried again with back-off; a terminal one is not", async () => {
  const runs: Record<string, number> = {};
  run((key) => {
    const count = (runs[key] ?? 0) + 1;
    runs[key] = count;
    if (key === "n/hopeless") throw new TerminalError("never");
    if (count < 4) throw new Error("not yet");
    return Promise.resolve(done);
  });
  const client = createClient(api);
  await client.create(configMaps, { metadata });
  await client.create(configMaps, { metadata: { namespace: "n", name: "hopeless" } });
  await clock.advance(10_000);
  expect(runs).toEqual({ "n/a": 4, "n/hopeless": 1 });
});

test("comes back when it asked to", async () => {
  let runs = 0;
  run(() => {
    runs++;
    return Promise.resolve(requeueAfter(60_000));
  });
  await createClient(api).create(configMaps, { metadata });
  await clock.advance(10 * 60_000);
  expect(runs).toBe(11);
});

test("a change of what is owned asks for a run for the owner", async () => {
  const keys: string[] = [];
  run((key) => {
    keys.push(key);
    return Promise.resolve(done);
  });
  const client = createClient(api);
  const owner = await client.create(configMaps, { metadata });
  await settle();
  keys.length = 0;
  const ownerReferences = [controllerReference(owner, configMaps)];
  await client.create(secrets, { metadata: { namespace: "n", name: "s", ownerReferences } });
  await client.create(secrets, { metadata: { namespace: "n", name: "stranger" } });
  await settle();
  expect(keys).toEqual(["n/a"]);
});
