/**
 * Decides the next step of a Deployment. Pure: the same Deployment, ReplicaSets and pods give the
 * same plan. A plan is one step; what it changes leads to the next run.
 */
import { type Deployment, deployments, type DeploymentStatus } from "#apis/apps/deployment.ts";
import type { ReplicaSet } from "#apis/apps/replica-set.ts";
import type { Pod } from "#apis/core/pod.ts";
import { controllerReference, type Draft, isControlledBy } from "#machinery/meta.ts";
import { sameMeaning } from "../shared/equal.ts";
import { shortHash } from "../shared/hash.ts";
import { isFinished } from "../shared/pod-state.ts";
import { selectsAll } from "../shared/selector.ts";
import {
  desiredOf,
  isRolling,
  newSetAnnotations,
  nextRevision,
  planCleanup,
  revisionAnnotation,
  sizeOf,
  splitSets,
  templateHashLabel,
} from "./replica-sets.ts";
import { newSetSize, planRolling, planScaled, type Resize, wasScaled } from "./scale.ts";
import {
  countedStatus,
  deadlineInMs,
  hasDeadline,
  isComplete,
  newCondition,
  pausedStatus,
  rolloutStatus,
  setCondition,
} from "./status.ts";

export interface DeploymentPlan {
  /** Make the new ReplicaSet. */
  create?: Draft<ReplicaSet>;
  /** The new ReplicaSet with its annotations or readiness time corrected. */
  update?: ReplicaSet;
  resize: Resize[];
  delete: ReplicaSet[];
  /** What the Deployment's status becomes once the rest is done. */
  status?: DeploymentStatus;
  /** What the Deployment's revision annotation becomes. */
  revision?: string;
  /** Look again after this, should nothing happen before. */
  againInMs?: number | undefined;
  /** The selector selects everything, which is refused. */
  selectsAll?: true;
}

const nothing = { resize: [], delete: [] } satisfies DeploymentPlan;

/** `sets` are the ReplicaSets that the Deployment owns, `podsOf` gives all pods of one. */
export function planDeployment(
  d: Deployment,
  sets: readonly ReplicaSet[],
  podsOf: (rs: ReplicaSet) => readonly Pod[],
  nowMs: number,
): DeploymentPlan {
  if (selectsAll(d.spec.selector)) return planRefusal(d);
  const { newSet, oldSets } = splitSets(d, sets);
  const counted = () => countedStatus(d, newSet, oldSets, nowMs);
  if (d.metadata.deletionTimestamp !== undefined) return { ...nothing, status: counted() };
  const paused = pausedStatus(d, nowMs);
  if (paused) return { ...nothing, status: paused };
  const known = newSet && planKnown(d, newSet, oldSets, nowMs);
  if (known) return known;
  if (d.spec.paused || wasScaled(d, sets)) {
    const resize = planScaled(d, newSet, oldSets);
    const surplus = d.spec.paused ? planCleanup(d, oldSets) : [];
    return { resize, delete: surplus, status: counted() };
  }
  return planRollout(d, newSet, oldSets, podsOf, nowMs);
}

function planRefusal(d: Deployment): DeploymentPlan {
  const { generation = 0 } = d.metadata;
  const status = { ...d.status, observedGeneration: generation };
  return { ...nothing, selectsAll: true, status };
}

