/**
 * The namespace controller empties namespaces that are being deleted, then lets them go.
 * Reads Namespace, discovery, every namespaced resource. Deletes all of that; writes
 * Namespace/status (what remains and why) and Namespace/finalize.
 */
import { type Namespace, namespaces } from "#apis/core/namespace.ts";
import { pods } from "#apis/core/pod.ts";
import { isReason } from "#machinery/errors.ts";
import { toKey } from "#machinery/meta.ts";
import { defineController, done, requeueAfter, watching } from "#client/reconciler.ts";
import { writeStatus } from "../shared/status.ts";
import { deleteContent, finalize } from "./apply.ts";
import { deletionConditions, isEmptied } from "./plan.ts";

/** Content with finalizers may take any time; look again after this. */
const lookAgainMs = 2_000;

export const namespaceController = defineController<Namespace>({
  name: "namespace-controller",
  for: namespaces,
  when: (next) => next?.metadata.deletionTimestamp !== undefined,
  watches: [
    // The last pod that goes is mostly what a namespace waits for.
    watching(
      pods,
      (pod, caches) => {
        const key = toKey(undefined, pod.metadata.namespace ?? "");
        const dying = caches.get(namespaces, key)?.metadata.deletionTimestamp !== undefined;
        return dying ? [key] : [];
      },
      (next) => next === undefined,
    ),
  ],
  async reconcile(key, { caches, client, clock, signal }) {
    let namespace = caches.get(namespaces, key);
    if (namespace?.metadata.deletionTimestamp === undefined) return done;
    if (!namespace.spec.finalizers?.includes("kubernetes")) return done;
    try {
      const terminating = { ...namespace.status, phase: "Terminating" };
      namespace = await writeStatus(client, namespaces, namespace, terminating);
      const state = await deleteContent(client, namespace.metadata.name, signal);
      if (isEmptied(state)) {
        await finalize(client, namespace);
        return done;
      }
      const conditions = deletionConditions(state, namespace.status?.conditions, clock.now());
      await writeStatus(client, namespaces, namespace, { ...terminating, conditions });
      return requeueAfter(lookAgainMs);
    } catch (error) {
      if (isReason(error, "NotFound")) return done;
      throw error;
    }
  },
});
