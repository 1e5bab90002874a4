import { expect, test } from "vitest";
import { cidrAt, cidrCount, parseCidr } from "./cidr.ts";

test("a cluster's range is cut into nodes' ranges", () => {
  const range = parseCidr("10.244.0.0/16");
  expect(cidrCount(range, 24)).toBe(256);
  expect([0, 1, 255].map((i) => cidrAt(range, 24, i))).toEqual([
    "10.244.0.0/24",
    "10.244.1.0/24",
    "10.244.255.0/24",
  ]);
  expect(cidrCount(parseCidr("10.0.0.0/26"), 24)).toBe(0);
});

test.each(["", "10.0.0.0", "10.0.0.256/8", "fd00::/64"])("%j is refused", (text) => {
  expect(() => parseCidr(text)).toThrow("not an IPv4 range");
});
