import { expect, test } from "vitest";
import { StorageError } from "../store.ts";
import { bytes, createAll, done, type OpenStore, show, Watching } from "./harness.ts";

/** Time to live, and the end of the store itself. */
export function lifeContract(open: OpenStore): void {
  test("a key with a time to live is deleted then, as an event", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/k/", 1);
    await done(store.create("/k/a", bytes("x"), 10));
    await done(store.create("/k/b", bytes("x")));
    await opened.elapse(9_000);
    expect(await store.get("/k/a")).toBeDefined();
    await opened.elapse(2_000);
    expect((await watch.until(3)).map(show).at(-1)).toBe("-/k/a@4");
    expect(await store.get("/k/a")).toBeUndefined();
    expect(await store.get("/k/b")).toBeDefined();
  });

  test("a later write sets the time to live anew", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/k/", 1);
    const longer = await done(store.create("/k/longer", bytes("x"), 10));
    const forever = await done(store.create("/k/forever", bytes("x"), 10));
    const mortal = await done(store.create("/k/mortal", bytes("x")));
    await opened.elapse(5_000);
    await done(store.update("/k/longer", bytes("y"), longer, 10));
    await done(store.update("/k/forever", bytes("y"), forever));
    await done(store.update("/k/mortal", bytes("y"), mortal, 3));
    await opened.elapse(7_000);
    expect((await watch.until(7)).map(show).slice(6)).toEqual(["-/k/mortal@8"]);
    await opened.elapse(6_000);
    expect((await watch.until(8)).map(show).slice(7)).toEqual(["-/k/longer@9"]);
    await opened.elapse(60_000);
    expect(await store.get("/k/forever")).toBeDefined();
  });

  test("a key deleted and created again is not deleted by its old time to live", async () => {
    await using opened = await open();
    const { store } = opened;
    const first = await done(store.create("/k/a", bytes("x"), 5));
    await done(store.delete("/k/a", first));
    await done(store.create("/k/a", bytes("y")));
    await opened.elapse(20_000);
    expect(await store.get("/k/a")).toBeDefined();
    expect(await store.revision()).toBe(4);
  });

  test("many keys expire together", async () => {
    await using opened = await open();
    const { store } = opened;
    const names = Array.from({ length: 1_500 }, (_, n) => `/k/${n}`);
    await Promise.all(names.map((name) => store.create(name, bytes("x"), 5)));
    using watch = new Watching(store, "/k/", await store.revision());
    const reading = watch.until(1_500);
    await opened.elapse(6_000);
    expect((await reading).every((event) => event.type === "delete")).toBe(true);
    expect(await store.count("/k/")).toBe(0);
  });

  test("a store that is closed ends its watches and refuses everything", async () => {
    const opened = await open();
    const { store } = opened;
    await createAll(store, "/k/a");
    const watch = new Watching(store, "/k/", 2);
    const reading = watch.next();
    const ended = expect(reading).rejects.toThrow(StorageError);
    await opened[Symbol.asyncDispose]();
    await ended;
    await expect(store.create("/k/b", bytes("x"))).rejects.toThrow(StorageError);
    await expect(store.get("/k/a")).rejects.toThrow(StorageError);
    await expect(store.list("/")).rejects.toThrow(StorageError);
    await expect(store.revision()).rejects.toThrow(StorageError);
    await expect(new Watching(store, "/k/", 2).next()).rejects.toThrow(StorageError);
    await opened[Symbol.asyncDispose]();
  });

  test("closing while busy lets the writes that were begun come to their end", async () => {
    const opened = await open();
    const { store } = opened;
    const begun = Array.from({ length: 200 }, (_, n) => store.create(`/k/${n}`, bytes("x")));
    const closing = opened[Symbol.asyncDispose]();
    const late = expect(store.create("/late", bytes("x"))).rejects.toThrow(StorageError);
    const swaps = await Promise.all(begun);
    expect(swaps.every((swap) => swap.ok)).toBe(true);
    await closing;
    await late;
  });
}
