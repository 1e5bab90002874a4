import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "#base/log.ts";
import { systemClock } from "#base/clock.ts";
import { openSqliteStore, type SqliteStore } from "#store/sqlite/sqlite-store.ts";
import { StorageError } from "#store/store.ts";
import { afterAll, beforeAll, expect, test } from "vitest";

/** A real file system that is really full: needs the right to mount. */

const mount = mkdtempSync(join(tmpdir(), "full-disk-"));
const mounted = process.getuid?.() === 0 && process.platform === "linux" && tryMount();

function tryMount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", mount]);
    return true;
  } catch {
    return false;
  }
}

beforeAll(() => {
  if (!mounted) return;
  writeFileSync(join(mount, "ballast"), Buffer.alloc(1 << 20));
});
afterAll(() => {
  if (mounted) execFileSync("umount", [mount]);
  rmSync(mount, { recursive: true, force: true });
});

const folder = join(mount, "data");

function open(): Promise<SqliteStore> {
  return openSqliteStore({ folder, clock: systemClock, log: silentLogger });
}

/** Creates keys from several writers until nothing fits any more; returns those acknowledged. */
async function fillUp(store: SqliteStore, prefix: string): Promise<string[]> {
  const kept: string[] = [];
  let refusals = 0;
  let count = 0;
  async function write(): Promise<void> {
    while (refusals < 30) {
      const key = `${prefix}${count++}`;
      try {
        const swap = await store.create(key, Buffer.alloc(3_000, key));
        expect(swap.ok).toBe(true);
        kept.push(key);
      } catch (error) {
        expect(error).toBeInstanceOf(StorageError);
        expect(error).toMatchObject({ kind: "full" });
        refusals++;
      }
    }
  }
  await Promise.all([write(), write(), write(), write()]);
  return kept;
}

async function keys(store: SqliteStore): Promise<string[]> {
  return (await store.list("/k/")).entries.map(({ key }) => key);
}

test.runIf(mounted)("a full disk is told, loses nothing, and is survived", async () => {
  let kept: string[];
  {
    await using store = await open();
    kept = await fillUp(store, "/k/a");
    expect(kept.length).toBeGreaterThan(100);
    expect(await keys(store)).toEqual(kept.toSorted());
    // Space is made: the store goes on without having been opened anew.
    rmSync(join(mount, "ballast"));
    const revision = await store.revision();
    const swap = await store.create("/k/after", Buffer.from("x"));
    expect(swap).toEqual({ ok: true, revision: revision + 1 });
    kept.push("/k/after");
    kept.push(...(await fillUp(store, "/k/b")));
  }
  // Full again while closing; it can still be opened and read.
  await using again = await open();
  expect(await keys(again)).toEqual(kept.toSorted());
  for (const { key, value } of (await again.list("/k/a")).entries.slice(0, 50)) {
    if (key !== "/k/after") expect(Buffer.from(value).equals(Buffer.alloc(3_000, key))).toBe(true);
  }
  expect(statSync(join(folder, "state.db")).size).toBeLessThan(4 << 20);
});

test.runIf(mounted)("no space to make a store is told as such", async () => {
  writeFileSync(join(mount, "more-ballast"), "");
  try {
    for (;;) writeFileSync(join(mount, "more-ballast"), Buffer.alloc(4_096), { flag: "a" });
  } catch {
    // Full.
  }
  const elsewhere = join(mount, "elsewhere");
  const opening = openSqliteStore({ folder: elsewhere, clock: systemClock, log: silentLogger });
  await expect(opening).rejects.toMatchObject({ name: "StorageError", kind: "full" });
  rmSync(join(mount, "more-ballast"));
  rmSync(folder, { recursive: true });
  await using store = await openSqliteStore({
    folder: elsewhere, clock: systemClock, log: silentLogger,
  }); // prettier-ignore
  expect((await store.create("/k/a", Buffer.from("x"))).ok).toBe(true);
});
