/**
 * ReplicationControllers are the elder form of ReplicaSets: the same plan with a simpler selector
 * and without `terminatingReplicas`.
 * Reads ReplicationController, Pod. Writes Pod, ReplicationController/status.
 */
import { pods } from "#apis/core/pod.ts";
import {
  type ReplicationController,
  replicationControllers,
} from "#apis/core/replication-controller.ts";
import { keyOf } from "#machinery/meta.ts";
import { defineController, done } from "#client/reconciler.ts";
import { reconcileReplicas } from "../replicaset/apply.ts";
import { mapMatcher } from "../shared/selector.ts";
import { writeStatus } from "../shared/status.ts";

export const replicationControllerController = defineController<ReplicationController>({
  name: "replicationcontroller-controller",
  account: "replication-controller",
  component: "replication-controller",
  for: replicationControllers,
  owns: [pods],
  adopters: (pod, caches) =>
    caches
      .of(replicationControllers)
      .list(pod.metadata.namespace)
      .filter(({ spec }) => mapMatcher(spec.selector)(pod.metadata.labels))
      .map(keyOf),
  async reconcile(key, context) {
    const rc = context.caches.get(replicationControllers, key);
    if (!rc) return done;
    return reconcileReplicas(
      {
        object: rc,
        resource: replicationControllers,
        desired: {
          replicas: rc.spec.replicas ?? 1,
          minReadySeconds: rc.spec.minReadySeconds ?? 0,
          templateLabels: rc.spec.template?.metadata.labels,
          dying: rc.metadata.deletionTimestamp !== undefined,
          generation: rc.metadata.generation ?? 0,
          status: rc.status,
        },
        matches: mapMatcher(rc.spec.selector),
        template: rc.spec.template,
        related: (owned) => owned,
        writeStatus(full) {
          const { terminatingReplicas: _, ...status } = full;
          return writeStatus(context.client, replicationControllers, rc, status);
        },
      },
      context,
    );
  },
});
