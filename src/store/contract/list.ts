import { expect, test } from "vitest";
import { FutureRevisionError, type Page, type Revision, type Store } from "../store.ts";
import { bytes, createAll, done, type OpenStore } from "./harness.ts";

function keys(page: Page): string[] {
  return page.entries.map(({ key }) => key);
}

/** Reads a whole list in pages of `limit`, all as of the first page's revision. */
async function listInPages(
  store: Store,
  prefix: string,
  limit: number,
  between: () => Promise<unknown> = async () => {},
): Promise<{ keys: string[]; revision: Revision; values: string[] }> {
  let page = await store.list(prefix, { limit });
  const { revision } = page;
  const entries = [...page.entries];
  while (page.more) {
    await between();
    page = await store.list(prefix, { limit, after: entries.at(-1)!.key, at: revision });
    expect(page.revision).toBe(revision);
    entries.push(...page.entries);
  }
  expect(page.remaining).toBe(0);
  const values = entries.map(({ value }) => Buffer.from(value).toString());
  return { keys: entries.map(({ key }) => key), revision, values };
}

/** Lists and counts, now and as of a revision. */
export function listContract(open: OpenStore): void {
  test("list() of nothing is an empty page of the current revision", async () => {
    await using opened = await open();
    const page = await opened.store.list("/none/");
    expect(page).toEqual({ entries: [], revision: 1, more: false, remaining: 0 });
    expect(await opened.store.count("/none/")).toBe(0);
  });

  test("list() and count() keep to the prefix", async () => {
    await using opened = await open();
    const { store } = opened;
    await createAll(store, "/pods/a/1", "/pods/ab/1", "/pods/a/2", "/podsx", "/pod", "/nodes/a");
    expect(keys(await store.list("/pods/a/"))).toEqual(["/pods/a/1", "/pods/a/2"]);
    expect(keys(await store.list("/pods/a"))).toEqual(["/pods/a/1", "/pods/a/2", "/pods/ab/1"]);
    expect(await store.count("/pods/a")).toBe(3);
    expect(await store.count("/pods")).toBe(4);
    expect(await store.count("")).toBe(6);
    expect(keys(await store.list("")).length).toBe(6);
  });

  test("keys come in the order of their bytes", async () => {
    await using opened = await open();
    const { store } = opened;
    const names = ["/k/b", "/k/B", "/k/a", "/k/a-1", "/k/a/1", "/k/a.1", "/k/10", "/k/9", "/k/ä"];
    // By UTF-16 units the key emoji (a surrogate pair) would sort before the full-width letter.
    names.push("/k/🔑", "/k/\uff41", "/k/z", "/k/~");
    await createAll(store, ...names);
    const inOrder = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(keys(await store.list("/k/"))).toEqual(inOrder);
    expect((await listInPages(store, "/k/", 2)).keys).toEqual(inOrder);
  });

  test("limit and after page through, remaining counts down", async () => {
    await using opened = await open();
    const { store } = opened;
    await createAll(store, "/a", "/k/1", "/k/2", "/k/3", "/k/4", "/k/5", "/z");
    const first = await store.list("/k/", { limit: 2 });
    expect([keys(first), first.more, first.remaining]).toEqual([["/k/1", "/k/2"], true, 3]);
    const second = await store.list("/k/", { limit: 2, after: "/k/2" });
    expect([keys(second), second.more, second.remaining]).toEqual([["/k/3", "/k/4"], true, 1]);
    const third = await store.list("/k/", { limit: 2, after: "/k/4" });
    expect([keys(third), third.more, third.remaining]).toEqual([["/k/5"], false, 0]);
    const exact = await store.list("/k/", { limit: 5 });
    expect([exact.entries.length, exact.more]).toEqual([5, false]);
  });

  test("after need not be a key, nor lie within the prefix", async () => {
    await using opened = await open();
    const { store } = opened;
    await createAll(store, "/k/1", "/k/3", "/z");
    expect(keys(await store.list("/k/", { after: "/k/2" }))).toEqual(["/k/3"]);
    expect(keys(await store.list("/k/", { after: "/a" }))).toEqual(["/k/1", "/k/3"]);
    expect(keys(await store.list("/k/", { after: "/z" }))).toEqual([]);
    expect(keys(await store.list("/k/", { after: "/k/3" }))).toEqual([]);
  });

  test("list() at a revision shows what was there then", async () => {
    await using opened = await open();
    const { store } = opened;
    const [a = 0, b = 0] = await createAll(store, "/k/a", "/k/b");
    const updated = await done(store.update("/k/a", bytes("new"), a));
    const deleted = await done(store.delete("/k/b", b));
    await createAll(store, "/k/c");
    const then = async (at: Revision) =>
      (await store.list("/k/", { at })).entries.map(
        ({ key, value, modRevision }) => `${key}=${Buffer.from(value).toString()}@${modRevision}`,
      );
    expect(await then(1)).toEqual([]);
    expect(await then(a)).toEqual([`/k/a=/k/a@${a}`]);
    expect(await then(b)).toEqual([`/k/a=/k/a@${a}`, `/k/b=/k/b@${b}`]);
    expect(await then(updated)).toEqual([`/k/a=new@${updated}`, `/k/b=/k/b@${b}`]);
    expect(await then(deleted)).toEqual([`/k/a=new@${updated}`]);
    expect(await then(deleted + 1)).toHaveLength(2);
  });

  test("pages at a revision are one snapshot while writes go on", async () => {
    await using opened = await open();
    const { store } = opened;
    const names = Array.from({ length: 30 }, (_, n) => `/k/${String(n).padStart(2, "0")}`);
    const revisions = await createAll(store, ...names);
    let step = 0;
    const list = await listInPages(store, "/k/", 4, async () => {
      // One key yet to come is changed, one deleted, one put in between, one put at the end.
      const from = 29 - 2 * step++;
      if (from < 2) return;
      await done(store.update(names[from]!, bytes("changed"), revisions[from]!));
      await done(store.delete(names[from - 1]!, revisions[from - 1]!));
      await createAll(store, `${names[from]}-new`, `/k/x${step}`);
    });
    expect(step).toBeGreaterThan(5);
    expect(list.keys).toEqual(names);
    expect(list.values).toEqual(names);
    expect(list.revision).toBe(revisions.at(-1));
  });

  test("remaining is right at an old revision, too", async () => {
    await using opened = await open();
    const { store } = opened;
    const revisions = await createAll(store, "/k/1", "/k/2", "/k/3", "/k/4");
    await done(store.delete("/k/4", revisions[3]!));
    await done(store.delete("/k/1", revisions[0]!));
    await createAll(store, "/k/5", "/k/0");
    const page = await store.list("/k/", { limit: 1, at: revisions[3]! });
    expect([keys(page), page.more, page.remaining]).toEqual([["/k/1"], true, 3]);
    const next = await store.list("/k/", { limit: 2, after: "/k/1", at: revisions[3]! });
    expect([keys(next), next.more, next.remaining]).toEqual([["/k/2", "/k/3"], true, 1]);
  });

  test("a revision that has not happened yet is refused", async () => {
    await using opened = await open();
    await createAll(opened.store, "/a");
    const list = opened.store.list("/", { at: 3 });
    await expect(list).rejects.toThrow(FutureRevisionError);
    await expect(opened.store.list("/", { at: 3 })).rejects.toMatchObject({ current: 2 });
  });

  test("thousands of keys are listed whole and in order", async () => {
    await using opened = await open();
    const { store } = opened;
    const names = Array.from({ length: 3_000 }, (_, n) => `/k/${(n * 7_919) % 3_000}`);
    await Promise.all(names.map((name) => store.create(name, bytes(name))));
    const all = keys(await store.list("/k/"));
    expect(all).toEqual(names.toSorted());
    expect((await listInPages(store, "/k/", 500)).keys).toEqual(all);
    expect(await store.count("/k/1")).toBe(all.filter((key) => key.startsWith("/k/1")).length);
  });
}
