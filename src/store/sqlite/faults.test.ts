import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { silentLogger } from "#base/log.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { afterEach, expect, test } from "vitest";
import { bytes, createAll, done, show, Watching } from "../contract/harness.ts";
import { type Store, StorageError } from "../store.ts";
import { openSqliteStore, type SqliteStore } from "./sqlite-store.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), "store-")));
  return folders.at(-1)!;
}

function open(folder: string, more: { pagesMax?: number } = {}): Promise<SqliteStore> {
  return openSqliteStore({ folder, clock: new VirtualClock(), log: silentLogger, ...more });
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

test("what was written is there after closing and opening", async () => {
  const folder = newFolder();
  let before: string[];
  {
    await using store = await open(folder);
    await fill(store);
    before = await dump(store);
  }
  await using store = await open(folder);
  expect(await dump(store)).toEqual(before);
  expect(await store.compactedRevision()).toBe(80);
  expect(await done(store.create("/k/new", bytes("x")))).toBe(114);
});

test("the revision does not go back when the last change was a deletion and is compacted", async () => {
  const folder = newFolder();
  {
    await using store = await open(folder);
    const [revision = 0] = await createAll(store, "/a");
    await store.compact(await done(store.delete("/a", revision)));
  }
  await using store = await open(folder);
  expect(await store.revision()).toBe(3);
  expect(await createAll(store, "/a")).toEqual([4]);
});

test("time to live goes on while the store is closed", async () => {
  const folder = newFolder();
  const clock = new VirtualClock();
  {
    await using store = await openSqliteStore({ folder, clock, log: silentLogger });
    await done(store.create("/k/short", bytes("x"), 10));
    await done(store.create("/k/long", bytes("x"), 100));
  }
  await clock.advance(20_000);
  await using store = await openSqliteStore({ folder, clock, log: silentLogger });
  using watch = new Watching(store, "/k/", 3);
  await clock.advance(1);
  expect((await watch.until(1)).map(show)).toEqual(["-/k/short@4"]);
  await clock.advance(100_000);
  expect((await watch.until(2)).map(show)[1]).toBe("-/k/long@5");
});

test("files and folder are for their owner only", async () => {
  const folder = join(newFolder(), "data");
  {
    await using store = await open(folder);
    await createAll(store, "/a");
    for (const name of ["state.db", "state.db-wal"]) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  }
  chmodSync(join(folder, "state.db"), 0o644);
  await (await open(folder))[Symbol.asyncDispose]();
  expect(statSync(join(folder, "state.db")).mode & 0o777).toBe(0o600);
});

test("a data folder has one store at a time", async () => {
  const folder = newFolder();
  {
    await using store = await open(folder);
    await createAll(store, "/a");
    await expect(open(folder)).rejects.toMatchObject({
      name: "StorageError",
      kind: "io",
      message: expect.stringContaining("in use by another process"),
    });
    await createAll(store, "/b");
  }
  await using store = await open(folder);
  expect(await store.count("/")).toBe(2);
});

const foreign: Record<string, (path: string) => void> = {
  "something else": (path) => writeFileSync(path, "Dear diary, ".repeat(1_000)),
  "an empty file": (path) => writeFileSync(path, ""),
  "a database of another application"(path) {
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE diary (day TEXT); INSERT INTO diary VALUES ('Monday')");
    db.close();
  },
  "a file of a later version"(path) {
    const db = new DatabaseSync(path);
    db.exec("PRAGMA application_id = 1668249719; PRAGMA user_version = 99");
    db.close();
  },
  "a journal without its file": (path) => writeFileSync(`${path}-wal`, "x"),
};

test.each(Object.keys(foreign))("%s is refused and left as it is", async (name) => {
  const folder = newFolder();
  const path = join(folder, "state.db");
  foreign[name]!(path);
  const file = name.startsWith("a journal") ? `${path}-wal` : path;
  const before = readFileSync(file);
  await expect(open(folder)).rejects.toMatchObject({
    kind: "corrupt",
    message: expect.stringMatching(/state\.db cannot be used: .*backup/),
  });
  expect(readFileSync(file).equals(before)).toBe(true);
});

test("a folder that cannot be made or read is said so", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "file"), "");
  await expect(open(join(folder, "file", "data"))).rejects.toMatchObject({ kind: "io" });
  mkdirSync(join(folder, "state.db"));
  await expect(open(folder)).rejects.toThrow(StorageError);
});

test("a full disk refuses the writes that do not fit and loses none that did", async () => {
  const folder = newFolder();
  await using store = await open(folder, { pagesMax: 60 });
  const kept: string[] = [];
  let refused = 0;
  let latest = 0;
  for (let n = 0; refused < 20 && n < 2_000; n++) {
    const key = `/k/${n}`;
    try {
      latest = await done(store.create(key, new Uint8Array(4_000)));
      kept.push(key);
    } catch (error) {
      expect(error).toMatchObject({ name: "StorageError", kind: "full" });
      refused++;
    }
  }
  expect(refused).toBe(20);
  const list = await store.list("/k/");
  expect(list.entries.map(({ key }) => key)).toEqual(kept.toSorted());
  expect(list.revision).toBe(latest);
  // Deleting and compacting makes space within the file; then all goes on, revisions without gap.
  for (const entry of list.entries.slice(0, 30)) {
    await store.delete(entry.key, entry.modRevision).catch(() => undefined);
  }
  await store.compact(await store.revision());
  const next = await done(store.create("/k/again", new Uint8Array(4_000)));
  expect(await store.revision()).toBe(next);
  using watch = new Watching(store, "/k/", await store.compactedRevision());
  expect((await watch.until(1)).map(show)).toEqual([`+/k/again@${next}`]);
});

test("the file does not grow while history is compacted", async () => {
  const folder = newFolder();
  await using store = await open(folder);
  const size = (): number =>
    statSync(join(folder, "state.db")).size + statSync(join(folder, "state.db-wal")).size;
  const names = Array.from({ length: 50 }, (_, n) => `/k/${n}`);
  const at = new Map<string, number>();
  const sizes: number[] = [];
  for (let round = 0; round < 40; round++) {
    await Promise.all(
      names.map(async (key) => {
        const value = new Uint8Array(2_000).fill(round);
        at.set(key, await done(store.update(key, value, at.get(key) ?? 0)));
      }),
    );
    await store.compact(await store.revision());
    sizes.push(size());
  }
  expect(await store.count("/k/")).toBe(50);
  expect(Math.max(...sizes)).toBeLessThan(20 * 2 ** 20);
});

test("a backup is a whole store, made while writes go on", async () => {
  const folder = newFolder();
  await using store = await open(folder);
  await fill(store);
  const atStart = await store.revision();
  const restored = newFolder();
  const path = join(restored, "state.db");
  const writing = Promise.all(
    Array.from({ length: 300 }, (_, n) => done(store.create(`/during/${n}`, bytes("x")))),
  );
  await store.backup(path);
  await writing;
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(store.backup(path)).rejects.toThrow(StorageError);
  await using copy = await open(restored);
  expect(await copy.revision()).toBeGreaterThanOrEqual(atStart);
  const original = await dump(store);
  const copied = await dump(copy);
  for (const line of copied) expect(original).toContain(line);
  await createAll(copy, "/goes/on");
});
