import { expect, test } from "vitest";
import { seededChance } from "#base/chance.ts";
import { IpRange } from "./ip-range.ts";
import { NodePorts } from "./node-ports.ts";

test("every address of a range is a candidate once, the upper part first", () => {
  const range = new IpRange("10.0.0.0/24");
  const all = [...range.candidates(seededChance(1))];
  expect(new Set(all).size).toBe(254);
  expect(all).toHaveLength(254);
  expect(all.every((address) => range.contains(address))).toBe(true);
  const last = (address: string) => Number(address.split(".")[3]);
  expect(all.slice(0, 239).every((address) => last(address) >= 16)).toBe(true);
  expect(range.first).toBe("10.0.0.1");
});

test.each([
  ["10.0.0.0", false],
  ["10.0.0.1", true],
  ["10.0.0.255", false],
  ["10.0.1.1", false],
  ["x", false],
])("10.0.0.0/24 has %s: %s", (address, has) => {
  expect(new IpRange("10.0.0.0/24").contains(address)).toBe(has);
});

test("node ports are picked until there is none left, and again when one is given back", () => {
  const ports = new NodePorts({ first: 30_000, last: 30_031 }, seededChance(1));
  const picked = new Set<number>();
  for (;;) {
    const port = ports.pick();
    if (port === undefined) break;
    ports.take(port);
    picked.add(port);
  }
  expect(picked.size).toBe(32);
  ports.give(30_007);
  expect(ports.pick()).toBe(30_007);
});
