import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["250ms", 250],
  ["90s", 90_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["1.5h", 5_400_000],
  ["1m500ms", 60_500],
  [1_234, 1_234],
])("%s is %d ms", (duration, ms) => {
  expect(parseDuration(duration)).toBe(ms);
});

test.each(["", "90", "s", "1w", "-1s", "1s ", "1 s", "1h-3m"])("%j is no duration", (duration) => {
  expect(() => parseDuration(duration)).toThrow(`${JSON.stringify(duration)} is no duration`);
});
