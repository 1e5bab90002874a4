import { expect, test } from "vitest";
import { FutureRevisionError, type Revision, SlowWatcherError, type Store } from "../store.ts";
import {
  bytes,
  createAll,
  done,
  keyOf,
  type OpenStore,
  revisionOf,
  show,
  text,
  Watching,
} from "./harness.ts";

/** Writers that create, update and delete keys of their own below `prefix`, `steps` writes each. */
async function churn(store: Store, prefix: string, writers: number, steps: number): Promise<void> {
  async function write(writer: number): Promise<void> {
    const key = `${prefix}${writer}`;
    let at = 0;
    for (let step = 0; step < steps; step++) {
      if (at === 0) at = await done(store.create(key, bytes(`${step}`)));
      else if (step % 5 === 4) at = (await done(store.delete(key, at)), 0);
      else at = await done(store.update(key, bytes(`${step}`), at));
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
}

/** Watches: ordered, gapless, resumable, bounded. */
export function watchContract(open: OpenStore): void {
  test("a watch from now shows what is written later", async () => {
    await using opened = await open();
    const { store } = opened;
    await createAll(store, "/k/old");
    using watch = new Watching(store, "/k/", await store.revision());
    const first = watch.until(3);
    const created = await done(store.create("/k/a", bytes("one")));
    const updated = await done(store.update("/k/a", bytes("two"), created));
    await done(store.delete("/k/a", updated));
    expect((await first).map(show)).toEqual(["+/k/a@3", "+/k/a@4", "-/k/a@5"]);
  });

  test("a watch from the past shows what was written since, then what comes", async () => {
    await using opened = await open();
    const { store } = opened;
    const [a = 0] = await createAll(store, "/k/a", "/k/b");
    await done(store.delete("/k/a", a));
    using watch = new Watching(store, "/k/", 1);
    expect((await watch.until(3)).map(show)).toEqual(["+/k/a@2", "+/k/b@3", "-/k/a@4"]);
    await createAll(store, "/k/c");
    expect((await watch.until(4)).map(show).at(-1)).toBe("+/k/c@5");
  });

  test("events carry the entry before: none for a creation, the last for the others", async () => {
    await using opened = await open();
    const { store } = opened;
    const created = await done(store.create("/k/a", bytes("one")));
    const updated = await done(store.update("/k/a", bytes("two"), created));
    await done(store.delete("/k/a", updated));
    await done(store.create("/k/a", bytes("three")));
    using watch = new Watching(store, "/k/", 1);
    const events = await watch.until(4);
    expect(events.map((event) => text(event.previous))).toEqual([
      undefined, "one", "two", undefined,
    ]); // prettier-ignore
    expect(events[2]!.previous).toMatchObject({ modRevision: updated, createRevision: created });
  });

  test("a watch resumed from the middle repeats and loses nothing", async () => {
    await using opened = await open();
    const { store } = opened;
    await churn(store, "/k/", 4, 15);
    const end = await store.revision();
    using whole = new Watching(store, "/k/", 1);
    const all = (await whole.reach(end)).map(show);
    for (let since = 1; since <= end; since += 7) {
      using resumed = new Watching(store, "/k/", since);
      await resumed.reach(end);
      expect(resumed.events.map(show)).toEqual(all.slice(since - 1));
    }
  });

  test("a watch sees its prefix only", async () => {
    await using opened = await open();
    const { store } = opened;
    const since = await store.revision();
    using folder = new Watching(store, "/pods/a/", since);
    using bare = new Watching(store, "/pods/a", since);
    using single = new Watching(store, "/pods/a/1", since);
    using everything = new Watching(store, "", since);
    const reading = [folder.until(2), bare.until(3), single.until(1), everything.until(5)];
    await createAll(store, "/nodes/n", "/pods/a/1", "/pods/ab/1", "/pods/b/1", "/pods/a/2");
    const seen = (await Promise.all(reading)).map((events) => events.map(keyOf));
    expect(seen[0]).toEqual(["/pods/a/1", "/pods/a/2"]);
    expect(seen[1]).toEqual(["/pods/a/1", "/pods/ab/1", "/pods/a/2"]);
    expect(seen[2]).toEqual(["/pods/a/1"]);
    expect(seen[3]).toHaveLength(5);
  });

  test("under concurrent writers every revision comes once and in order", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/k/", await store.revision());
    const reading = watch.until(16 * 40);
    await churn(store, "/k/", 16, 40);
    const revisions = (await reading).map(revisionOf);
    expect(revisions).toEqual(Array.from({ length: 16 * 40 }, (_, at) => at + 2));
  });

  test("watchers that join at any moment of the writing agree", async () => {
    await using opened = await open();
    const { store } = opened;
    const joined: { since: Revision; watch: Watching }[] = [];
    const writing = churn(store, "/k/", 8, 40);
    const end = 1 + 8 * 40;
    for (let since = 1; since < end; since = await store.revision()) {
      joined.push({ since, watch: new Watching(store, "/k/", since) });
      await joined.at(-1)!.watch.reach(Math.min(since + 9, end));
    }
    await writing;
    for (const { since, watch } of joined) {
      await watch.reach(end);
      expect(watch.events.map(revisionOf)).toEqual(
        Array.from({ length: end - since }, (_, at) => since + 1 + at),
      );
      watch.abort();
    }
  });

  test("the events of a key follow from each other", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "", 1);
    const reading = watch.until(10 * 30);
    await churn(store, "/k/", 10, 30);
    const last = new Map<string, Revision>();
    for (const event of await reading) {
      const key = keyOf(event);
      expect(event.previous?.modRevision).toBe(last.get(key));
      if (event.type === "put") last.set(key, event.entry.modRevision);
      else last.delete(key);
    }
  });

  test("a batch says how far it goes, and never goes back", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/k/", 1);
    const reading = watch.until(200);
    await Promise.all([churn(store, "/k/", 10, 20), churn(store, "/other/", 10, 20)]);
    await reading;
    let seen = 0;
    expect(watch.revisions).toEqual(watch.revisions.toSorted((a, b) => a - b));
    for (const event of watch.events) seen = Math.max(seen, revisionOf(event));
    expect(watch.revision).toBeGreaterThanOrEqual(seen);
  });

  test("progress reaches a watcher whose keys do not change", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/quiet/", 1);
    const reading = watch.next();
    await createAll(store, "/k/a", "/k/b");
    await opened.elapse(10_000);
    expect(await reading).toMatchObject({ events: [] });
    expect(watch.revision).toBeGreaterThan(1);
    await watch.reach(await store.revision());
    expect(watch.events).toEqual([]);
  });

  test("asking for the revision brings watchers up to it", async () => {
    await using opened = await open();
    const { store } = opened;
    using watch = new Watching(store, "/quiet/", 1);
    const reading = watch.reach(3);
    await createAll(store, "/k/a", "/k/b");
    expect(await store.revision()).toBe(3);
    await reading;
    expect(watch.revision).toBe(3);
  });

  test("a watch from the past without events of its own reports progress", async () => {
    await using opened = await open();
    await createAll(opened.store, "/k/a", "/k/b");
    using watch = new Watching(opened.store, "/quiet/", 1);
    expect(await watch.next()).toEqual({ events: [], revision: 3 });
  });

  test("a watch from the future is refused", async () => {
    await using opened = await open();
    using watch = new Watching(opened.store, "/", 7);
    await expect(watch.next()).rejects.toThrow(FutureRevisionError);
  });

  test("an aborted watch ends, waiting or not", async () => {
    await using opened = await open();
    const { store } = opened;
    const waiting = new Watching(store, "/k/", 1);
    const reading = waiting.next();
    waiting.abort();
    expect(await reading).toBeUndefined();
    expect(await waiting.next()).toBeUndefined();
    const unread = new Watching(store, "/k/", 1);
    await createAll(store, "/k/a");
    unread.abort();
    expect(await unread.next()).toBeUndefined();
    const late = store.watch("/k/", 1, AbortSignal.abort())[Symbol.asyncIterator]();
    expect((await late.next()).done).toBe(true);
  });

  test("leaving the loop ends the watch", async () => {
    await using opened = await open();
    const { store } = opened;
    await createAll(store, "/k/a", "/k/b");
    const { signal } = new AbortController();
    for await (const batch of store.watch("/k/", 1, signal)) {
      expect(batch.events.map(keyOf)[0]).toBe("/k/a");
      break;
    }
    await createAll(store, "/k/c");
  });

  test("a watcher that does not read is ended and can resume", async () => {
    await using opened = await open();
    const { store, watchQueueEventsMax } = opened;
    using slow = new Watching(store, "/k/", 1);
    using quick = new Watching(store, "/k/", 1);
    await createAll(store, "/k/first");
    await slow.until(1);
    const count = 2 * watchQueueEventsMax + 2;
    const reading = quick.until(count + 1);
    for (let n = 0; n < count; n += 50) {
      const some = Array.from({ length: Math.min(50, count - n) }, (_, at) => `/k/${n + at}`);
      await Promise.all(some.map((key) => store.create(key, bytes("x"))));
    }
    await expect(slow.until(count + 1)).rejects.toThrow(SlowWatcherError);
    expect((await reading).length, "others do not suffer").toBe(count + 1);
    using resumed = new Watching(store, "/k/", slow.revision);
    const seen = [...slow.events, ...(await resumed.reach(quick.revision))];
    expect(seen.map(show)).toEqual(quick.events.map(show));
  });
}
