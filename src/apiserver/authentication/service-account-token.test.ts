import { generateKeyPairSync } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { secrets } from "#apis/core/secret.ts";
import { serviceAccounts } from "#apis/core/service-account.ts";
import { seededChance } from "#base/chance.ts";
import { VirtualClock } from "#base/virtual-clock.ts";
import { MemoryReader } from "../testkit.ts";
import {
  keyId,
  parseUserName,
  serviceAccountTokens,
  type TokenClaims,
  tokenIssuer,
  userName,
} from "./service-account-token.ts";

const issuer = "https://kubernetes.default.svc.cluster.local";
const newKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const key = newKey();
const otherKey = newKey();
const claims: TokenClaims = {
  namespace: "shop",
  serviceAccount: { name: "web", uid: "sa-1" },
  audiences: ["api", "vault"],
  expirationSeconds: 600,
};
const pod = { kind: "Pod", name: "web-0", uid: "pod-1" } as const;

let clock: VirtualClock;
let reader: MemoryReader;

beforeEach(() => {
  clock = new VirtualClock();
  reader = new MemoryReader();
  reader.put(serviceAccounts, { metadata: { name: "web", namespace: "shop", uid: "sa-1" } });
  reader.put(pods, { metadata: { name: "web-0", namespace: "shop", uid: "pod-1" } });
  reader.put(secrets, { metadata: { name: "old", namespace: "shop", uid: "secret-1" } });
  reader.put(nodes, { metadata: { name: "n1", uid: "node-1" } });
});

const issuerWith = (signer = key, name = issuer) =>
  tokenIssuer({ issuer: name, key: signer, clock, chance: seededChance(1) });
const issue = async (more: Partial<TokenClaims> = {}, signer = key, name = issuer) =>
  (await issuerWith(signer, name).issue({ ...claims, ...more })).token;
const authenticator = () => serviceAccountTokens({ issuer, keys: [otherKey, key], reader, clock });
const ask = (token: string, audiences = ["api"]) =>
  authenticator().authenticateToken(token, audiences);
const unauthorized = { reason: "Unauthorized" };

test("a token that was issued stands for its service account", async () => {
  expect(await ask(await issue())).toMatchObject({
    audiences: ["api"],
    user: {
      name: "system:serviceaccount:shop:web",
      uid: "sa-1",
      groups: ["system:serviceaccounts", "system:serviceaccounts:shop"],
    },
  });
});

test("a pod's token tells the pod and its node", async () => {
  const found = await ask(await issue({ bound: pod, node: { name: "n1", uid: "node-1" } }));
  expect(found?.user.extra).toEqual({
    "authentication.kubernetes.io/credential-id": [expect.stringMatching(/^JTI=/)],
    "authentication.kubernetes.io/node-name": ["n1"],
    "authentication.kubernetes.io/node-uid": ["node-1"],
    "authentication.kubernetes.io/pod-name": ["web-0"],
    "authentication.kubernetes.io/pod-uid": ["pod-1"],
  });
});

test("a token is good for its audiences only", async () => {
  const token = await issue();
  expect((await ask(token, ["vault", "other"]))?.audiences).toEqual(["vault"]);
  await expect(ask(token, ["other"])).rejects.toMatchObject(unauthorized);
});

test("a token ends when it expires, also for who has seen it before", async () => {
  const { token, expiresAtMs } = await issuerWith().issue(claims);
  const known = authenticator();
  expect(expiresAtMs).toBe(clock.now() + 600_000);
  expect(await known.authenticateToken(token, ["api"])).toBeDefined();
  await clock.advance(600_000);
  await expect(known.authenticateToken(token, ["api"])).rejects.toMatchObject(unauthorized);
  await expect(ask(token)).rejects.toMatchObject(unauthorized);
});

test.each([
  ["the account is gone", {}, () => reader.remove(serviceAccounts, "shop", "web")],
  [
    "the account was made anew",
    {},
    () =>
      reader.put(serviceAccounts, { metadata: { name: "web", namespace: "shop", uid: "sa-2" } }),
  ],
  ["the pod is gone", { bound: pod }, () => reader.remove(pods, "shop", "web-0")],
  [
    "the pod was made anew",
    { bound: pod },
    () => reader.put(pods, { metadata: { name: "web-0", namespace: "shop", uid: "pod-2" } }),
  ],
  [
    "the secret is gone",
    { bound: { kind: "Secret", name: "old", uid: "secret-1" } },
    () => reader.remove(secrets, "shop", "old"),
  ],
  [
    "the node is gone",
    { bound: { kind: "Node", name: "n1", uid: "node-1" } },
    () => reader.remove(nodes, "", "n1"),
  ],
] as [string, Partial<TokenClaims>, () => void][])(
  "a token dies when %s",
  async (_what, more, happen) => {
    const token = await issue(more);
    const known = authenticator();
    expect(await known.authenticateToken(token, ["api"])).toBeDefined();
    happen();
    await expect(known.authenticateToken(token, ["api"])).rejects.toMatchObject(unauthorized);
  },
);

test("a foreign issuer's token, or no token at all, is for others to authenticate", async () => {
  expect(await ask(await issue({}, key, "https://elsewhere"))).toBeUndefined();
  expect(await ask("no-token")).toBeUndefined();
  expect(await ask("a.b.c")).toBeUndefined();
});

test("a signature by an unknown key is refused", async () => {
  await expect(ask(await issue({}, newKey()))).rejects.toMatchObject(unauthorized);
});

test("a token that was tampered with is refused", async () => {
  const [head, body, signature] = (await issue()).split(".");
  const payload = JSON.parse(Buffer.from(body!, "base64url").toString());
  payload.sub = userName("shop", "admin");
  payload["kubernetes.io"].serviceaccount.name = "admin";
  reader.put(serviceAccounts, { metadata: { name: "admin", namespace: "shop", uid: "sa-1" } });
  const forged = Buffer.from(JSON.stringify(payload)).toString("base64url");
  await expect(ask(`${head}.${forged}.${signature}`)).rejects.toMatchObject(unauthorized);
  const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
  await expect(ask(`${unsigned}.${forged}.`)).rejects.toMatchObject(unauthorized);
});

test("the published key is the public one, under the id that tokens name", async () => {
  const { keys } = await issuerWith().jwks();
  expect(keys).toHaveLength(1);
  expect(keys[0]).toMatchObject({ use: "sig", alg: "ES256", kid: keyId(key), kty: "EC" });
  expect(keys[0]).not.toHaveProperty("d");
  const [head] = (await issue()).split(".");
  expect(JSON.parse(Buffer.from(head!, "base64url").toString())).toMatchObject({ kid: keyId(key) });
});

test("user names are read back", () => {
  expect(parseUserName(userName("shop", "web"))).toEqual({ namespace: "shop", name: "web" });
  expect(parseUserName("system:serviceaccount:shop")).toBeUndefined();
  expect(parseUserName("system:node:n1")).toBeUndefined();
});
