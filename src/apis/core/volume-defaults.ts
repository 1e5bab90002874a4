import { pullPolicyFor } from "./image-defaults.ts";
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim.ts";
import type { ProjectedVolumeSource } from "./projected-volume.ts";
import type { Volume } from "./volume.ts";

/** rw-r--r--, the mode of files made from ConfigMaps, Secrets and the like. */
const fileMode = 0o644;

/** What an absent field of a pod's volume becomes. */
export function applyDefaultsToVolume(volume: Volume): void {
  const { name: _, ...sources } = volume;
  if (Object.values(sources).every((source) => source === undefined)) volume.emptyDir = {};
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.secret) volume.secret.defaultMode ??= fileMode;
  if (volume.configMap) volume.configMap.defaultMode ??= fileMode;
  if (volume.azureDisk) volume.azureDisk.readOnly ??= false;
  if (volume.image) volume.image.pullPolicy ??= pullPolicyFor(volume.image.reference);
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= fileMode;
    applyDefaultsToFiles(volume.downwardAPI.items);
  }
  if (volume.projected) applyDefaultsToProjected(volume.projected);
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template) applyDefaultsToClaimSpec(template.spec);
}

function applyDefaultsToProjected(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= fileMode;
  for (const { downwardAPI, serviceAccountToken } of projected.sources ?? []) {
    applyDefaultsToFiles(downwardAPI?.items);
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
  }
}

type Files = { fieldRef?: { apiVersion?: string | undefined } | undefined }[];

function applyDefaultsToFiles(files: Files | undefined): void {
  for (const { fieldRef } of files ?? []) if (fieldRef) fieldRef.apiVersion ??= "v1";
}

/** What an absent field of a claim for storage becomes. */
export function applyDefaultsToClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
}
