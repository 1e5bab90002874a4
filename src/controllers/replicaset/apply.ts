import type { ReplicaSetStatus } from "#apis/apps/replica-set.ts";
import type { PodTemplateSpec } from "#apis/core/pod-spec.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import {
  done,
  type Outcome,
  type ReconcileContext,
  requeueAfter,
  isNamespaceTerminating,
} from "#client/reconciler.ts";
import { applyClaim, planClaim } from "../shared/adoption.ts";
import { createPod, deletePod, messageOf, podFromTemplate } from "../shared/pod-control.ts";
import type { LabelMatcher } from "../shared/selector.ts";
import { settleAll } from "../shared/settle.ts";
import { slowStart } from "../shared/slow-start.ts";
import {
  nextReplicaChangeInMs,
  planReplicas,
  type ReplicaFailure,
  type ReplicaPlan,
  type Replicas,
  replicaStatus,
} from "./plan.ts";

/** What differs between ReplicaSets and ReplicationControllers. */
export interface ReplicaOwner<T extends KubeObject> {
  object: T;
  resource: Resource<T>;
  desired: Replicas;
  matches: LabelMatcher;
  template: PodTemplateSpec | undefined;
  /** All pods of the application, which say how crowded nodes are. */
  related: (owned: Pod[]) => Pod[];
  writeStatus: (status: ReplicaSetStatus) => Promise<unknown>;
}

/** Claims pods, creates or deletes what the plan says, and writes the status. */
export async function reconcileReplicas<T extends KubeObject>(
  owner: ReplicaOwner<T>,
  context: ReconcileContext,
): Promise<Outcome> {
  const { caches, client, clock } = context;
  const { object, resource, desired } = owner;
  const candidates = [
    ...caches.ownedBy(pods, object),
    ...caches.orphans(pods, object.metadata.namespace ?? ""),
  ];
  const claim = planClaim(object, candidates, owner.matches);
  const owned = await applyClaim(client, pods, { object, resource }, claim);
  const plan = planReplicas(desired, owned, owner.related(owned), clock.now());
  const thrown = await applyPlan(owner, plan, context);
  const failure = thrown === undefined ? undefined : failureOf(plan, thrown);
  const now = clock.now();
  await owner.writeStatus(replicaStatus(desired, owned, failure, now));
  if (thrown !== undefined) throw thrown;
  const nextMs = nextReplicaChangeInMs(desired, owned, now);
  return nextMs === undefined ? done : requeueAfter(nextMs);
}

/** What was thrown, if anything: the status has to be written first. */
async function applyPlan<T extends KubeObject>(
  { object, resource, template }: ReplicaOwner<T>,
  plan: ReplicaPlan,
  context: ReconcileContext,
): Promise<Error | undefined> {
  try {
    if (plan.create > 0 && template) {
      const draft = podFromTemplate(template, object, resource);
      await slowStart(plan.create, async () => void (await createPod(context, object, draft)));
    }
    await settleAll(plan.delete.map((pod) => deletePod(context, object, pod)));
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined;
    return error instanceof Error ? error : new Error("cannot scale", { cause: error });
  }
  return undefined;
}

function failureOf(plan: ReplicaPlan, thrown: Error): ReplicaFailure {
  const reason = plan.create > 0 ? "FailedCreate" : "FailedDelete";
  return { reason, message: messageOf(thrown) };
}
