/**
 * The node lifecycle controller watches over nodes: one whose kubelet is silent gets conditions
 * Unknown; unhealthy ones get taints, and their pods count as not ready.
 * Reads Node, Lease, Pod. Writes Node/status, Node (taints), Pod/status (Ready).
 * plan.ts decides, zones.ts says how fast pods may be driven off; driving them off is
 * taint-eviction's work.
 */
import { leases } from "#apis/coordination/lease.ts";
import type { NodeStatus } from "#apis/core/node-status.ts";
import { type Node, nodes } from "#apis/core/node.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { type Clock, rfc3339 } from "#base/clock.ts";
import { isReason } from "#machinery/errors.ts";
import { toKey } from "#machinery/meta.ts";
import {
  type Controller,
  defineController,
  done,
  type ReconcileContext,
  requeueAfter,
  watching,
} from "#client/reconciler.ts";
import { conditionOf } from "../shared/conditions.ts";
import { isReady } from "../shared/pod-state.ts";
import {
  evictionTaintKey,
  isEvicting,
  planTaints,
  type Readiness,
  readinessOf,
  silenceMsMax,
  silentConditions,
  startupSilenceMsMax,
} from "./plan.ts";
import { zoneOf, Zones } from "./zones.ts";

const leaseNamespace = "kube-node-lease";

/** What is remembered of a node between runs. */
interface Health {
  /** What the kubelet wrote last, whatever it is. */
  sign: string;
  /** When we saw that for the first time, by our own clock. */
  seenMs: number;
  readiness: Readiness | undefined;
}

export function nodeLifecycleController(): Controller {
  const known = new Map<string, Health>();
  let zones: Zones | undefined;
  return defineController<Node>({
    name: "node-lifecycle-controller",
    account: "node-controller",
    component: "node-controller",
    for: nodes,
    watches: [
      watching(leases, ({ metadata: { namespace, name } }) =>
        namespace === leaseNamespace ? [toKey(undefined, name)] : [],
      ),
    ],
    reads: [pods],
    async reconcile(key, context) {
      const { caches, clock, recorder } = context;
      const node = caches.get(nodes, key);
      if (!node) {
        const gone = { kind: "Node", metadata: { name: key } };
        const text = `Node ${key} event: Removing Node ${key} from Controller`;
        if (known.delete(key)) recorder.normal(gone, "RemovingNode", text);
        return done;
      }
      zones ??= new Zones(clock);
      zones.assess(() => caches.of(nodes).list());
      const health = observe(node, known.get(key), context);
      if (!known.has(key)) {
        const text = `Node ${key} event: Registered Node ${key} in Controller`;
        recorder.normal(node, "RegisteredNode", text);
      }
      known.set(key, health);
      const { node: checked, silentInMs } = await checkSilence(node, health, context);
      await onReadiness(checked, health, context);
      const waitMs = await writeTaints(checked, zones, context);
      return requeueAfter(Math.min(silentInMs, waitMs));
    },
  });
}

/** Notes a sign of life: a renewed lease or a posted status. */
function observe(
  node: Node,
  before: Health | undefined,
  { caches, clock }: ReconcileContext,
): Health {
  const lease = caches.get(leases, toKey(leaseNamespace, node.metadata.name));
  const ready = conditionOf(node.status?.conditions, "Ready");
  // What we wrote ourselves is no sign of life.
  const posted = ready?.status === "Unknown" ? "" : (ready?.lastHeartbeatTime ?? "");
  const sign = `${lease?.spec?.renewTime ?? ""} ${posted}`;
  const unchanged =
    ready?.status === "Unknown" ? before?.sign.startsWith(sign) : before?.sign === sign;
  if (before && unchanged) return before;
  const readiness = before?.readiness;
  return { sign, seenMs: firstSeenMs(node, before, clock), readiness };
}

/** A node that never spoke is given time from its creation on. */
function firstSeenMs(node: Node, before: Health | undefined, clock: Clock): number {
  if (before || conditionOf(node.status?.conditions, "Ready")) return clock.now();
  const { creationTimestamp } = node.metadata;
  return creationTimestamp ? Date.parse(creationTimestamp) : clock.now();
}

async function checkSilence(
  node: Node,
  { seenMs }: Health,
  { client, clock }: ReconcileContext,
): Promise<{ node: Node; silentInMs: number }> {
  const never = conditionOf(node.status?.conditions, "Ready") === undefined;
  const now = clock.now();
  const silentInMs = seenMs + (never ? startupSilenceMsMax : silenceMsMax) - now;
  if (silentInMs > 0) return { node, silentInMs };
  const conditions = silentConditions(node, now);
  if (!conditions) return { node, silentInMs: silenceMsMax };
  const status = { ...(node.status as NodeStatus), conditions };
  const written = await client.updateStatus(nodes, { ...node, status });
  return { node: written, silentInMs: silenceMsMax };
}

/** Tells of a node that is no longer ready, and marks its pods so. */
async function onReadiness(node: Node, health: Health, context: ReconcileContext): Promise<void> {
  const { caches, recorder } = context;
  const readiness = readinessOf(node);
  const before = health.readiness;
  const { name } = node.metadata;
  const lost = readiness !== "True" && (before === "True" || readiness === "Unknown");
  if (lost && evictionTaintKey(node)) {
    const own = caches
      .of(pods)
      .list()
      .filter(({ spec }) => spec.nodeName === name);
    for (const pod of own) if (isReady(pod)) await markNotReady(pod, context);
  }
  if (before === "True" && readiness !== "True") {
    recorder.normal(node, "NodeNotReady", `Node ${name} status is now: NodeNotReady`);
  }
  health.readiness = readiness;
}

async function markNotReady(pod: Pod, context: ReconcileContext): Promise<void> {
  const { client, recorder, clock } = context;
  const conditions = (pod.status?.conditions ?? []).map((condition) =>
    condition.type === "Ready"
      ? { ...condition, status: "False", lastTransitionTime: rfc3339(clock.now()) }
      : condition,
  );
  recorder.warning(pod, "NodeNotReady", "Node is not ready");
  try {
    await client.updateStatus(pods, { ...pod, status: { ...pod.status, conditions } });
  } catch (error) {
    if (!isReason(error, "NotFound", "Conflict")) throw error;
  }
}

/** Milliseconds after which to look again. */
async function writeTaints(
  node: Node,
  zones: Zones,
  { client, clock }: ReconcileContext,
): Promise<number> {
  let evict = isEvicting(node);
  let waitMs = Number.POSITIVE_INFINITY;
  if (zones.allDown) evict = false;
  else if (!evict && evictionTaintKey(node)) {
    waitMs = zones.take(zoneOf(node));
    evict = waitMs === 0;
    if (evict) waitMs = Number.POSITIVE_INFINITY;
  }
  if (zones.allDown && evictionTaintKey(node)) waitMs = 5_000;
  const taints = planTaints(node, evict, clock.now());
  if (!taints) return waitMs;
  const { resourceVersion, name } = node.metadata;
  const patch = { metadata: { resourceVersion }, spec: { taints } };
  await client.patch(nodes, { name }, patch, { type: "merge" });
  return waitMs;
}
