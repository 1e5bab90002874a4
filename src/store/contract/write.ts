import { expect, test } from "vitest";
import { bytes, createAll, done, type OpenStore, text } from "./harness.ts";

/** Create, update, delete: compare-and-swap on the mod revision. */
export function writeContract(open: OpenStore): void {
  test("an empty store is at revision 1 and the first write makes 2", async () => {
    await using opened = await open();
    expect(await opened.store.revision()).toBe(1);
    expect(await createAll(opened.store, "/a")).toEqual([2]);
    expect(await opened.store.revision()).toBe(2);
  });

  test("create() writes a key that get() finds", async () => {
    await using opened = await open();
    const { store } = opened;
    const revision = await done(store.create("/a/b", bytes("one")));
    const entry = await store.get("/a/b");
    expect(text(entry)).toBe("one");
    expect(entry).toMatchObject({
      key: "/a/b", modRevision: revision, createRevision: revision,
    }); // prettier-ignore
    expect(await store.get("/a")).toBeUndefined();
    expect(await store.get("/a/b/")).toBeUndefined();
  });

  test("create() refuses an existing key and tells what is there", async () => {
    await using opened = await open();
    const { store } = opened;
    const revision = await done(store.create("/a", bytes("one")));
    const second = await store.create("/a", bytes("two"));
    expect(second).toMatchObject({ ok: false, current: { key: "/a", modRevision: revision } });
    expect(text(await store.get("/a"))).toBe("one");
    expect(await store.revision(), "a refused write takes no revision").toBe(revision);
  });

  test("update() needs the current mod revision and keeps the create revision", async () => {
    await using opened = await open();
    const { store } = opened;
    const created = await done(store.create("/a", bytes("one")));
    const updated = await done(store.update("/a", bytes("two"), created));
    expect(updated).toBeGreaterThan(created);
    expect(await store.get("/a")).toMatchObject({ modRevision: updated, createRevision: created });
    const stale = await store.update("/a", bytes("three"), created);
    expect(stale).toMatchObject({ ok: false, current: { modRevision: updated } });
    expect(text(await store.get("/a"))).toBe("two");
  });

  test("update() of a missing key is refused with nothing there", async () => {
    await using opened = await open();
    await createAll(opened.store, "/b");
    const swap = await opened.store.update("/a", bytes("one"), 2);
    expect(swap).toEqual({ ok: false, current: undefined });
  });

  test("delete() needs the current mod revision and takes a revision", async () => {
    await using opened = await open();
    const { store } = opened;
    const created = await done(store.create("/a", bytes("one")));
    const updated = await done(store.update("/a", bytes("two"), created));
    expect(await store.delete("/a", created)).toMatchObject({ ok: false });
    const deleted = await done(store.delete("/a", updated));
    expect(deleted).toBe(updated + 1);
    expect(await store.get("/a")).toBeUndefined();
    expect(await store.delete("/a", updated)).toEqual({ ok: false, current: undefined });
    expect(await store.delete("/never", 0)).toEqual({ ok: false, current: undefined });
  });

  test("a key created again after deletion has a new create revision", async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await done(store.create("/a", bytes("one")));
    await done(store.delete("/a", first));
    const second = await done(store.create("/a", bytes("two")));
    expect(await store.get("/a")).toMatchObject({ createRevision: second, modRevision: second });
    expect(await store.update("/a", bytes("x"), first)).toMatchObject({ ok: false });
  });

  test("of concurrent creates of a key exactly one succeeds", async () => {
    await using opened = await open();
    const { store } = opened;
    const names = Array.from({ length: 50 }, (_, n) => `writer ${n}`);
    const swaps = await Promise.all(names.map((name) => store.create("/a", bytes(name))));
    const winners = swaps.filter((swap) => swap.ok);
    expect(winners).toHaveLength(1);
    const losers = swaps.filter((swap) => !swap.ok);
    const { revision } = winners[0]!;
    for (const { current } of losers) expect(current?.modRevision).toBe(revision);
    expect(await store.revision()).toBe(revision);
  });

  test("of concurrent updates from one revision exactly one succeeds", async () => {
    await using opened = await open();
    const { store } = opened;
    const created = await done(store.create("/a", bytes("0")));
    const updates = Array.from({ length: 50 }, (_, n) =>
      store.update("/a", bytes(`${n}`), created),
    );
    const swaps = await Promise.all([...updates, store.delete("/a", created)]);
    expect(swaps.filter((swap) => swap.ok)).toHaveLength(1);
  });

  test("a counter raised by concurrent compare-and-swap loops loses no step", async () => {
    await using opened = await open();
    const { store } = opened;
    await createAll(store, "/n");
    await done(store.update("/n", bytes("0"), 2));
    async function raise(times: number): Promise<void> {
      for (let raised = 0; raised < times;) {
        const entry = (await store.get("/n"))!;
        const next = bytes(String(Number(text(entry)) + 1));
        if ((await store.update("/n", next, entry.modRevision)).ok) raised++;
      }
    }
    await Promise.all(Array.from({ length: 8 }, () => raise(10)));
    expect(text(await store.get("/n"))).toBe("80");
  });

  test("writes begun in order get their revisions in order", async () => {
    await using opened = await open();
    const { store } = opened;
    const writes = Array.from({ length: 100 }, (_, n) => done(store.create(`/k${n}`, bytes("x"))));
    const revisions = await Promise.all(writes);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    expect(new Set(revisions).size).toBe(100);
  });

  test("an acknowledged write is seen by whatever is read next", async () => {
    await using opened = await open();
    const { store } = opened;
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const revision = await done(store.create(`/k/${n}`, bytes("x")));
        expect((await store.get(`/k/${n}`))?.modRevision).toBe(revision);
        expect((await store.list(`/k/${n}`)).revision).toBeGreaterThanOrEqual(revision);
        expect(await store.revision()).toBeGreaterThanOrEqual(revision);
      }),
    );
  });

  test("empty and large values and keys of any script come back as they were", async () => {
    await using opened = await open();
    const { store } = opened;
    const large = new Uint8Array(3 * 2 ** 20).map((_, at) => (at * 31) & 0xff);
    await done(store.create("/empty", new Uint8Array(0)));
    await done(store.create("/large", large));
    await done(store.create("/ключ/鍵/🔑", bytes("key")));
    expect((await store.get("/empty"))?.value.byteLength).toBe(0);
    expect(Buffer.compare((await store.get("/large"))!.value, large)).toBe(0);
    expect(text(await store.get("/ключ/鍵/🔑"))).toBe("key");
  });
}
