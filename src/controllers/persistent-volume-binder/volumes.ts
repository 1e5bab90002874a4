/**
 * Keeps the phase of volumes: available, bound, or released when their claim is gone.
 * Reads PersistentVolume, PersistentVolumeClaim. Writes PersistentVolume/status.
 */
import { persistentVolumeClaims } from "#apis/core/persistent-volume-claim.ts";
import { type PersistentVolume, persistentVolumes } from "#apis/core/persistent-volume.ts";
import { rfc3339 } from "#base/clock.ts";
import { toKey } from "#machinery/meta.ts";
import { defineController, done, watching } from "#client/reconciler.ts";
import { writeStatus } from "../shared/status.ts";
import { volumeFate } from "./plan.ts";

export const volumePhases = defineController<PersistentVolume>({
  name: "persistentvolume-phase-controller",
  account: "persistent-volume-binder",
  component: "persistentvolume-controller",
  for: persistentVolumes,
  watches: [
    watching(
      persistentVolumeClaims,
      ({ metadata, spec }, caches) => {
        if (spec.volumeName) return [toKey(undefined, spec.volumeName)];
        return caches
          .of(persistentVolumes)
          .list()
          .filter(({ spec: { claimRef } }) => claimRef?.uid === metadata.uid)
          .map((volume) => toKey(undefined, volume.metadata.name));
      },
      (next, old) => !next || next.spec.volumeName !== old?.spec.volumeName,
    ),
  ],
  async reconcile(key, { caches, client, clock, recorder }) {
    const volume = caches.get(persistentVolumes, key);
    if (!volume) return done;
    const { claimRef } = volume.spec;
    const claim =
      claimRef &&
      caches.get(persistentVolumeClaims, toKey(claimRef.namespace, claimRef.name ?? ""));
    const fate = volumeFate(volume, claim);
    const { phase } = fate;
    const message = "message" in fate ? fate.message : "";
    const before = volume.status;
    if (before?.phase === phase && (before.message ?? "") === message) return done;
    const { message: _, ...rest } = before ?? {};
    const lastPhaseTransitionTime = rfc3339(clock.now());
    const status = { ...rest, phase, ...(message ? { message } : {}), lastPhaseTransitionTime };
    await writeStatus(client, persistentVolumes, volume, status);
    if (phase === "Failed") recorder.warning(volume, "VolumeFailedDelete", message);
    return done;
  },
});
