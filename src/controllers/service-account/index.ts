/**
 * The service account controller gives each namespace its `default` ServiceAccount.
 * Reads Namespace, ServiceAccount. Writes ServiceAccount.
 */
import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import { serviceAccounts } from "#apis/core/service-account.ts";
import { isReason } from "#machinery/errors.ts";
import { toKey } from "#machinery/meta.ts";
import { defineController, done, watching, isNamespaceTerminating } from "#client/reconciler.ts";

const accountName = "default";

export const serviceAccountController = defineController<Namespace>({
  name: "serviceaccount-controller",
  account: "service-account-controller",
  for: namespaces,
  when: (next) => next !== undefined,
  watches: [
    watching(
      serviceAccounts,
      ({ metadata }) =>
        metadata.name === accountName ? [toKey(undefined, metadata.namespace ?? "")] : [],
      (next) => next === undefined,
    ),
  ],
  async reconcile(key, { caches, client }) {
    const namespace = caches.get(namespaces, key);
    if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return done;
    const { name } = namespace.metadata;
    if (caches.get(serviceAccounts, toKey(name, accountName))) return done;
    try {
      await client.create(serviceAccounts, { metadata: { namespace: name, name: accountName } });
    } catch (error) {
      if (!isReason(error, "AlreadyExists") && !isNamespaceTerminating(error)) throw error;
    }
    return done;
  },
});
