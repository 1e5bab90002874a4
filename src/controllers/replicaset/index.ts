/**
 * The ReplicaSet controller keeps a number of like pods alive.
 * Reads ReplicaSet, Pod. Writes Pod (creates, deletes, adopts, releases), ReplicaSet/status.
 * plan.ts decides (pure, read it first), rank.ts says which pods go first, apply.ts does; it
 * also serves ReplicationControllers. Deleting the pods of a ReplicaSet that is gone is the garbage
 * collector's work.
 */
import { type ReplicaSet, replicaSets } from "#apis/apps/replica-set.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { controllerOf, keyOf } from "#machinery/meta.ts";
import { type Caches, defineController, done } from "#client/reconciler.ts";
import { labelMatcher } from "../shared/selector.ts";
import { writeStatus } from "../shared/status.ts";
import { reconcileReplicas } from "./apply.ts";

export const replicaSetController = defineController<ReplicaSet>({
  name: "replicaset-controller",
  for: replicaSets,
  owns: [pods],
  adopters: (pod, caches) =>
    caches
      .of(replicaSets)
      .list(pod.metadata.namespace)
      .filter(({ spec }) => labelMatcher(spec.selector)(pod.metadata.labels))
      .map(keyOf),
  async reconcile(key, context) {
    const { caches, client } = context;
    const rs = caches.get(replicaSets, key);
    if (!rs) return done;
    return reconcileReplicas(
      {
        object: rs,
        resource: replicaSets,
        desired: {
          replicas: rs.spec.replicas ?? 1,
          minReadySeconds: rs.spec.minReadySeconds ?? 0,
          templateLabels: rs.spec.template.metadata.labels,
          dying: rs.metadata.deletionTimestamp !== undefined,
          generation: rs.metadata.generation ?? 0,
          status: rs.status,
        },
        matches: labelMatcher(rs.spec.selector),
        template: rs.spec.template,
        related: (owned) => relatedPods(caches, rs, owned),
        writeStatus: (status) => writeStatus(client, replicaSets, rs, status),
      },
      context,
    );
  },
});

/** The pods of all ReplicaSets with the same controller (the Deployment), or just its own. */
function relatedPods(caches: Caches, rs: ReplicaSet, owned: Pod[]): Pod[] {
  const uid = controllerOf(rs)?.uid;
  if (uid === undefined) return owned;
  const siblings = caches
    .of(replicaSets)
    .list(rs.metadata.namespace)
    .filter((other) => controllerOf(other)?.uid === uid);
  return siblings.flatMap((sibling) => caches.ownedBy(pods, sibling));
}
