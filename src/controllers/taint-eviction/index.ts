/**
 * Deletes pods from nodes with NoExecute taints, at once or when their toleration ends.
 * Reads Pod, Node. Writes Pod/status (DisruptionTarget), deletes Pod.
 */
import { nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { isReason } from "#machinery/errors.ts";
import { keyOf, toKey } from "#machinery/meta.ts";
import {
  type Controller,
  defineController,
  done,
  requeueAfter,
  watching,
} from "#client/reconciler.ts";
import { addDisruptionTarget } from "../shared/disruption-target.ts";
import { sameMeaning } from "../shared/equal.ts";
import { isFinished, isTerminating } from "../shared/pod-state.ts";
import { evictionMs } from "./plan.ts";

export function taintEvictionController(): Controller {
  /** Pods that are to go, so that a reprieve can be told. */
  const doomed = new Set<string>();
  return defineController<Pod>({
    name: "taint-eviction-controller",
    account: "node-controller",
    for: pods,
    when: (next, old) =>
      !next ||
      next.spec.nodeName !== old?.spec.nodeName ||
      next.spec.tolerations?.length !== old?.spec.tolerations?.length,
    watches: [
      watching(
        nodes,
        ({ metadata: { name } }, caches) =>
          caches
            .of(pods)
            .list()
            .filter(({ spec }) => spec.nodeName === name)
            .map(keyOf),
        (next, old) => !sameMeaning(next?.spec.taints, old?.spec.taints),
      ),
    ],
    async reconcile(key, { caches, client, clock, recorder }) {
      const pod = caches.get(pods, key);
      if (!pod?.spec.nodeName || isTerminating(pod) || isFinished(pod)) {
        doomed.delete(key);
        return done;
      }
      const node = caches.get(nodes, toKey(undefined, pod.spec.nodeName));
      const dueMs = evictionMs(pod, node?.spec.taints ?? []);
      if (dueMs === undefined) {
        const text = `Cancelling deletion of Pod ${key}`;
        if (doomed.delete(key)) recorder.normal(pod, "TaintManagerEviction", text);
        return done;
      }
      doomed.add(key);
      if (dueMs > clock.now()) return requeueAfter(dueMs - clock.now());
      doomed.delete(key);
      recorder.normal(pod, "TaintManagerEviction", `Marking for deletion Pod ${key}`);
      const reason = "DeletionByTaintManager";
      const message = "Taint manager: deleting due to NoExecute taint";
      try {
        await addDisruptionTarget(client, pod, { reason, message }, clock.now());
        const { uid = "" } = pod.metadata;
        await client.delete(pods, pod.metadata, { preconditions: { uid } });
      } catch (error) {
        if (!isReason(error, "NotFound")) throw error;
      }
      return done;
    },
  });
}
