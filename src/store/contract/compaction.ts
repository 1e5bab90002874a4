import { expect, test } from "vitest";
import { CompactedError, FutureRevisionError, type Store } from "../store.ts";
import { bytes, createAll, done, type OpenStore, show, text, Watching } from "./harness.ts";

/** Ten updates of `/k/a` (revisions 2 to 11), then a key that is deleted again (12, 13). */
async function history(store: Store): Promise<void> {
  let at = await done(store.create("/k/a", bytes("0")));
  for (let n = 1; n < 10; n++) at = await done(store.update("/k/a", bytes(`${n}`), at));
  await done(store.delete("/k/b", await done(store.create("/k/b", bytes("b")))));
}

/** Forgetting history without touching the present. */
export function compactionContract(open: OpenStore): void {
  test("compaction keeps the present and what has happened since", async () => {
    await using opened = await open();
    const { store } = opened;
    await history(store);
    await store.compact(8);
    expect(await store.compactedRevision()).toBe(8);
    expect(await store.revision()).toBe(13);
    expect(text(await store.get("/k/a"))).toBe("9");
    expect(text((await store.list("/k/", { at: 8 })).entries[0])).toBe("6");
    expect((await store.list("/k/", { at: 12 })).entries.map(({ key }) => key)).toEqual([
      "/k/a", "/k/b",
    ]); // prettier-ignore
  });

  test("reading and watching from before a compaction is refused", async () => {
    await using opened = await open();
    const { store } = opened;
    await history(store);
    await store.compact(8);
    await expect(store.list("/k/", { at: 7 })).rejects.toThrow(CompactedError);
    await expect(store.list("/k/", { at: 7 })).rejects.toMatchObject({ compactedRevision: 8 });
    using watch = new Watching(store, "/k/", 7);
    await expect(watch.next()).rejects.toThrow(CompactedError);
    expect(await watch.next()).toBeUndefined();
  });

  test("a watch from the compacted revision is whole", async () => {
    await using opened = await open();
    const { store } = opened;
    await history(store);
    await store.compact(10);
    using watch = new Watching(store, "/k/", 10);
    const events = await watch.until(3);
    expect(events.map(show)).toEqual(["+/k/a@11", "+/k/b@12", "-/k/b@13"]);
    expect(text(events[0]!.previous)).toBe("8");
  });

  test("a running watch does not mind compaction", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/k/", 1);
    const reading = watch.until(13);
    await history(store);
    await store.compact(await store.revision());
    await createAll(store, "/k/c");
    expect((await reading).length).toBe(13);
    expect(show(watch.events.at(-1)!)).toBe("+/k/c@14");
  });

  test("everything may be compacted, again and again", async () => {
    await using opened = await open();
    const { store } = opened;
    await history(store);
    await store.compact(13);
    await store.compact(13);
    await store.compact(5);
    expect(await store.compactedRevision()).toBe(13);
    expect((await store.list("/k/", { at: 13 })).entries).toHaveLength(1);
    expect(await createAll(store, "/k/b")).toEqual([14]);
    await store.compact(14);
    expect(await store.count("/k/")).toBe(2);
    expect(await store.compactedRevision()).toBe(14);
  });

  test("the future cannot be compacted", async () => {
    await using opened = await open();
    await history(opened.store);
    await expect(opened.store.compact(14)).rejects.toThrow(FutureRevisionError);
    expect(await opened.store.compactedRevision()).toBe(1);
  });

  test("compaction while writers write loses no key", async () => {
    await using opened = await open();
    const { store } = opened;
    async function write(key: string): Promise<void> {
      let at = await done(store.create(key, bytes("0")));
      for (let n = 1; n <= 60; n++) at = await done(store.update(key, bytes(`${n}`), at));
    }
    let finished = 0;
    const writers = Array.from({ length: 6 }, async (_, n) => {
      await write(`/k/${n}`);
      finished++;
    });
    for (let n = 0; finished < writers.length; n++)
      await store.compact(await done(store.create(`/x/${n}`, bytes(""))));
    await Promise.all(writers);
    const { entries } = await store.list("/k/");
    expect(entries.map(text)).toEqual(Array.from({ length: 6 }, () => "60"));
  });
}
