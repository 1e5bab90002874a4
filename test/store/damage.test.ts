import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededChance } from "#base/chance.ts";
import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { bytes, createAll, done, show, Watching } from "#store/contract/harness.ts";
import { openSqliteStore, type SqliteStore } from "#store/sqlite/sqlite-store.ts";
import { type Store, StorageError } from "#store/store.ts";
import { afterEach, expect, test } from "vitest";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), "store-")));
  return folders.at(-1)!;
}

function open(folder: string): Promise<SqliteStore> {
  return openSqliteStore({ folder, clock: new VirtualClock(), log: silentLogger });
}

/** All keys with value and revisions, and the history that can still be watched. */
async function dump(store: Store): Promise<string[]> {
  const { entries, revision } = await store.list("");
  using watch = new Watching(store, "", await store.compactedRevision());
  const events = (await watch.reach(revision)).map(show);
  return entries
    .map((e) => `${e.key} ${e.createRevision} ${e.modRevision} ${Buffer.from(e.value).toString()}`)
    .concat(events);
}

/** Some keys with a history, part of it compacted. */
async function fill(store: Store): Promise<void> {
  const names = Array.from({ length: 60 }, (_, n) => `/k/${n}`);
  const swaps = await Promise.all(names.map((key) => store.create(key, bytes(key.repeat(50)))));
  const revisions = swaps.map((swap) => (swap.ok ? swap.revision : 0));
  for (let n = 0; n < 40; n++) await done(store.update(names[n]!, bytes(`n${n}`), revisions[n]!));
  for (let n = 40; n < 50; n++) await done(store.delete(names[n]!, revisions[n]!));
  await store.compact(80);
  await createAll(store, "/k/late-1", "/k/late-2");
}

test("a file cut off anywhere is refused", async () => {
  const folder = newFolder();
  {
    await using store = await open(folder);
    await fill(store);
  }
  const path = join(folder, "state.db");
  const { size } = statSync(path);
  for (const share of [0.1, 0.5, 0.9]) {
    const copy = newFolder();
    copyFileSync(path, join(copy, "state.db"));
    truncateSync(join(copy, "state.db"), Math.floor(size * share));
    await expect(open(copy)).rejects.toMatchObject({ kind: "corrupt" });
  }
});

/** What a store opens to after one byte of a file has been changed: its dump, or "corrupt". */
async function openFlipped(folder: string, name: string, at: number): Promise<string[] | string> {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  const content = readFileSync(join(copy, name));
  content[at]! ^= 0x55;
  writeFileSync(join(copy, name), content);
  try {
    await using store = await open(copy);
    return await dump(store);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return error.kind;
  }
}

test("a flipped byte in the file is harmless or refused, never believed", async () => {
  const folder = newFolder();
  let before: string[];
  {
    await using store = await open(folder);
    await fill(store);
    before = await dump(store);
  }
  const { size } = statSync(join(folder, "state.db"));
  const chance = seededChance(7);
  const outcomes = { same: 0, corrupt: 0 };
  for (let n = 0; n < 50; n++) {
    const at = n < 10 ? chance.integer(100) : chance.integer(size);
    const found = await openFlipped(folder, "state.db", at);
    expect([before, "corrupt"], `byte ${at}`).toContainEqual(found);
    outcomes[found === "corrupt" ? "corrupt" : "same"]++;
  }
  expect(outcomes.corrupt).toBeGreaterThan(10);
});

test("a flipped byte in the journal costs at most the last commit, or is refused", async () => {
  const folder = newFolder();
  const crashed = newFolder();
  const dumps: string[][] = [];
  {
    await using store = await open(folder);
    for (let n = 0; n < 12; n++) {
      await createAll(store, `/k/${n}`);
      dumps.push(await dump(store));
    }
    cpSync(folder, crashed, { recursive: true });
  }
  const { size } = statSync(join(crashed, "state.db-wal"));
  const chance = seededChance(8);
  let refused = 0;
  for (let n = 0; n < 30; n++) {
    const found = await openFlipped(crashed, "state.db-wal", chance.integer(size));
    if (found === "corrupt") refused++;
    else expect(dumps.slice(-2)).toContainEqual(found);
  }
  expect(refused).toBeGreaterThan(5);
  const whole = newFolder();
  cpSync(crashed, whole, { recursive: true });
  await using store = await open(whole);
  expect(await dump(store)).toEqual(dumps.at(-1));
});
