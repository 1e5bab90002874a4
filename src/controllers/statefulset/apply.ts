import type { ControllerRevision } from "#apis/apps/controller-revision.ts";
import { type StatefulSet, statefulSets } from "#apis/apps/stateful-set.ts";
import { persistentVolumeClaims } from "#apis/core/persistent-volume-claim.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { isReason } from "#machinery/errors.ts";
import { controllerReference, type OwnerReference, toKey } from "#machinery/meta.ts";
import { isNamespaceTerminating, type ReconcileContext } from "#client/reconciler.ts";
import { sameMeaning } from "../shared/equal.ts";
import { messageOf } from "../shared/pod-control.ts";
import { templateOf } from "../shared/revisions.ts";
import { type StatefulSetPlan, replicasOf } from "./plan.ts";
import { claimsOf, newPod, ordinalOf, podName, startOrdinal } from "./pods.ts";

type Context = Pick<ReconcileContext, "client" | "recorder" | "caches">;

/** Does what the plan says; the first failure ends it. */
export async function applyStatefulSet(
  set: StatefulSet,
  plan: StatefulSetPlan,
  revisions: readonly ControllerRevision[],
  context: Context,
): Promise<void> {
  try {
    for (const ordinal of plan.claims) await ensureClaims(set, ordinal, context);
    for (const { ordinal, revision } of plan.create) {
      const found = revisions.find(({ metadata }) => metadata.name === revision);
      const template = (found && templateOf(found)) ?? set.spec.template;
      await create(set, newPod(set, template, revision, ordinal), context);
    }
    for (const pod of plan.delete) await remove(set, pod, context);
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error;
  }
}

async function create(
  set: StatefulSet,
  draft: ReturnType<typeof newPod>,
  { client, recorder }: Context,
): Promise<void> {
  const { name = "" } = draft.metadata;
  const what = `Create Pod ${name} in StatefulSet ${set.metadata.name}`;
  try {
    await client.create(pods, draft);
    recorder.normal(set, "SuccessfulCreate", `${what} successful`);
  } catch (error) {
    if (isReason(error, "AlreadyExists")) return;
    recorder.warning(set, "FailedCreate", `${what} failed error: ${messageOf(error)}`);
    throw error;
  }
}

async function remove(set: StatefulSet, pod: Pod, context: Context): Promise<void> {
  const { client, recorder } = context;
  const { name, uid = "" } = pod.metadata;
  await ownClaimsByPod(set, pod, context);
  const what = `Delete Pod ${name} in StatefulSet ${set.metadata.name}`;
  try {
    await client.delete(pods, pod.metadata, { preconditions: { uid } });
    recorder.normal(set, "SuccessfulDelete", `${what} successful`);
  } catch (error) {
    if (isReason(error, "NotFound", "Conflict")) return;
    recorder.warning(set, "FailedDelete", `${what} failed error: ${messageOf(error)}`);
    throw error;
  }
}

/** The claims that go with the set are owned by it (KEP-1847). */
function ownersBySet(set: StatefulSet): OwnerReference[] {
  const { whenDeleted } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  return whenDeleted === "Delete" ? [controllerReference(set, statefulSets)] : [];
}

async function ensureClaims(set: StatefulSet, ordinal: number, context: Context): Promise<void> {
  const { client, recorder, caches } = context;
  const owners = ownersBySet(set);
  for (const draft of claimsOf(set, ordinal, owners)) {
    const { namespace, name = "" } = draft.metadata;
    const existing = caches.get(persistentVolumeClaims, toKey(namespace, name));
    if (existing) {
      const kept = (existing.metadata.ownerReferences ?? []).filter(
        ({ uid, kind }) => uid !== set.metadata.uid && kind !== "Pod",
      );
      const ownerReferences = [...kept, ...owners];
      if (sameMeaning(existing.metadata.ownerReferences, ownerReferences)) continue;
      const { metadata } = existing;
      await client.update(persistentVolumeClaims, {
        ...existing,
        metadata: { ...metadata, ownerReferences },
      });
      continue;
    }
    const pod = podName(set, ordinal);
    const what = `Create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name}`;
    try {
      await client.create(persistentVolumeClaims, draft);
      recorder.normal(set, "SuccessfulCreate", `${what} success`);
    } catch (error) {
      if (isReason(error, "AlreadyExists")) continue;
      recorder.warning(set, "FailedCreate", `${what} failed error: ${messageOf(error)}`);
      throw error;
    }
  }
}

/** Claims that go when the set is scaled down are owned by the pod that goes. */
async function ownClaimsByPod(set: StatefulSet, pod: Pod, context: Context): Promise<void> {
  const { whenScaled } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  const ordinal = ordinalOf(set, pod) ?? 0;
  const first = startOrdinal(set);
  const condemned = ordinal < first || ordinal >= first + replicasOf(set);
  if (whenScaled !== "Delete" || !condemned) return;
  for (const { metadata } of claimsOf(set, ordinal, [])) {
    const key = toKey(metadata.namespace, metadata.name ?? "");
    const claim = context.caches.get(persistentVolumeClaims, key);
    if (!claim) continue;
    const { name, uid = "" } = pod.metadata;
    const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name, uid }];
    await context.client.update(persistentVolumeClaims, {
      ...claim,
      metadata: { ...claim.metadata, ownerReferences },
    });
  }
}
