import { expect, test } from "vitest";
import { CacheEvent } from "./cache-event.ts";
import { History } from "./history.ts";

function event(revision: number): CacheEvent {
  return new CacheEvent(revision, undefined, undefined);
}

test("the ring forgets the oldest and says from where it is complete", () => {
  const history = new History(3, 10);
  expect(history.covers(9)).toBe(false);
  expect(history.covers(10)).toBe(true);
  for (const revision of [11, 14, 15]) history.push(event(revision));
  expect([...history.since(10)].map(({ revision }) => revision)).toEqual([11, 14, 15]);
  expect([...history.since(12)].map(({ revision }) => revision)).toEqual([14, 15]);
  history.push(event(20));
  expect(history.covers(10)).toBe(false);
  expect(history.covers(11)).toBe(true);
  expect([...history.since(11)].map(({ revision }) => revision)).toEqual([14, 15, 20]);
  expect([...history.since(20)]).toEqual([]);
});
