/**
 * The root CA publisher keeps a ConfigMap with the cluster's CA certificate in each namespace, so
 * that pods can verify the API server.
 * Reads Namespace, ConfigMap. Writes ConfigMap.
 */
import { configMaps } from "#apis/core/config-map.ts";
import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import { isReason } from "#machinery/errors.ts";
import { toKey } from "#machinery/meta.ts";
import {
  type Controller,
  defineController,
  done,
  watching,
  isNamespaceTerminating,
} from "#client/reconciler.ts";

const mapName = "kube-root-ca.crt";
/** As upstream words it: users read it in `kubectl describe`. */
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal " +
  "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is " +
  "guaranteed across distributions of Kubernetes clusters.";

/** `rootCa` is PEM. */
export function rootCaPublisher(rootCa: string): Controller {
  const wanted = {
    annotations: { "kubernetes.io/description": description },
    data: { "ca.crt": rootCa },
  };
  return defineController<Namespace>({
    name: "root-ca-certificate-publisher-controller",
    account: "root-ca-cert-publisher",
    for: namespaces,
    when: (next) => next !== undefined,
    watches: [
      watching(configMaps, ({ metadata }) =>
        metadata.name === mapName ? [toKey(undefined, metadata.namespace ?? "")] : [],
      ),
    ],
    async reconcile(key, { caches, client }) {
      const namespace = caches.get(namespaces, key);
      if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return done;
      const at = { namespace: namespace.metadata.name, name: mapName };
      const current = caches.get(configMaps, toKey(at.namespace, at.name));
      const { annotations, data } = wanted;
      try {
        if (!current) await client.create(configMaps, { metadata: { ...at, annotations }, data });
        else if (current.data?.["ca.crt"] !== rootCa || Object.keys(current.data).length !== 1) {
          await client.update(configMaps, { ...current, data });
        }
      } catch (error) {
        if (!isReason(error, "AlreadyExists") && !isNamespaceTerminating(error)) throw error;
      }
      return done;
    },
  });
}
