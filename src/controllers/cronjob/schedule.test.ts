import { expect, test } from "vitest";
import { latestMissed, nextTime, parseSchedule } from "./schedule.ts";

const at = (text: string) => Date.parse(text);

test.each([
  ["* * * * *", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00.000Z"],
  ["*/15 * * * *", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00.000Z"],
  ["0 3 * * *", "2026-01-01T03:00:00Z", "2026-01-02T03:00:00.000Z"],
  ["30 2 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T02:30:00.000Z"],
  ["0 0 * * mon-fri", "2026-01-02T12:00:00Z", "2026-01-05T00:00:00.000Z"],
  ["0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00.000Z"],
  ["0 0 1 jan,jul ?", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00.000Z"],
  ["5-10/5 0 * * 7", "2026-01-03T00:00:00Z", "2026-01-04T00:05:00.000Z"],
  ["@hourly", "2026-01-01T00:59:59Z", "2026-01-01T01:00:00.000Z"],
  ["@every 90s", "2026-01-01T00:00:00Z", "2026-01-01T00:01:30.000Z"],
])("%s after %s: %s", (text, after, next) => {
  expect(new Date(nextTime(parseSchedule(text), at(after)) ?? 0).toISOString()).toBe(next);
});

test("a day that never comes", () => {
  expect(nextTime(parseSchedule("0 0 30 2 *"), at("2026-01-01T00:00:00Z"))).toBeUndefined();
});

test("other clocks", () => {
  const schedule = parseSchedule("0 8 * * *", "Europe/Berlin");
  const next = (after: string) => new Date(nextTime(schedule, at(after)) ?? 0).toISOString();
  expect(next("2026-01-01T12:00:00Z")).toBe("2026-01-02T07:00:00.000Z");
  expect(next("2026-07-01T12:00:00Z")).toBe("2026-07-02T06:00:00.000Z");
});

test.each(["", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *"])(
  "%j is refused",
  (text) => expect(() => parseSchedule(text)).toThrow(),
);

test("an unknown time zone is refused", () => {
  expect(() => parseSchedule("* * * * *", "Mars/Olympus")).toThrow();
});

test("of missed times the latest counts", () => {
  const schedule = parseSchedule("*/5 * * * *");
  const from = at("2026-01-01T00:00:00Z");
  const iso = (ms: number | undefined) => new Date(ms ?? 0).toISOString();
  expect(latestMissed(schedule, from, from + 60_000)).toEqual({ ms: undefined, missed: "none" });
  const few = latestMissed(schedule, from, at("2026-01-01T00:22:00Z"));
  expect([iso(few.ms), few.missed]).toEqual(["2026-01-01T00:20:00.000Z", "few"]);
  const many = latestMissed(schedule, from, at("2026-03-01T00:01:00Z"));
  expect([iso(many.ms), many.missed]).toEqual(["2026-03-01T00:00:00.000Z", "many"]);
});
