import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";
import { openSqliteStore } from "#store/sqlite/sqlite-store.ts";
import type { Revision, Store } from "#store/store.ts";

/**
 * How fast the store is: `node bench/store.ts [sqlite|memory] [folder]`. Prints a JSON line for each
 * measure. The folder (default: the system's temporary one) should be on the disk in question.
 */

const valueBytes = 1_024;
const value = Buffer.alloc(valueBytes, "a");

const [backend = "sqlite", parent = tmpdir()] = process.argv.slice(2);
const folder = mkdtempSync(join(parent, "store-bench-"));

function open(): Promise<Store> {
  if (backend === "memory") return Promise.resolve(new MemoryStore({ clock: systemClock }));
  return openSqliteStore({ folder, clock: systemClock, log: silentLogger });
}

function report(bench: string, figures: Record<string, number>): void {
  const rounded = Object.entries(figures).map(([name, n]) => [name, Math.round(n * 100) / 100]);
  process.stdout.write(
    `${JSON.stringify({ bench: `store ${backend}: ${bench}`, ...Object.fromEntries(rounded) })}\n`,
  );
}

/** Milliseconds that `run` takes. */
async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = systemClock.monotonic();
  await run();
  return systemClock.monotonic() - begun;
}

/** Runs `total` operations from `writers` loops; rate and latencies. */
async function load(writers: number, total: number, operate: (n: number) => Promise<unknown>) {
  const latencies: number[] = [];
  let next = 0;
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: writers }, async () => {
        while (next < total) {
          const n = next++;
          latencies.push(await timed(() => operate(n)));
        }
      }),
    ),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))]!;
  return { perSecond: (total / ms) * 1_000, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

async function create(store: Store, key: string): Promise<Revision> {
  const swap = await store.create(key, value);
  if (!swap.ok) throw new Error(`${key} exists`);
  return swap.revision;
}

async function writes(store: Store): Promise<void> {
  await load(32, 5_000, (n) => create(store, `/registry/warm/${n}`));
  report("create, 1 writer", await load(1, 3_000, (n) => create(store, `/registry/one/${n}`)));
  report("create, 32 writers", await load(32, 40_000, (n) => create(store, `/registry/many/${n}`)));
  const at: Revision[] = [];
  for (const { modRevision } of (await store.list("/registry/one/")).entries) at.push(modRevision);
  const keys = (await store.list("/registry/one/")).entries.map(({ key }) => key);
  const update = async (n: number): Promise<void> => {
    const slot = n % keys.length;
    const swap = await store.update(keys[slot]!, value, at[slot]!);
    if (swap.ok) at[slot] = swap.revision;
  };
  report("update, 32 writers", await load(32, 30_000, update));
  const revision = await store.revision();
  const compacting = timed(() => store.compact(revision));
  report("update, 32 writers, while compacting", await load(32, 30_000, update));
  report("compaction meanwhile", { revisions: revision, ms: await compacting });
}

/** From one write to the moment that the last of many watchers has it; then as fast as it goes. */
async function fanOut(store: Store, watchers: number): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  let wanted = Infinity;
  let wake = (): void => {};
  const since = await store.revision();
  const running = Array.from({ length: watchers }, async () => {
    for await (const { events } of store.watch("/registry/watched/", since, stop.signal)) {
      seen += events.length;
      if (seen >= wanted) wake();
    }
  });
  let written = 0;
  const writeAndSee = async (count: number): Promise<void> => {
    wanted = (written + count) * watchers;
    const all = new Promise<void>((resolve) => (wake = resolve));
    const from = written;
    written += count;
    await load(32, count, (n) => create(store, `/registry/watched/${from + n}`));
    if (seen < wanted) await all;
  };
  const one = await load(1, 500, () => writeAndSee(1));
  report(`write to last of ${watchers} watchers`, { p50Ms: one.p50Ms, p99Ms: one.p99Ms });
  const events = 10_000;
  const ms = await timed(() => writeAndSee(events));
  report(`fan-out to ${watchers} watchers`, { eventsPerSecond: (events * watchers * 1_000) / ms });
  stop.abort();
  await Promise.all(running);
}

async function reopening(): Promise<void> {
  const objects = 30_000;
  rmSync(folder, { recursive: true });
  {
    await using store = await open();
    await load(256, objects, (n) => create(store, `/registry/pods/namespace-${n % 50}/pod-${n}`));
  }
  const opened: Store[] = [];
  const openMs = await timed(async () => opened.push(await open()));
  const [store] = opened;
  const listMs = await timed(() => store!.list("/registry/pods/"));
  const { size } = statSync(join(folder, "state.db"));
  report(`open with ${objects} objects`, { openMs, listMs, fileMB: size / 1e6 });
  await store![Symbol.asyncDispose]();
}

{
  const opened: Store[] = [];
  const ms = await timed(async () => opened.push(await open()));
  await using store = opened[0]!;
  report("open empty", { ms });
  await writes(store);
  await fanOut(store, 100);
}
if (backend === "sqlite") await reopening();
rmSync(folder, { recursive: true, force: true });
