import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { storeContract } from "#store/contract.ts";
import { openSqliteStore } from "#store/sqlite/sqlite-store.ts";

/** With next to no history in memory, whatever is not quite new comes from the disk. */
const limits = { watchQueueEventsMax: 1_000, history: { eventsMax: 3, bytesMax: 1_000 } };

storeContract("sqlite, history on disk", async () => {
  const clock = new VirtualClock();
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const store = await openSqliteStore({ folder, clock, log: silentLogger, limits });
  return {
    store,
    watchQueueEventsMax: limits.watchQueueEventsMax,
    elapse: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
