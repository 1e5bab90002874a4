import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { storeContract } from "../contract.ts";
import type { OpenedStore } from "../contract/harness.ts";
import { openSqliteStore, type SqliteStoreOptions } from "./sqlite-store.ts";

async function open(limits: NonNullable<SqliteStoreOptions["limits"]>): Promise<OpenedStore> {
  const clock = new VirtualClock();
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  const store = await openSqliteStore({ folder, clock, log: silentLogger, limits });
  return {
    store,
    watchQueueEventsMax: limits.watchQueueEventsMax!,
    elapse: (ms) => clock.advance(ms),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

storeContract("sqlite", () => open({ watchQueueEventsMax: 1_000 }));
