import { expect, test } from "vitest";
import { formatCheck } from "./formats.ts";

test.each<[format: string, good: string[], bad: string[]]>([
  [
    "date-time",
    ["2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5+02:00"],
    ["nope", "2024-13-01T00:00:00Z"],
  ],
  ["date", ["2024-02-29"], ["2023-02-29", "2024-1-1"]],
  ["duration", ["2m", "1h30m", "10 days", "-1.5s", "0"], ["x", "5", "m5"]],
  ["ipv4", ["1.2.3.4"], ["1.2.3", "::1"]],
  ["ipv6", ["::1", "fe80::1"], ["1.2.3.4", "x"]],
  ["cidr", ["10.0.0.0/8", "::/0"], ["10.0.0.0", "x"]],
  ["mac", ["00:00:5e:00:53:01", "0000.5e00.5301"], ["00:00", "zz:00:5e:00:53:01"]],
  ["uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567"]],
  ["uuid4", ["123e4567-e89b-42d3-a456-426614174000"], ["123e4567-e89b-12d3-a456-426614174000"]],
  ["uri", ["https://x.y/z?a=b", "/path", "urn:x"], ["x y", "nope"]],
  ["email", ["a@b.c", "Name <a@b.c>"], ["x", "@b"]],
  ["hostname", ["a.b", "localhost"], ["a_b", "-a.b"]],
  ["byte", ["eA==", ""], ["%%%", "eA="]],
  ["isbn", ["0321751043", "978-0321751041"], ["0321751040"]],
  ["creditcard", ["4111 1111 1111 1111"], ["4111 1111 1111 1112"]],
  ["ssn", ["111-22-3333"], ["1-2-3"]],
  ["hexcolor", ["#FFF", "a1b2c3"], ["#GG"]],
  ["rgbcolor", ["rgb(255, 0,1)"], ["rgb(256,0,1)"]],
  ["bsonobjectid", ["507f1f77bcf86cd799439011"], ["507f"]],
  ["password", ["anything"], []],
  ["k8s-short-name", ["a-b"], ["A.b"]],
])("%s", (format, good, bad) => {
  const check = formatCheck(format)!;
  for (const text of good) expect(check(text), text).toBe(true);
  for (const text of bad) expect(check(text), text).toBe(false);
});

test("unknown formats are ignored", () => {
  expect(formatCheck("int32")).toBeUndefined();
});
