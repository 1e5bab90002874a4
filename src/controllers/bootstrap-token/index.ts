/**
 * Deletes bootstrap tokens once they have expired.
 * Reads and deletes Secret (in kube-system).
 */
import { type Secret, secrets } from "#apis/core/secret.ts";
import { isReason } from "#machinery/errors.ts";
import { defineController, done, requeueAfter } from "#client/reconciler.ts";

const tokenType = "bootstrap.kubernetes.io/token";

export const bootstrapTokenCleaner = defineController<Secret>({
  name: "token-cleaner-controller",
  account: "token-cleaner",
  for: secrets,
  when: (next) => next?.type === tokenType,
  async reconcile(key, { caches, client, clock }) {
    const secret = caches.get(secrets, key);
    const expiration = secret?.data?.["expiration"];
    if (!secret || secret.type !== tokenType || !expiration) return done;
    const expiresMs = Date.parse(Buffer.from(expiration, "base64").toString("utf8"));
    if (Number.isNaN(expiresMs)) return done;
    const leftMs = expiresMs - clock.now();
    if (leftMs > 0) return requeueAfter(leftMs);
    try {
      await client.delete(secrets, secret.metadata, {
        preconditions: { uid: secret.metadata.uid ?? "" },
      });
    } catch (error) {
      if (!isReason(error, "NotFound", "Conflict")) throw error;
    }
    return done;
  },
});
