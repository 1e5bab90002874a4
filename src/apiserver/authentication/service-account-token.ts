import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { exportJWK, jwtVerify, SignJWT } from "jose";
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { secrets } from "#apis/core/secret.ts";
import { serviceAccounts } from "#apis/core/service-account.ts";
import { unauthorized } from "#machinery/errors.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { Authenticated, TokenAuthenticator } from "./authenticator.ts";

/**
 * Service account tokens: JWTs that the API server signs, bound to the account and, if asked for,
 * to a pod, node or secret, and good only as long as these exist (KEP-1205, KEP-4193).
 */

/** The object a token is bound to; it dies with it. */
export interface BoundReference {
  kind: "Pod" | "Node" | "Secret";
  name: string;
  uid: string;
}

export interface TokenClaims {
  namespace: string;
  serviceAccount: { name: string; uid: string };
  bound?: BoundReference | undefined;
  /** The node of the bound pod, when it is scheduled. */
  node?: { name: string; uid: string } | undefined;
  audiences: readonly string[];
  expirationSeconds: number;
  /** After this many seconds use of the token is a warning: clients should have refreshed it. */
  warnAfterSeconds?: number | undefined;
}

/** Signs tokens. */
export interface TokenIssuer {
  readonly issuer: string;
  issue(claims: TokenClaims): Promise<{ token: string; expiresAtMs: number }>;
  /** The public keys, as `/openid/v1/jwks` serves them. */
  jwks(): Promise<{ keys: Record<string, unknown>[] }>;
}

interface PrivateClaims {
  namespace: string;
  serviceaccount: { name: string; uid: string };
  pod?: { name: string; uid: string };
  node?: { name: string; uid: string };
  secret?: { name: string; uid: string };
  warnafter?: number;
}

const algorithm = "ES256";

/** The key's id: the hash of its public part, as upstream derives it. */
export function keyId(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("base64url");
}

/** An issuer with an EC P-256 private key. */
export function tokenIssuer(options: {
  issuer: string;
  key: KeyObject;
  clock: Pick<Clock, "now">;
  chance: Chance;
}): TokenIssuer {
  const { issuer, key, clock, chance } = options;
  const kid = keyId(key);
  return {
    issuer,
    async issue(claims) {
      const now = Math.floor(clock.now() / 1000);
      const expires = now + claims.expirationSeconds;
      const { bound, node } = claims;
      const kubernetes: PrivateClaims = {
        namespace: claims.namespace,
        ...(bound ? { [bound.kind.toLowerCase()]: { name: bound.name, uid: bound.uid } } : {}),
        ...(node && bound?.kind !== "Node" ? { node } : {}),
        serviceaccount: claims.serviceAccount,
        ...(claims.warnAfterSeconds ? { warnafter: now + claims.warnAfterSeconds } : {}),
      };
      const token = await new SignJWT({ "kubernetes.io": kubernetes })
        .setProtectedHeader({ alg: algorithm, kid })
        .setIssuer(issuer)
        .setSubject(userName(claims.namespace, claims.serviceAccount.name))
        .setAudience([...claims.audiences])
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(expires)
        .setJti(chance.uuid())
        .sign(key);
      return { token, expiresAtMs: expires * 1000 };
    },
    async jwks() {
      const jwk = await exportJWK(createPublicKey(key));
      return { keys: [{ use: "sig", kid, alg: algorithm, ...jwk }] };
    },
  };
}

interface Verified {
  claims: PrivateClaims;
  audiences: readonly string[];
  jti: string;
  expiresAtMs: number;
}

/** Signatures are checked once per token; what they are bound to is looked at every time. */
const verifiedTokensMax = 4_096;

