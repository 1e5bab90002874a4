import { expect, test } from "vitest";
import {
  cIdentifier,
  configMapKey,
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  envVarName,
  httpHeaderName,
  labelValue,
  nameIsLabel,
  pathSegmentName,
  percent,
  portName,
  portNumber,
  qualifiedName,
  wildcardDns1123Subdomain,
} from "./names.ts";

const long = (length: number) => "a".repeat(length);

const rules: [string, (value: string) => string[], good: string[], bad: string[]][] = [
  ["labels", dns1123Label, ["a", "0a", "a-b", long(63)], ["", "A", "-a", "a-", "a.b", long(64)]],
  ["1035 labels", dns1035Label, ["a", "a-0"], ["", "0a", "a_", "a-"]],
  [
    "subdomains",
    dns1123Subdomain,
    ["a.b-c.0", long(253)],
    ["", ".a", "a.", "a..b", "A", long(254)],
  ],
  ["wildcards", wildcardDns1123Subdomain, ["*.a", "*.a.b"], ["a", "*", "*.*.a", "a.*"]],
  [
    "qualified names",
    qualifiedName,
    ["a", "A_b.c-d", "example.com/a", long(63)],
    ["", "a b", "/a", "a/", "a/b/c", "Example.com/a", long(64)],
  ],
  ["label values", labelValue, ["", "a", "A.b_c-1", long(63)], ["a b", "-a", "a-", long(64)]],
  ["C identifiers", cIdentifier, ["_a", "A1"], ["", "1a", "a-b"]],
  ["variables", envVarName, ["a", "a b", "1"], ["", "a=b"]],
  ["keys", configMapKey, ["a", "A.b_c-1", ".a"], ["", ".", "..", "..a", "a/b", "a b", long(254)]],
  ["port names", portName, ["a", "http-1"], ["", "1", "A", "a--b", "-a", "a-", long(16)]],
  ["path segments", pathSegmentName, ["a", "a b", "..."], [".", "..", "a/b", "a%b"]],
  ["percentages", percent, ["0%", "100%", "250%"], ["", "5", "-1%", "a%", "1.5%"]],
  ["header names", httpHeaderName, ["X-A", "a1"], ["", "a b", "a:b", "a_b"]],
];

test.each(rules)("%s", (_, check, good, bad) => {
  for (const value of good) expect([value, check(value)]).toEqual([value, []]);
  for (const value of bad) expect([value, check(value).length > 0]).toEqual([value, true]);
});

test("messages are upstream's", () => {
  expect(dns1123Label("A")).toEqual([
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  expect(dns1123Label(long(64))).toEqual(["must be no more than 63 bytes"]);
  expect(portNumber(0)).toEqual(["must be between 1 and 65535, inclusive"]);
});

test("a prefix may end with a dash", () => {
  expect(nameIsLabel("a-", true)).toEqual([]);
  expect(nameIsLabel("a-", false)).toHaveLength(1);
});
