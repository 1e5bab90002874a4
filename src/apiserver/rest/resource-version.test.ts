import { expect, test } from "vitest";
import { decodeContinue, encodeContinue, parseRevision } from "./resource-version.ts";

test("continue tokens are upstream's, and come back as they were", () => {
  const token = encodeContinue({ revision: 12, after: "ns/name" });
  expect(Buffer.from(token, "base64url").toString()).toBe(
    '{"v":"meta.k8s.io/v1","rv":12,"start":"ns/name\\u0000"}',
  );
  expect(decodeContinue(token)).toEqual({ revision: 12, after: "ns/name" });
});

test.each([
  "garbage",
  Buffer.from('{"v":"v0","rv":1,"start":"a"}').toString("base64url"),
  Buffer.from('{"v":"meta.k8s.io/v1","rv":0,"start":"a"}').toString("base64url"),
  Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"../a"}').toString("base64url"),
])("%s is no token", (token) => {
  expect(() => decodeContinue(token)).toThrowError("continue key is not valid");
});

test("resourceVersions are numbers", () => {
  expect(parseRevision("")).toBeUndefined();
  expect(parseRevision("42")).toBe(42);
  expect(() => parseRevision("4x")).toThrowError("invalid syntax");
});