/** Knows the tokens that `issuer` signed with one of `keys`. */
export function serviceAccountTokens(options: {
  issuer: string;
  keys: readonly KeyObject[];
  reader: ObjectReader;
  clock: Pick<Clock, "now">;
}): TokenAuthenticator {
  const { issuer, reader, clock } = options;
  const keys = options.keys.map((key) => createPublicKey(key));
  const verified = new Map<string, Verified>();

  async function verify(token: string): Promise<Verified> {
    const known = verified.get(token);
    if (known) return known;
    const fresh = await verifySignature(token, issuer, keys, clock);
    if (verified.size >= verifiedTokensMax) verified.delete(verified.keys().next().value!);
    verified.set(token, fresh);
    return fresh;
  }

  return {
    name: "service-account",
    async authenticateToken(token, audiences) {
      if (unverifiedIssuer(token) !== issuer) return undefined;
      const { claims, audiences: good, jti, expiresAtMs } = await verify(token);
      if (expiresAtMs <= clock.now()) throw unauthorized();
      const shared = good.filter((audience) => audiences.includes(audience));
      if (shared.length === 0) throw unauthorized();
      if (!stillBound(reader, claims)) throw unauthorized();
      return { user: userOf(claims, jti), audiences: shared } satisfies Authenticated;
    },
  };
}

async function verifySignature(
  token: string,
  issuer: string,
  keys: readonly KeyObject[],
  clock: Pick<Clock, "now">,
): Promise<Verified> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify<{ "kubernetes.io": PrivateClaims }>(token, key, {
        issuer,
        algorithms: [algorithm, "RS256"],
        currentDate: new Date(clock.now()),
        requiredClaims: ["exp", "sub", "kubernetes.io"],
      });
      const claims = payload["kubernetes.io"];
      const { namespace, serviceaccount } = claims;
      if (payload.sub !== userName(namespace, serviceaccount.name)) break;
      const audiences = [payload.aud ?? []].flat();
      return { claims, audiences, jti: payload.jti ?? "", expiresAtMs: payload.exp! * 1000 };
    } catch {
      // Another key may fit; what does not fit any is refused below, without telling why.
    }
  }
  throw unauthorized();
}

/** The issuer that an unchecked token claims, to leave foreign tokens to other authenticators. */
function unverifiedIssuer(token: string): string | undefined {
  const parts = token.split(".");
  if (parts.length !== 3) return undefined;
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1]!, "base64url").toString());
    return (payload as { iss?: string } | null)?.iss;
  } catch {
    return undefined;
  }
}

/** Whether the account and what the token is bound to still exist, under the same uids. */
function stillBound(reader: ObjectReader, claims: PrivateClaims): boolean {
  const { namespace, serviceaccount, pod, node, secret } = claims;
  const live = (object: { metadata: { uid?: string | undefined } } | undefined, uid: string) =>
    object?.metadata.uid === uid;
  if (!live(reader.get(serviceAccounts, namespace, serviceaccount.name), serviceaccount.uid)) {
    return false;
  }
  if (pod) return live(reader.get(pods, namespace, pod.name), pod.uid);
  if (secret) return live(reader.get(secrets, namespace, secret.name), secret.uid);
  if (node) return live(reader.get(nodes, "", node.name), node.uid);
  return true;
}

function userOf(claims: PrivateClaims, jti: string): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims;
  const extra: Record<string, string[]> = {};
  const put = (key: string, value: string | undefined) => {
    if (value) extra[`authentication.kubernetes.io/${key}`] = [value];
  };
  put("credential-id", jti && `JTI=${jti}`);
  put("node-name", node?.name);
  put("node-uid", node?.uid);
  put("pod-name", pod?.name);
  put("pod-uid", pod?.uid);
  return {
    name: userName(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: serviceAccountGroups(namespace),
    extra,
  };
}

/** `system:serviceaccount:<namespace>:<name>`. */
export function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The namespace and name in a service account's user name. */
export function parseUserName(user: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  return match ? { namespace: match[1]!, name: match[2]! } : undefined;
}

/** The groups that every service account of a namespace is in. */
export function serviceAccountGroups(namespace: string): string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}
