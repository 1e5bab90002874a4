/**
 * Fills Secrets of type `kubernetes.io/service-account-token`, the elder way of service account
 * tokens, and deletes those whose ServiceAccount is gone. (Pods use bound tokens instead.)
 * Reads Secret, ServiceAccount. Writes Secret.
 */
import { type Secret, secrets } from "#apis/core/secret.ts";
import { type ServiceAccount, serviceAccounts } from "#apis/core/service-account.ts";
import { isReason } from "#machinery/errors.ts";
import { keyOf, toKey } from "#machinery/meta.ts";
import {
  type Controller,
  defineController,
  done,
  type ReconcileContext,
  watching,
} from "#client/reconciler.ts";

const tokenType = "kubernetes.io/service-account-token";
const nameAnnotation = "kubernetes.io/service-account.name";
const uidAnnotation = "kubernetes.io/service-account.uid";

export interface TokenSettings {
  /** PEM, put beside the token. */
  rootCa: string;
  /** Signs the claims as a JWT that the API server accepts. */
  signToken: (claims: Readonly<Record<string, unknown>>) => Promise<string>;
}

export function serviceAccountTokenController(settings: TokenSettings): Controller {
  return defineController<Secret>({
    name: "serviceaccount-token-controller",
    account: null,
    for: secrets,
    when: (next) => next?.type === tokenType,
    watches: [
      watching(serviceAccounts, ({ metadata: { namespace, name } }, caches) =>
        caches
          .of(secrets)
          .list(namespace)
          .filter((secret) => accountNameOf(secret) === name)
          .map(keyOf),
      ),
    ],
    async reconcile(key, context) {
      const secret = context.caches.get(secrets, key);
      if (!secret || secret.type !== tokenType) return done;
      const account = await accountOf(secret, context);
      if (account) await fill(secret, account, settings, context);
      else await remove(secret, context);
      return done;
    },
  });
}

function accountNameOf(secret: Secret): string | undefined {
  if (secret.type !== tokenType) return undefined;
  return secret.metadata.annotations?.[nameAnnotation];
}

/** The account that the secret names, asked for afresh before it counts as gone. */
async function accountOf(
  secret: Secret,
  { caches, client }: ReconcileContext,
): Promise<ServiceAccount | undefined> {
  const { namespace, annotations } = secret.metadata;
  const name = accountNameOf(secret);
  if (!name) return undefined;
  const uid = annotations?.[uidAnnotation];
  const fits = (account: ServiceAccount) => !uid || account.metadata.uid === uid;
  const cached = caches.get(serviceAccounts, toKey(namespace, name));
  if (cached && fits(cached)) return cached;
  try {
    const fresh = await client.get(serviceAccounts, { namespace, name });
    return fits(fresh) ? fresh : undefined;
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}

async function remove(secret: Secret, { client }: ReconcileContext): Promise<void> {
  const { uid } = secret.metadata;
  try {
    await client.delete(secrets, secret.metadata, uid ? { preconditions: { uid } } : {});
  } catch (error) {
    if (!isReason(error, "NotFound", "Conflict")) throw error;
  }
}

async function fill(
  secret: Secret,
  account: ServiceAccount,
  { rootCa, signToken }: TokenSettings,
  { client }: ReconcileContext,
): Promise<void> {
  const { data = {}, metadata } = secret;
  const { namespace = "", name } = metadata;
  const uid = account.metadata.uid ?? "";
  const annotated = metadata.annotations?.[uidAnnotation] === uid;
  if (annotated && data["token"] && data["ca.crt"] && data["namespace"]) return;
  const claims = {
    iss: "kubernetes/serviceaccount",
    "kubernetes.io/serviceaccount/namespace": namespace,
    "kubernetes.io/serviceaccount/secret.name": name,
    "kubernetes.io/serviceaccount/service-account.name": account.metadata.name,
    "kubernetes.io/serviceaccount/service-account.uid": uid,
    sub: `system:serviceaccount:${namespace}:${account.metadata.name}`,
  };
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  await client.update(secrets, {
    ...secret,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [uidAnnotation]: uid } },
    data: {
      ...data,
      "ca.crt": base64(rootCa),
      namespace: base64(namespace),
      token: data["token"] || base64(await signToken(claims)),
    },
  });
}
