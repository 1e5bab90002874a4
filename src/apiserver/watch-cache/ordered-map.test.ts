import { expect, test } from "vitest";
import { seededChance } from "#base/chance.ts";
import { OrderedMap } from "./ordered-map.ts";

function keysOf(map: OrderedMap<{ key: string }>, prefix = "", after = ""): string[] {
  const keys: string[] = [];
  map.scan(prefix, after, ({ key }) => {
    keys.push(key);
    return true;
  });
  return keys;
}

test("keys come in order however they arrived, across many blocks", () => {
  const chance = seededChance(7);
  const map = new OrderedMap<{ key: string }>();
  const expected = new Set<string>();
  for (let step = 0; step < 20_000; step++) {
    const key = `/r/${chance.integer(6_000).toString().padStart(5, "0")}`;
    if (chance.float() < 0.3) {
      expect(map.delete(key) !== undefined).toBe(expected.delete(key));
    } else {
      map.set({ key });
      expected.add(key);
    }
  }
  expect(map.size).toBe(expected.size);
  expect(keysOf(map)).toEqual([...expected].toSorted());
});

test("a scan starts after a key, stays below its prefix and stops when told to", () => {
  const map = new OrderedMap<{ key: string }>();
  for (const key of ["/a/1", "/a/2", "/a/3", "/a-b/1", "/b/1"]) map.set({ key });
  expect(keysOf(map, "/a/")).toEqual(["/a/1", "/a/2", "/a/3"]);
  expect(keysOf(map, "/a/", "/a/1")).toEqual(["/a/2", "/a/3"]);
  expect(keysOf(map, "/a/", "/a/zzz")).toEqual([]);
  expect(map.count("/a")).toBe(4);
  const seen: string[] = [];
  map.scan("/a/", "", ({ key }) => seen.push(key) < 2);
  expect(seen).toEqual(["/a/1", "/a/2"]);
});

test("joined bytes are kept where nothing changes, and made anew where something does", () => {
  const map = new OrderedMap<{ key: string }>();
  const keys = Array.from({ length: 2_000 }, (_, index) => `/a/${String(index).padStart(5, "0")}`);
  for (const key of ["/Z/1", ...keys, "/b/1"]) map.set({ key });
  let joins = 0;
  const joined = (prefix: string) =>
    map.joined(prefix, (values) => {
      joins++;
      return Buffer.from(values.map(({ key }) => `${key};`).join(""));
    });
  const text = (prefix: string) => Buffer.concat(joined(prefix)).toString();
  const all = keys.map((key) => `${key};`).join("");
  expect([text("/a/"), text("/a/")]).toEqual([all, all]);
  const atMost = joins / 2;
  joins = 0;
  expect(text("/a/")).toBe(all);
  // Only the blocks at the edges, which hold other keys, too.
  expect(joins).toBeLessThanOrEqual(2);
  map.delete(keys[700]!);
  joins = 0;
  expect(text("/a/")).toBe(all.replace(`${keys[700]};`, ""));
  expect(joins).toBeLessThanOrEqual(3);
  map.sweep();
  map.sweep();
  joins = 0;
  joined("/a/");
  expect(joins).toBe(atMost);
  expect(text("/c/")).toBe("");
});
