/**
 * The StatefulSet controller keeps pods with lasting names and volumes, made, replaced and removed
 * in order.
 * Reads StatefulSet, Pod, ControllerRevision, PersistentVolumeClaim. Writes Pod,
 * PersistentVolumeClaim, ControllerRevision, StatefulSet/status.
 * plan.ts decides (pure, read it first), pods.ts knows their identity, apply.ts does.
 */
import { type ControllerRevision, controllerRevisions } from "#apis/apps/controller-revision.ts";
import { type StatefulSet, statefulSets } from "#apis/apps/stateful-set.ts";
import { persistentVolumeClaims } from "#apis/core/persistent-volume-claim.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { keyOf } from "#machinery/meta.ts";
import {
  defineController,
  done,
  type Outcome,
  type ReconcileContext,
  requeueAfter,
} from "#client/reconciler.ts";
import { applyClaim, planClaim } from "../shared/adoption.ts";
import {
  currentRevision,
  deleteRevisions,
  RevisionCollision,
  surplusRevisions,
} from "../shared/revisions.ts";
import { labelMatcher } from "../shared/selector.ts";
import { writeStatus } from "../shared/status.ts";
import { applyStatefulSet } from "./apply.ts";
import { planStatefulSet, type Revisions, statefulSetStatus } from "./plan.ts";
import { ordinalOf, podRevision } from "./pods.ts";

const hashLabel = "controller.kubernetes.io/hash";

export const statefulSetController = defineController<StatefulSet>({
  name: "statefulset-controller",
  for: statefulSets,
  owns: [pods, controllerRevisions],
  adopters: (orphan, caches) =>
    caches
      .of(statefulSets)
      .list(orphan.metadata.namespace)
      .filter(({ spec }) => labelMatcher(spec.selector)(orphan.metadata.labels))
      .map(keyOf),
  reads: [persistentVolumeClaims],
  async reconcile(key, context) {
    const set = context.caches.get(statefulSets, key);
    if (!set) return done;
    const collisions = set.status?.collisionCount ?? 0;
    try {
      return await sync(set, collisions, context);
    } catch (error) {
      if (!(error instanceof RevisionCollision)) throw error;
      const status = { replicas: 0, ...set.status, collisionCount: collisions + 1 };
      await writeStatus(context.client, statefulSets, set, status);
      throw error;
    }
  },
});

async function sync(
  set: StatefulSet,
  collisions: number,
  context: ReconcileContext,
): Promise<Outcome> {
  const { caches, client, clock } = context;
  const { owned, revisions } = await claim(set, context);
  const { template } = set.spec;
  const history = { owner: set, resource: statefulSets, template, hashLabel };
  const update = await currentRevision(client, history, revisions, collisions);
  const all = [...revisions.filter(({ metadata }) => metadata.uid !== update.metadata.uid), update];
  const names: Revisions = { update: update.metadata.name, current: currentName(set, all, update) };
  const plan = planStatefulSet(set, owned, names, clock.now());
  let failure: unknown;
  try {
    await applyStatefulSet(set, plan, all, context);
  } catch (error) {
    failure = error;
  }
  // What has just been made shows in the next run.
  const status = statefulSetStatus(set, owned, names, collisions, clock.now());
  await writeStatus(client, statefulSets, caches.get(statefulSets, keyOf(set)) ?? set, status);
  if (failure !== undefined) throw failure;
  const used = new Set([
    names.update,
    names.current,
    ...owned.map((pod) => podRevision(pod) ?? ""),
  ]);
  const surplus = surplusRevisions(all, used, set.spec.revisionHistoryLimit ?? 10);
  await deleteRevisions(client, surplus);
  return plan.againInMs === undefined ? done : requeueAfter(plan.againInMs);
}

/** The revision that the set is moving away from, or the update's when there is no other. */
function currentName(
  { status }: StatefulSet,
  revisions: readonly ControllerRevision[],
  update: ControllerRevision,
): string {
  const known = revisions.some(({ metadata }) => metadata.name === status?.currentRevision);
  return known && status?.currentRevision ? status.currentRevision : update.metadata.name;
}

async function claim(
  set: StatefulSet,
  { caches, client }: ReconcileContext,
): Promise<{ owned: Pod[]; revisions: ControllerRevision[] }> {
  const namespace = set.metadata.namespace ?? "";
  const owner = { object: set, resource: statefulSets };
  const matches = labelMatcher(set.spec.selector);
  const candidates = [
    ...caches.ownedBy(pods, set),
    ...caches.orphans(pods, namespace).filter((pod) => ordinalOf(set, pod) !== undefined),
  ];
  const owned = await applyClaim(client, pods, owner, planClaim(set, candidates, matches));
  const known = [
    ...caches.ownedBy(controllerRevisions, set),
    ...caches.orphans(controllerRevisions, namespace),
  ];
  const revisions = planClaim(set, known, matches);
  return { owned, revisions: await applyClaim(client, controllerRevisions, owner, revisions) };
}
