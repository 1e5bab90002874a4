import { expect, test } from "vitest";
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  isQuantity,
  milliValue,
  quantityAsNumber,
  quantityOf,
  quantityOfMilli,
  subtractQuantity,
  wholeValue,
} from "./quantity.ts";

test.each([
  ["0", "0"],
  ["0Gi", "0"],
  ["1", "1"],
  ["+1", "1"],
  ["-1", "-1"],
  [".5", "500m"],
  ["5.", "5"],
  ["0.5", "500m"],
  ["1000m", "1"],
  ["1500m", "1500m"],
  ["1.5", "1500m"],
  ["1000", "1k"],
  ["1024", "1024"],
  ["1024Ki", "1Mi"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["0.5Gi", "512Mi"],
  ["1000Ki", "1000Ki"],
  ["0.5Ki", "512"],
  ["0.1Ki", "102400m"],
  ["1536", "1536"],
  ["100000k", "100M"],
  ["1e3", "1e3"],
  ["1E3", "1e3"],
  ["12e6", "12e6"],
  ["1500e-3", "1500e-3"],
  ["1E", "1E"],
  ["100n", "100n"],
  ["0.1n", "1n"],
  ["-0.1n", "-1n"],
  ["1e-40", "1e-9"],
  ["123456789012345678901234567890", "9223372036854775807"],
  ["9Ei", "9223372036854775807"],
  ["1024Pi", "1Ei"],
])("%s is written %s", (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

test.each(["", "x", "1x", "1 Gi", "1.2.3", ".", "1kk", "1e", "--1", "1Kii", "Gi", "1e3e3"])(
  "%j is no quantity",
  (text) => expect(isQuantity(text)).toBe(false),
);

test("arithmetic is exact and keeps the way of writing", () => {
  expect(addQuantity("0.1", "0.2")).toBe("300m");
  expect(addQuantity("1Gi", "1G")).toBe("2073741824");
  expect(addQuantity("1Gi", "1Gi")).toBe("2Gi");
  expect(addQuantity("0", "1Gi")).toBe("1Gi");
  expect(subtractQuantity("1", "1500m")).toBe("-500m");
  expect(compareQuantity("1Gi", "1G")).toBe(1);
  expect(compareQuantity("1", "1000m")).toBe(0);
});

test("values for calculations round up, as upstream's do", () => {
  expect(milliValue("1.5")).toBe(1500);
  expect(milliValue("1u")).toBe(1);
  expect(wholeValue("100m")).toBe(1);
  expect(wholeValue("1Gi")).toBe(2 ** 30);
  expect(quantityAsNumber("250m")).toBe(0.25);
  expect(quantityOf(2 ** 31, "BinarySI")).toBe("2Gi");
  expect(quantityOfMilli(1500)).toBe("1500m");
});
