/** Decides which nodes get or lose a daemon, and which daemons are replaced. Pure. */
import type { DaemonSet, DaemonSetStatus } from "#apis/apps/daemon-set.ts";
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import {
  createdMs,
  isAvailable,
  isFinished,
  isReady,
  isTerminating,
  nextAvailableInMs,
} from "../shared/pod-state.ts";
import { fits, nodeOf, revisionLabel } from "./pods.ts";

const burstMax = 250;

export interface DaemonSetPlan {
  /** Nodes that need a daemon. */
  create: string[];
  delete: Pod[];
  /** Daemons that ended; their deletion is told in an event of its own. */
  ended: Pod[];
  status: DaemonSetStatus;
  againInMs?: number | undefined;
}

interface Place {
  node: Node;
  run: boolean;
  stay: boolean;
  pods: Pod[];
}

/** `hash` names the current revision. */
export function planDaemonSet(
  set: DaemonSet,
  nodes: readonly Node[],
  pods: readonly Pod[],
  hash: string,
  nowMs: number,
): DaemonSetPlan {
  const places = new Map<string, Place>();
  for (const node of nodes) places.set(node.metadata.name, { node, ...fits(set, node), pods: [] });
  const stray: Pod[] = [];
  for (const pod of pods) {
    const place = places.get(nodeOf(pod));
    if (place) place.pods.push(pod);
    else stray.push(pod);
  }
  const plan: DaemonSetPlan = {
    create: [],
    // A daemon for a node that is gone will never run.
    delete: stray.filter((pod) => !isTerminating(pod) && !pod.spec.nodeName),
    ended: [],
    status: statusOf(set, [...places.values()], hash, nowMs),
    againInMs: nextAvailableInMs(pods, set.spec.minReadySeconds ?? 0, nowMs),
  };
  if (isTerminating(set)) return { ...plan, delete: [] };
  for (const place of places.values()) planPlace(place, plan);
  if (set.spec.updateStrategy.type !== "OnDelete") {
    planUpdate(set, [...places.values()], hash, nowMs, plan);
  }
  plan.create = plan.create.slice(0, burstMax);
  return plan;
}

function planPlace({ node, run, stay, pods }: Place, plan: DaemonSetPlan): void {
  const standing = pods.filter((pod) => !isTerminating(pod));
  if (!stay) {
    plan.delete.push(...standing);
    return;
  }
  plan.ended.push(...standing.filter(isFinished));
  // One that terminates still holds ports and the like: its successor waits.
  if (run && pods.length === 0) plan.create.push(node.metadata.name);
}

/** Replaces old daemons within what may be unavailable; with surge, new ones come first. */
function planUpdate(
  set: DaemonSet,
  places: readonly Place[],
  hash: string,
  nowMs: number,
  plan: DaemonSetPlan,
): void {
  const wanted = places.filter(({ run }) => run);
  const { maxSurge = 0, maxUnavailable = 1 } = set.spec.updateStrategy.rollingUpdate ?? {};
  const surge = resolve(maxSurge, wanted.length);
  const unavailableMax = surge > 0 ? 0 : Math.max(1, resolve(maxUnavailable, wanted.length));
  const isNew = (pod: Pod) => pod.metadata.labels?.[revisionLabel] === hash;
  const available = (pod: Pod) =>
    !isTerminating(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs);
  const gone = new Set([...plan.delete, ...plan.ended]);
  let unavailable = 0;
  let surging = 0;
  const candidates: { place: Place; old: Pod }[] = [];
  for (const place of wanted) {
    const standing = place.pods.filter((pod) => !isTerminating(pod) && !gone.has(pod));
    const fresh = standing.find(isNew);
    const old = standing.filter((pod) => !isNew(pod));
    if (surge > 0) {
      if (fresh && old.length > 0) {
        surging++;
        if (available(fresh)) plan.delete.push(...old);
      } else if (old[0]) candidates.push({ place, old: old[0] });
      continue;
    }
    if (fresh) plan.delete.push(...old);
    else if (old[0] && !available(old[0])) plan.delete.push(old[0]);
    else if (old[0]) candidates.push({ place, old: old[0] });
    if (!(fresh ? available(fresh) : old[0] && available(old[0]))) unavailable++;
  }
  if (surge > 0) {
    const room = Math.max(0, surge - surging);
    plan.create.push(...candidates.slice(0, room).map(({ place }) => place.node.metadata.name));
  } else {
    const room = Math.max(0, unavailableMax - unavailable);
    plan.delete.push(...candidates.slice(0, room).map(({ old }) => old));
  }
}

function resolve(value: number | string, total: number): number {
  if (typeof value === "number") return value;
  return Math.ceil((Number.parseInt(value, 10) * total) / 100);
}

function statusOf(
  set: DaemonSet,
  places: readonly Place[],
  hash: string,
  nowMs: number,
): DaemonSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const status = {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    updatedNumberScheduled: 0,
    numberAvailable: 0,
  };
  for (const { run, pods } of places) {
    if (!run) {
      if (pods.length > 0) status.numberMisscheduled++;
      continue;
    }
    status.desiredNumberScheduled++;
    // The oldest one speaks for the node.
    const [pod] = [...pods].sort((a, b) => createdMs(a) - createdMs(b));
    if (!pod) continue;
    status.currentNumberScheduled++;
    if (isReady(pod)) {
      status.numberReady++;
      if (isAvailable(pod, minReadySeconds, nowMs)) status.numberAvailable++;
    }
    if (pod.metadata.labels?.[revisionLabel] === hash) status.updatedNumberScheduled++;
  }
  const { collisionCount, conditions } = set.status ?? {};
  return {
    ...status,
    numberUnavailable: status.desiredNumberScheduled - status.numberAvailable,
    observedGeneration: set.metadata.generation ?? 0,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions ? { conditions } : {}),
  };
}
