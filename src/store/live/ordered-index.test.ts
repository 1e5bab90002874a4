import { seededChance } from "#base/chance.ts";
import { expect, test } from "vitest";
import { OrderedIndex, orderKey } from "./ordered-index.ts";

const parts = ["a", "b", "ab", "z", "-", "é", "🔑", "\uff41", "/", "0"];

function randomKey(chance: ReturnType<typeof seededChance>): string {
  const length = 1 + chance.integer(5);
  return Array.from({ length }, () => parts[chance.integer(parts.length)]).join("");
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

test.each([1, 2, 3])("behaves as a sorted array (seed %i)", (seed) => {
  const chance = seededChance(seed);
  const index = new OrderedIndex<{ key: string; n: number }>();
  const model = new Map<string, number>();
  for (let n = 0; n < 6_000; n++) {
    const key = randomKey(chance);
    if (chance.integer(3) === 0) {
      index.delete(key);
      model.delete(key);
    } else {
      index.set({ key, n });
      model.set(key, n);
    }
    if (n % 100 !== 0) continue;
    const prefix = chance.integer(4) === 0 ? "" : randomKey(chance).slice(0, 1);
    const after = chance.integer(2) === 0 ? "" : randomKey(chance);
    const sorted = [...model.keys()].filter((k) => k.startsWith(prefix)).sort(byBytes);
    const wanted = sorted.filter((k) => after === "" || byBytes(k, after) > 0);
    const limit = chance.integer(20);
    const page = index.page(prefix, after, limit);
    const taken = limit === 0 ? wanted : wanted.slice(0, limit);
    expect(page.values.map(({ key: k }) => k)).toEqual(taken);
    expect(page.remaining).toBe(wanted.length - taken.length);
    expect(index.count(prefix)).toBe(sorted.length);
    expect(index.get(key)?.n).toBe(model.get(key));
  }
  expect(index.size).toBe(model.size);
  const built = OrderedIndex.of(index.page("").values.toReversed());
  expect(built.page("").values).toEqual(index.page("").values);
});

test("growing at the end, in the middle and shrinking to nothing keep the order", () => {
  const index = new OrderedIndex<{ key: string }>();
  const keys = Array.from({ length: 5_000 }, (_, n) => `/k/${String(n).padStart(5, "0")}`);
  for (const key of keys) index.set({ key });
  expect(index.page("/k/").values.map(({ key }) => key)).toEqual(keys);
  for (const key of keys.toReversed()) index.delete(key);
  expect([index.size, index.count("")]).toEqual([0, 0]);
});

test("order keys sort by code point", () => {
  expect(orderKey("/registry/pods/a")).toBe("/registry/pods/a");
  expect(orderKey("🔑") > orderKey("\uffff")).toBe(true);
  expect(orderKey("\ue000") < orderKey("🔑")).toBe(true);
});
