import { writeSync } from "node:fs";
import { type Chance, seededChance } from "#base/chance.ts";
import { systemClock } from "#base/clock.ts";
import { silentLogger } from "#base/log.ts";
import { openSqliteStore } from "#store/sqlite/sqlite-store.ts";
import type { Store } from "#store/store.ts";

/**
 * The process that `crash.test.ts` kills: opens the store, tells what it finds, resumes the watch,
 * and writes from several writers until it dies. Lines go out by synchronous writes, so that the
 * parent has got whatever was said before the kill.
 *
 * Arguments: data folder, seed, and the revision that the parent's watch has got to.
 */

const writers = 6;
const ownKeys = 4;
const sharedKeys = 3;

/** A line to the parent. */
export type Line =
  /** What is there after opening: key, mod revision, value. */
  | { say: "open"; revision: number; entries: [key: string, revision: number, value: string][] }
  /** A write is about to be made. `value` undefined: a deletion. */
  | { say: "begin"; id: string; key: string; value?: string }
  /** A write has been acknowledged. */
  | { say: "done"; id: string; revision: number }
  /** A batch of the watch: revision, key, value (none: deleted) and the revision before. */
  | {
      say: "seen";
      revision: number;
      events: [revision: number, key: string, value: string | null, previous: number][];
    };

function say(line: Line): void {
  let rest = Buffer.from(`${JSON.stringify(line)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // The pipe is full: the parent is behind.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

function told(value: Uint8Array): string {
  return Buffer.from(value).toString("latin1").trimEnd();
}

async function watch(store: Store, since: number): Promise<void> {
  for await (const batch of store.watch("/", since, new AbortController().signal)) {
    say({
      say: "seen",
      revision: batch.revision,
      events: batch.events.map((event) => {
        const before = event.previous?.modRevision ?? 0;
        if (event.type === "delete") return [event.revision, event.previous.key, null, before];
        const { key, value, modRevision } = event.entry;
        return [modRevision, key, told(value), before];
      }),
    });
  }
}

/** Creates, updates and deletes keys, its own and shared ones, as fast as it is answered. */
async function write(store: Store, chance: Chance, name: string): Promise<void> {
  for (let step = 0; ; step++) {
    const shared = chance.integer(3) === 0;
    const key = shared
      ? `/shared/${chance.integer(sharedKeys)}`
      : `/${name}/${chance.integer(ownKeys)}`;
    const id = `${name}.${step}`;
    const entry = await store.get(key);
    if (entry && chance.integer(5) === 0) {
      say({ say: "begin", id, key });
      const swap = await store.delete(key, entry.modRevision);
      if (swap.ok) say({ say: "done", id, revision: swap.revision });
      continue;
    }
    const value = Buffer.from(id.padEnd(20 + chance.integer(3_000)), "latin1");
    say({ say: "begin", id, key, value: id });
    const swap = await (entry
      ? store.update(key, value, entry.modRevision)
      : store.create(key, value));
    if (swap.ok) say({ say: "done", id, revision: swap.revision });
  }
}

/** Compacts what the parent has seen for sure. */
async function compact(store: Store, chance: Chance, seen: number): Promise<void> {
  if (seen <= 1) return;
  const oldest = await store.compactedRevision();
  await store.compact(oldest + chance.integer(seen - oldest + 1));
}

const [folder = "", seed = "1", since = "1"] = process.argv.slice(2);
const chance = seededChance(Number(seed));
const store = await openSqliteStore({ folder, clock: systemClock, log: silentLogger });
const { entries, revision } = await store.list("/");
say({
  say: "open",
  revision,
  entries: entries.map(({ key, modRevision, value }) => [key, modRevision, told(value)]),
});
const names = Array.from({ length: writers }, (_, n) => `s${seed}w${n}`);
await Promise.all([
  watch(store, Number(since)),
  compact(store, chance, Number(since)),
  ...names.map((name) => write(store, seededChance(chance.integer(2 ** 32)), name)),
]);
