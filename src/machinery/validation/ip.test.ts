import { describe, expect, test } from "vitest";
import {
  cidrContains,
  formatCidr,
  formatIp,
  isCanonicalIp,
  isDualStack,
  isDualStackCidrs,
  parseCidr,
  parseIp,
  specialIp,
} from "./ip.ts";

describe("addresses", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["010.0.0.1", "10.0.0.1"],
    ["::1", "::1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["fe80::1:0:0:1", "fe80::1:0:0:1"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
  ])("%s is %s", (text, canonical) => {
    const ip = parseIp(text);
    expect(ip && formatIp(ip)).toBe(canonical);
  });

  test.each(["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "a", "1::2::3", ":1", "12345::", "1.2.3.4/8"])(
    "%j is none",
    (text) => {
      expect(parseIp(text)).toBeUndefined();
    },
  );

  test("are canonical or not", () => {
    expect(isCanonicalIp("10.0.0.1")).toBe(true);
    expect(isCanonicalIp("2001:db8:0::1")).toBe(false);
  });

  test.each([
    "0.0.0.0",
    "127.0.0.1",
    "169.254.0.1",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "ff02::1",
  ])("%s is special", (text) => {
    expect(specialIp(text)).toHaveLength(1);
  });

  test("are of two families or not", () => {
    expect(isDualStack(["10.0.0.1", "::2"])).toBe(true);
    expect(isDualStack(["10.0.0.1", "10.0.0.2"])).toBe(false);
    expect(isDualStackCidrs(["10.0.0.0/8", "fd00::/8"])).toBe(true);
  });
});

describe("ranges", () => {
  test.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["2001:db8::/32", "2001:db8::/32"],
  ])("%s is %s", (text, canonical) => {
    const cidr = parseCidr(text);
    expect(cidr && formatCidr(cidr)).toBe(canonical);
  });

  test.each(["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0.0/8/8", "a/8"])(
    "%j is none",
    (text) => {
      expect(parseCidr(text)).toBeUndefined();
    },
  );

  test("contain addresses of their family", () => {
    const cidr = parseCidr("10.0.0.0/8")!;
    expect(cidrContains(cidr, parseIp("10.255.0.1")!)).toBe(true);
    expect(cidrContains(cidr, parseIp("11.0.0.1")!)).toBe(false);
    expect(cidrContains(cidr, parseIp("::1")!)).toBe(false);
  });
});
