import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Chance, seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { systemClock } from "#base/clock.ts";
import { MemoryStore } from "#store/memory/memory-store.ts";
import { openSqliteStore } from "#store/sqlite/sqlite-store.ts";
import type { Revision, Store } from "#store/store.ts";
import { expect, test } from "vitest";
import { linearizationFault, type Operation } from "./linearizability.ts";

/** Clients that get, create, update and delete a few keys, and the history of what they were told. */
async function record(store: Store, chance: Chance, clients: number, steps: number) {
  const history: Operation[] = [];
  let time = 0;
  async function run(call: () => Promise<Omit<Operation, "begun" | "ended">>): Promise<Revision> {
    const begun = time++;
    const outcome = await call();
    history.push({ ...outcome, begun, ended: time++ });
    return outcome.wrote ?? outcome.read ?? 0;
  }
  async function client(own: Chance): Promise<void> {
    const known = new Map<string, Revision>();
    for (let step = 0; step < steps; step++) {
      const key = `/k/${own.integer(3)}`;
      const expected = known.get(key) ?? 0;
      const kind = own.integer(4);
      const at = await run(async () => {
        if (kind === 0) return { key, read: (await store.get(key))?.modRevision ?? 0 };
        const value = Buffer.from(`${step}`);
        const swap = await (kind === 1 && expected > 0
          ? store.delete(key, expected)
          : expected > 0
            ? store.update(key, value, expected)
            : store.create(key, value));
        if (!swap.ok) return { key, read: swap.current?.modRevision ?? 0, expected };
        const gone = kind === 1 && expected > 0;
        return { key, wrote: swap.revision, expected, gone };
      });
      known.set(key, history.findLast((op) => op.wrote === at)?.gone ? 0 : at);
    }
  }
  await Promise.all(
    Array.from({ length: clients }, () => client(seededChance(chance.integer(2 ** 32)))),
  );
  return history;
}

const backends: Record<string, (folder: string) => Promise<Store>> = {
  memory: async () => new MemoryStore({ clock: systemClock }),
  sqlite: (folder) => openSqliteStore({ folder, clock: systemClock, log: silentLogger }),
};

test.each(Object.keys(backends).flatMap((name) => [1, 2, 3].map((seed) => ({ name, seed }))))(
  "$name: what concurrent clients are told fits one order (seed $seed)",
  async ({ name, seed }) => {
    const folder = mkdtempSync(join(tmpdir(), "linear-"));
    {
      await using store = await backends[name]!(folder);
      const history = await record(store, seededChance(seed), 16, 150);
      expect(linearizationFault(history)).toBeUndefined();
      expect(history.filter((op) => op.wrote !== undefined).length).toBeGreaterThan(200);
    }
    rmSync(folder, { recursive: true, force: true });
  },
);

const write = (wrote: Revision, expected: Revision, begun: number, ended: number): Operation => ({
  key: "/k", wrote, expected, begun, ended,
}); // prettier-ignore
const read = (at: Revision, begun: number, ended: number): Operation => ({
  key: "/k", read: at, begun, ended,
}); // prettier-ignore

test.each<[why: string, history: Operation[], fault: RegExp | undefined]>([
  ["one after the other", [write(2, 0, 0, 1), read(2, 2, 3), write(3, 2, 4, 5)], undefined],
  ["a read during a write may see either", [write(2, 0, 0, 9), read(0, 1, 2)], undefined],
  ["or the other", [write(2, 0, 0, 9), read(2, 1, 2)], undefined],
  ["a read of the past", [write(2, 0, 0, 1), read(0, 2, 3)], /stale/],
  ["a read of the future", [read(2, 0, 1), write(2, 0, 2, 3)], /future/],
  ["going back", [write(2, 0, 0, 9), read(2, 1, 2), read(0, 3, 4)], /stale/],
  ["two writes from one revision", [write(2, 0, 0, 1), write(3, 0, 0, 1)], /lost/],
  ["revisions against time", [write(3, 0, 0, 1), write(2, 0, 2, 3)], /order/],
])("the checker knows %s", (_why, history, fault) => {
  const found = linearizationFault(history);
  if (fault) expect(found).toMatch(fault);
  else expect(found).toBeUndefined();
});
