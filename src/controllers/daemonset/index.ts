/**
 * The DaemonSet controller keeps one pod on each node that its template allows.
 * Reads DaemonSet, Node, Pod, ControllerRevision. Writes Pod, ControllerRevision, DaemonSet/status.
 * plan.ts decides, pods.ts says which nodes and what daemons carry.
 */
import { controllerRevisions } from "#apis/apps/controller-revision.ts";
import { type DaemonSet, daemonSets } from "#apis/apps/daemon-set.ts";
import { nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { keyOf } from "#machinery/meta.ts";
import {
  defineController,
  done,
  type ReconcileContext,
  requeueAfter,
  watching,
  isNamespaceTerminating,
} from "#client/reconciler.ts";
import { applyClaim, planClaim } from "../shared/adoption.ts";
import { sameMeaning } from "../shared/equal.ts";
import { createPod, deletePod } from "../shared/pod-control.ts";
import { currentRevision, deleteRevisions, surplusRevisions } from "../shared/revisions.ts";
import { labelMatcher, selectsAll } from "../shared/selector.ts";
import { slowStart } from "../shared/slow-start.ts";
import { writeStatus } from "../shared/status.ts";
import { type DaemonSetPlan, planDaemonSet } from "./plan.ts";
import { generationAnnotation, newDaemon, revisionLabel } from "./pods.ts";
import { settleAll } from "../shared/settle.ts";

export const daemonSetController = defineController<DaemonSet>({
  name: "daemonset-controller",
  account: "daemon-set-controller",
  for: daemonSets,
  owns: [pods, controllerRevisions],
  adopters: (orphan, caches) =>
    caches
      .of(daemonSets)
      .list(orphan.metadata.namespace)
      .filter(({ spec }) => labelMatcher(spec.selector)(orphan.metadata.labels))
      .map(keyOf),
  watches: [
    watching(
      nodes,
      (_node, caches) => caches.of(daemonSets).list().map(keyOf),
      (next, old) =>
        !next ||
        !old ||
        !sameMeaning(next.metadata.labels, old.metadata.labels) ||
        !sameMeaning(next.spec.taints, old.spec.taints),
    ),
  ],
  async reconcile(key, context) {
    const { caches, client, clock, recorder } = context;
    const set = caches.get(daemonSets, key);
    if (!set) return done;
    if (selectsAll(set.spec.selector)) {
      const text = "This daemon set is selecting all pods. A non-empty selector is required.";
      recorder.warning(set, "SelectingAll", text);
      return done;
    }
    const { owned, revisions } = await claim(set, context);
    const generation = set.metadata.annotations?.[generationAnnotation];
    const history = {
      owner: set,
      resource: daemonSets,
      template: set.spec.template,
      hashLabel: revisionLabel,
      ...(generation ? { annotations: { [generationAnnotation]: generation } } : {}),
    };
    const collisions = set.status?.collisionCount ?? 0;
    const current = await currentRevision(client, history, revisions, collisions);
    const hash = current.metadata.labels?.[revisionLabel] ?? "";
    const plan = planDaemonSet(set, caches.of(nodes).list(), owned, hash, clock.now());
    const failure = await applyPods(set, plan, hash, context);
    await writeStatus(client, daemonSets, set, plan.status);
    if (failure !== undefined) throw failure;
    const used = new Set(owned.map(({ metadata }) => metadata.labels?.[revisionLabel] ?? ""));
    const usedNames = new Set([current.metadata.name]);
    for (const { metadata } of revisions) {
      if (used.has(metadata.labels?.[revisionLabel] ?? "")) usedNames.add(metadata.name);
    }
    const limit = set.spec.revisionHistoryLimit ?? 10;
    await deleteRevisions(client, surplusRevisions(revisions, usedNames, limit));
    return plan.againInMs === undefined ? done : requeueAfter(plan.againInMs);
  },
});

async function applyPods(
  set: DaemonSet,
  plan: DaemonSetPlan,
  hash: string,
  context: ReconcileContext,
): Promise<unknown> {
  const { recorder } = context;
  try {
    await slowStart(plan.create.length, async (i) => {
      await createPod(context, set, newDaemon(set, plan.create[i] ?? "", hash));
    });
    for (const pod of plan.ended) {
      announceEnd(set, pod, recorder);
      await deletePod(context, set, pod);
    }
    await settleAll(plan.delete.map((pod) => deletePod(context, set, pod)));
  } catch (error) {
    return isNamespaceTerminating(error) ? undefined : error;
  }
  return undefined;
}

function announceEnd(set: DaemonSet, pod: Pod, recorder: ReconcileContext["recorder"]): void {
  const { namespace, name } = pod.metadata;
  const where = `daemon pod ${namespace}/${name} on node ${pod.spec.nodeName}`;
  if (pod.status?.phase === "Failed") {
    recorder.warning(set, "FailedDaemonPod", `Found failed ${where}, will try to kill it`);
  } else {
    recorder.normal(set, "SucceededDaemonPod", `Found succeeded ${where}, will try to delete it`);
  }
}

async function claim(set: DaemonSet, { caches, client }: ReconcileContext) {
  const namespace = set.metadata.namespace ?? "";
  const owner = { object: set, resource: daemonSets };
  const matches = labelMatcher(set.spec.selector);
  const candidates = [...caches.ownedBy(pods, set), ...caches.orphans(pods, namespace)];
  const owned = await applyClaim(client, pods, owner, planClaim(set, candidates, matches));
  const known = [
    ...caches.ownedBy(controllerRevisions, set),
    ...caches.orphans(controllerRevisions, namespace),
  ];
  const claimed = planClaim(set, known, matches);
  const revisions = await applyClaim(client, controllerRevisions, owner, claimed);
  return { owned, revisions };
}
