import type { PersistentVolumeClaim } from "./persistent-volume-claim.ts";
import type { PersistentVolume } from "./persistent-volume.ts";
import { applyDefaultsToClaimSpec } from "./volume-defaults.ts";

export function applyDefaultsToPersistentVolume(volume: PersistentVolume): void {
  volume.status ??= {};
  volume.status.phase ??= "Pending";
  const { spec } = volume;
  spec.persistentVolumeReclaimPolicy ??= "Retain";
  spec.volumeMode ??= "Filesystem";
  if (spec.hostPath) spec.hostPath.type ??= "";
  if (spec.azureDisk) spec.azureDisk.readOnly ??= false;
}

/** Also for the claim templates of a StatefulSet. */
export function applyDefaultsToPersistentVolumeClaim(claim: PersistentVolumeClaim): void {
  claim.status ??= {};
  claim.status.phase ??= "Pending";
  applyDefaultsToClaimSpec(claim.spec);
}
