import { createHash, createPublicKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { jwtVerify, SignJWT } from "jose";
import { secrets } from "#apis/core/secret.ts";
import { serviceAccounts } from "#apis/core/service-account.ts";
import { unauthorized } from "#machinery/errors.ts";
import type { ObjectReader } from "../object-reader.ts";
import type { TokenAuthenticator } from "./authenticator.ts";
import { keyId, serviceAccountGroups, userName } from "./service-account-token.ts";

/**
 * The elder service account tokens: kept in Secrets of type `kubernetes.io/service-account-token`,
 * without an end, good as long as the Secret and the account are there.
 */

const issuer = "kubernetes/serviceaccount";
const prefix = "kubernetes.io/serviceaccount/";
const algorithm = "ES256";

/** Signs the claims of a token for a Secret. */
export function legacyTokenSigner(key: KeyObject) {
  const kid = keyId(key);
  return (claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT({ iss: issuer, ...claims }).setProtectedHeader({ alg: algorithm, kid }).sign(key);
}

/** Knows tokens that `legacyTokenSigner` made with one of `keys`. */
export function legacyTokens(keys: readonly KeyObject[], reader: ObjectReader): TokenAuthenticator {
  const publicKeys = keys.map((key) => createPublicKey(key));
  return {
    name: "legacy-service-account",
    async authenticateToken(token) {
      const claims = await verified(token, publicKeys);
      if (!claims) return undefined;
      const text = (name: string): string => {
        const value = claims[`${prefix}${name}`];
        return typeof value === "string" ? value : "";
      };
      const namespace = text("namespace");
      const name = text("service-account.name");
      const account = reader.get(serviceAccounts, namespace, name);
      const secret = reader.get(secrets, namespace, text("secret.name"));
      const kept = Buffer.from(secret?.data?.["token"] ?? "", "base64").toString();
      const isGone = !account || account.metadata.uid !== text("service-account.uid");
      if (isGone || secret?.metadata.deletionTimestamp || !same(kept, token)) throw unauthorized();
      const groups = serviceAccountGroups(namespace);
      return { user: { name: userName(namespace, name), uid: account.metadata.uid ?? "", groups } };
    },
  };
}

/** The claims; undefined for tokens that are none of these. */
async function verified(
  token: string,
  keys: readonly KeyObject[],
): Promise<Record<string, unknown> | undefined> {
  for (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, { issuer, algorithms: [algorithm, "RS256"] });
      return payload;
    } catch {
      // Not of this key, or not a token of this kind: another authenticator may know it.
    }
  }
  return undefined;
}

/** Compares by hash, so that the time tells nothing. */
function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
