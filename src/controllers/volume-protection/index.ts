/**
 * Keeps claims that pods use, and volumes that claims are bound to, from vanishing: their finalizer
 * goes only once nobody needs them.
 * Reads PersistentVolumeClaim, PersistentVolume, Pod. Writes finalizers of the first two.
 */
import {
  type PersistentVolumeClaim,
  persistentVolumeClaims,
} from "#apis/core/persistent-volume-claim.ts";
import { type PersistentVolume, persistentVolumes } from "#apis/core/persistent-volume.ts";
import { type Pod, pods } from "#apis/core/pod.ts";
import { type KubeObject, toKey } from "#machinery/meta.ts";
import type { Resource } from "#machinery/resource.ts";
import type { Client } from "#client/client.ts";
import { defineController, done, watching } from "#client/reconciler.ts";
import { isFinished, isTerminating } from "../shared/pod-state.ts";

const claimFinalizer = "kubernetes.io/pvc-protection";
const volumeFinalizer = "kubernetes.io/pv-protection";

function isHeld({ metadata }: KubeObject, finalizer: string): boolean {
  return isTerminating({ metadata }) && (metadata.finalizers?.includes(finalizer) ?? false);
}

async function release<T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<void> {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const metadata = { ...object.metadata, finalizers };
  await client.update<KubeObject>(resource, { ...object, metadata });
}

/** The claims that a pod names, those of its generic ephemeral volumes included. */
function claimsOf({ metadata, spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName];
    return ephemeral ? [`${metadata.name}-${name}`] : [];
  });
}

export const claimProtectionController = defineController<PersistentVolumeClaim>({
  name: "persistentvolumeclaim-protection-controller",
  account: "pvc-protection-controller",
  for: persistentVolumeClaims,
  when: (next) => next !== undefined && isHeld(next, claimFinalizer),
  watches: [
    watching(
      pods,
      (pod) => claimsOf(pod).map((name) => toKey(pod.metadata.namespace, name)),
      (next, old) => !next || (isFinished(next) && !(old && isFinished(old))),
    ),
  ],
  async reconcile(key, { caches, client }) {
    const claim = caches.get(persistentVolumeClaims, key);
    if (!claim || !isHeld(claim, claimFinalizer)) return done;
    const { namespace, name } = claim.metadata;
    const uses = (pod: Pod) => !isFinished(pod) && claimsOf(pod).includes(name);
    if (caches.of(pods).list(namespace).some(uses)) return done;
    await release(client, persistentVolumeClaims, claim, claimFinalizer);
    return done;
  },
});

export const volumeProtectionController = defineController<PersistentVolume>({
  name: "persistentvolume-protection-controller",
  account: "pv-protection-controller",
  for: persistentVolumes,
  when: (next) => next !== undefined && isHeld(next, volumeFinalizer),
  async reconcile(key, { caches, client }) {
    const volume = caches.get(persistentVolumes, key);
    if (!volume || !isHeld(volume, volumeFinalizer) || volume.status?.phase === "Bound")
      return done;
    await release(client, persistentVolumes, volume, volumeFinalizer);
    return done;
  },
});