/** Brings an existing new ReplicaSet's annotations and the Deployment's revision up to date. */
function planKnown(
  d: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
  nowMs: number,
): DeploymentPlan | undefined {
  const annotations = newSetAnnotations(d, newSet, nextRevision(oldSets));
  const minReadySeconds = d.spec.minReadySeconds ?? 0;
  const current = newSet.metadata.annotations ?? {};
  const same = sameMeaning(annotations, current);
  if (!same || (newSet.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const metadata = { ...newSet.metadata, annotations };
    const spec = { ...newSet.spec, minReadySeconds };
    return { ...nothing, update: { ...newSet, metadata, spec } };
  }
  const revision = annotations[revisionAnnotation] ?? "";
  const noted = d.metadata.annotations?.[revisionAnnotation] === revision;
  const { conditions } = d.status ?? {};
  const progressing = conditions?.some(({ type }) => type === "Progressing") ?? false;
  if (noted && (progressing || !hasDeadline(d))) return undefined;
  const text = `Found new replica set ${JSON.stringify(newSet.metadata.name)}`;
  const found = newCondition("Progressing", "True", "FoundNewReplicaSet", text, nowMs);
  const add = hasDeadline(d) && !progressing;
  const status = add
    ? { ...d.status, conditions: setCondition(conditions, found, nowMs) }
    : { ...d.status };
  return { ...nothing, revision, status };
}

function planRollout(
  d: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
  podsOf: (rs: ReplicaSet) => readonly Pod[],
  nowMs: number,
): DeploymentPlan {
  const status = () => rolloutStatus(d, newSet, oldSets, nowMs);
  const step = (resize: Resize[]): DeploymentPlan => {
    const next = status();
    return { ...nothing, resize, status: next, againInMs: deadlineInMs(d, next, nowMs) };
  };
  if (!isRolling(d)) {
    const running = oldSets.filter((rs) => sizeOf(rs) > 0);
    if (running.length > 0) return step(running.map((rs) => ({ rs, to: 0 })));
    if (oldPodsRun(oldSets, podsOf)) return step([]);
  }
  if (!newSet) return planCreate(d, oldSets, nowMs);
  const resize = isRolling(d)
    ? planRolling(d, newSet, oldSets)
    : [{ rs: newSet, to: desiredOf(d) }].filter(({ rs, to }) => sizeOf(rs) !== to);
  const plan = step(resize);
  if (resize.length > 0 || !isComplete(d, d.status ?? {})) return plan;
  return { ...plan, delete: planCleanup(d, oldSets) };
}

/** Recreate waits until the last old pod is gone, terminating ones included. */
function oldPodsRun(
  oldSets: readonly ReplicaSet[],
  podsOf: (rs: ReplicaSet) => readonly Pod[],
): boolean {
  return oldSets.some(
    (rs) => (rs.status?.replicas ?? 0) > 0 || podsOf(rs).some((pod) => !isFinished(pod)),
  );
}

/** The new ReplicaSet; its name and labels carry the template's hash. */
function planCreate(d: Deployment, oldSets: readonly ReplicaSet[], nowMs: number): DeploymentPlan {
  const { template, selector } = d.spec;
  const hash = shortHash(template, d.status?.collisionCount ?? 0);
  const labels = { ...template.metadata.labels, [templateHashLabel]: hash };
  const revision = nextRevision(oldSets);
  const { namespace, name } = d.metadata;
  const create: Draft<ReplicaSet> = {
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels,
      annotations: newSetAnnotations(d, undefined, revision),
      ownerReferences: [controllerReference(d, deployments)],
    },
    spec: {
      replicas: newSetSize(d, oldSets, undefined),
      minReadySeconds: d.spec.minReadySeconds ?? 0,
      selector: {
        ...selector,
        matchLabels: { ...selector.matchLabels, [templateHashLabel]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
  const text = `Created new replica set ${JSON.stringify(create.metadata.name)}`;
  const made = newCondition("Progressing", "True", "NewReplicaSetCreated", text, nowMs);
  const status = hasDeadline(d)
    ? { ...d.status, conditions: setCondition(d.status?.conditions, made, nowMs) }
    : { ...d.status };
  return { ...nothing, create, revision: String(revision), status };
}

/** Whether a ReplicaSet that was in the way of creation is in truth the one we wanted. */
export function isOurs(d: Deployment, rs: ReplicaSet): boolean {
  return isControlledBy(rs, d) && splitSets(d, [rs]).newSet !== undefined;
}
