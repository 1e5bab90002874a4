/**
 * The disruption controller keeps the status of PodDisruptionBudgets, by which evictions are
 * allowed or refused.
 * Reads PodDisruptionBudget, Pod and the workloads that own pods. Writes PodDisruptionBudget/status.
 */
import { deployments } from "#apis/apps/deployment.ts";
import { replicaSets } from "#apis/apps/replica-set.ts";
import { statefulSets } from "#apis/apps/stateful-set.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { replicationControllers } from "#apis/core/replication-controller.ts";
import {
  type PodDisruptionBudget,
  podDisruptionBudgets,
} from "#apis/policy/pod-disruption-budget.ts";
import { controllerOf, keyOf, type KubeObject, toKey } from "#machinery/meta.ts";
import {
  type Caches,
  defineController,
  done,
  requeueAfter,
  type Watch,
  watching,
} from "#client/reconciler.ts";
import { isFinished } from "../shared/pod-state.ts";
import { labelMatcher } from "../shared/selector.ts";
import { writeStatus } from "../shared/status.ts";
import { expectedPods, planBudget, unmanagedText } from "./plan.ts";

/** Budgets of the namespace that select the labels. */
function budgetsFor({ namespace, labels }: KubeObject["metadata"], caches: Caches) {
  return caches
    .of(podDisruptionBudgets)
    .list(namespace)
    .filter(({ spec }) => labelMatcher(spec.selector)(labels))
    .map(keyOf);
}

function scaled(next: KubeObject | undefined, old: KubeObject | undefined): boolean {
  const size = (object: KubeObject | undefined) =>
    (object as { spec?: { replicas?: number } } | undefined)?.spec?.replicas;
  return size(next) !== size(old);
}

/** A workload that is scaled changes how many pods are expected. */
const workloads: Watch[] = [deployments, replicaSets, statefulSets, replicationControllers].map(
  (resource) =>
    watching<KubeObject>(
      resource,
      (object, caches) =>
        budgetsFor({ ...object.metadata, labels: templateLabels(object) }, caches),
      scaled,
    ),
);

function templateLabels(object: KubeObject): Record<string, string> {
  type Workload = { spec?: { template?: { metadata?: { labels?: Record<string, string> } } } };
  return (object as Workload).spec?.template?.metadata?.labels ?? {};
}

export const disruptionController = defineController<PodDisruptionBudget>({
  name: "disruption-controller",
  component: "controllermanager",
  for: podDisruptionBudgets,
  watches: [watching(pods, ({ metadata }, caches) => budgetsFor(metadata, caches)), ...workloads],
  async reconcile(key, { caches, client, clock, recorder }) {
    const budget = caches.get(podDisruptionBudgets, key);
    if (!budget) return done;
    const matches = labelMatcher(budget.spec.selector);
    const selected = caches
      .of(pods)
      .list(budget.metadata.namespace)
      .filter((pod) => matches(pod.metadata.labels) && !isFinished(pod));
    if (selected.length === 0) recorder.normal(budget, "NoPods", "No matching pods found");
    const { minAvailable, maxUnavailable } = budget.spec;
    const byScale = typeof minAvailable !== "number" || maxUnavailable !== undefined;
    const expectation = byScale
      ? expectedPods(selected, (pod) => scaleOf(pod, caches))
      : { expected: 0, unmanaged: [] };
    if (expectation.unmanaged.length > 0) {
      recorder.warning(budget, "UnmanagedPods", unmanagedText(budget.spec.selector));
    }
    const { status, againInMs } = planBudget(budget, selected, expectation, clock.now());
    await writeStatus(client, podDisruptionBudgets, budget, status);
    return againInMs === undefined ? done : requeueAfter(againInMs);
  },
});

/** How many pods the pod's topmost controller wants. */
function scaleOf(pod: Pod, caches: Caches) {
  const owner = controllerOf(pod);
  if (!owner) return undefined;
  const key = toKey(pod.metadata.namespace, owner.name);
  const is = (object: KubeObject | undefined, uid: string) => object?.metadata.uid === uid;
  if (owner.kind === "ReplicaSet") {
    const set = caches.get(replicaSets, key);
    if (!set || !is(set, owner.uid)) return undefined;
    const above = controllerOf(set);
    const deployment =
      above?.kind === "Deployment"
        ? caches.get(deployments, toKey(pod.metadata.namespace, above.name))
        : undefined;
    if (deployment && above && is(deployment, above.uid)) {
      return { controller: above.uid, replicas: deployment.spec.replicas ?? 1 };
    }
    return { controller: owner.uid, replicas: set.spec.replicas ?? 1 };
  }
  const object =
    owner.kind === "StatefulSet"
      ? caches.get(statefulSets, key)
      : owner.kind === "ReplicationController"
        ? caches.get(replicationControllers, key)
        : undefined;
  if (!object || !is(object, owner.uid)) return undefined;
  return { controller: owner.uid, replicas: object.spec.replicas ?? 1 };
}
