import { beforeEach, expect, test } from "vitest";
import { secrets } from "#apis/core/secret.ts";
import { MemoryReader } from "../testkit.ts";
import { bootstrapTokens } from "./bootstrap-token.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");
const token = "abcdef.0123456789abcdef";
let reader: MemoryReader;
const ask = (given = token) =>
  bootstrapTokens(reader, { now: () => nowMs }).authenticateToken(given, []);

function keep(data: Record<string, string> = {}, more: { type?: string; deleted?: boolean } = {}) {
  const all = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    ...data,
  };
  reader.put(secrets, {
    metadata: {
      name: "bootstrap-token-abcdef",
      namespace: "kube-system",
      ...(more.deleted ? { deletionTimestamp: "2026-01-01T11:00:00Z" } : {}),
    },
    type: more.type ?? "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(
      Object.entries(all).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
    ),
  });
}

beforeEach(() => {
  reader = new MemoryReader();
});

test("a kept token stands for a node that joins", async () => {
  keep();
  expect(await ask()).toEqual({
    user: { name: "system:bootstrap:abcdef", groups: ["system:bootstrappers"] },
  });
});

test("more groups are taken when they are groups of bootstrappers", async () => {
  keep({ "auth-extra-groups": "system:bootstrappers:worker,system:masters" });
  expect((await ask())?.user.groups).toEqual([
    "system:bootstrappers",
    "system:bootstrappers:worker",
  ]);
});

test("a token is good until it expires", async () => {
  keep({ expiration: "2026-01-01T12:00:01Z" });
  expect(await ask()).toBeDefined();
});

test.each([
  ["expired", { expiration: "2026-01-01T12:00:00Z" }],
  ["with an expiration that is no time", { expiration: "tomorrow" }],
  ["not for authentication", { "usage-bootstrap-authentication": "false" }],
  ["of another id", { "token-id": "fedcba" }],
  ["with another secret", { "token-secret": "fedcba9876543210" }],
  ["with a shorter secret", { "token-secret": "0123" }],
])("does not know a token %s", async (_what, data) => {
  keep(data);
  expect(await ask()).toBeUndefined();
});

test.each([{ type: "Opaque" }, { deleted: true }])("does not know a Secret %j", async (more) => {
  keep({}, more);
  expect(await ask()).toBeUndefined();
});

test.each(["abcdef", "ABCDEF.0123456789abcdef", "ghijkl.0123456789abcdef", `${token}0`])(
  "does not know %s",
  async (given) => {
    keep();
    expect(await ask(given)).toBeUndefined();
  },
);
