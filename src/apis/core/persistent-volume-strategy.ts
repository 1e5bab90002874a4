import { rfc3339 } from "#base/clock.ts";
import { path } from "#machinery/field-error.ts";
import { equalJson } from "#machinery/patch/json-value.ts";
import type { StrategyContext } from "#machinery/strategy.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import { kindStrategy } from "../meta/basic-strategy.ts";
import { validatePersistentVolumeSpec } from "./persistent-volume-validation.ts";
import {
  type PersistentVolume,
  persistentVolumes,
  type PersistentVolumeSpec,
} from "./persistent-volume.ts";

const at = path("spec");

function validate(problems: Problems, volume: PersistentVolume): void {
  const { name } = volume.metadata;
  validatePersistentVolumeSpec(problems, at, volume.spec, { isInline: false, name });
}

/** All of the spec that says what the volume is; a secret for growing may come later. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): unknown {
  const {
    accessModes: _1,
    capacity: _2,
    claimRef: _3,
    mountOptions: _4,
    nodeAffinity: _5,
    persistentVolumeReclaimPolicy: _6,
    storageClassName: _7,
    volumeAttributesClassName: _8,
    volumeMode: _9,
    ...source
  } = spec;
  if (!source.csi || !old.csi || old.csi.controllerExpandSecretRef) return source;
  const { controllerExpandSecretRef: _, ...csi } = source.csi;
  return { ...source, csi };
}

function validateUpdate(problems: Problems, volume: PersistentVolume, old: PersistentVolume): void {
  const { spec } = volume;
  if (!equalJson(sourceOf(spec, old.spec), sourceOf(old.spec, old.spec))) {
    const detail = "spec.persistentvolumesource is immutable after creation";
    problems.forbidden(at.child("persistentvolumesource"), detail);
  }
  problems.immutable("volumeMode", spec.volumeMode, old.spec.volumeMode);
  if (old.spec.nodeAffinity) {
    problems.immutable("nodeAffinity", spec.nodeAffinity, old.spec.nodeAffinity);
  }
  const before = old.spec.volumeAttributesClassName;
  const now = spec.volumeAttributesClassName;
  if (before === undefined || before === now) return;
  const place = at.child("volumeAttributesClassName");
  if (now === undefined) {
    problems.forbidden(place, "update from non-nil value to nil is forbidden");
  } else if (now === "") {
    problems.forbidden(place, "update from non-nil value to an empty string is forbidden");
  }
}

function stampPhase(
  { status }: PersistentVolume,
  old: PersistentVolume | undefined,
  { clock }: StrategyContext,
): void {
  if (!status || status.phase === old?.status?.phase) return;
  const before = old?.status?.lastPhaseTransitionTime;
  if (status.lastPhaseTransitionTime && status.lastPhaseTransitionTime !== before) return;
  status.lastPhaseTransitionTime = rfc3339(clock.now());
}

export const persistentVolumeStrategy = kindStrategy<PersistentVolume>({
  resource: persistentVolumes,
  generation: false,
  updateMetadata: "create",
  updateValidatesTwice: true,
  prepareForCreate(volume, context) {
    volume.status = { phase: "Pending" };
    stampPhase(volume, undefined, context);
  },
  validate,
  validateUpdate,
  status: { prepareForUpdate: stampPhase },
  warnings(volume) {
    const { hostPath, persistentVolumeReclaimPolicy, ...spec } = volume.spec;
    const warnings: string[] = [];
    if (volume.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] !== undefined) {
      warnings.push(
        'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      );
    }
    if (hostPath && persistentVolumeReclaimPolicy === "Recycle") {
      warnings.push(recycle);
    } else if (spec.nfs && persistentVolumeReclaimPolicy === "Recycle") {
      warnings.push(recycle);
    }
    for (const [field, text] of Object.entries(deprecated)) {
      if ((spec as Record<string, unknown>)[field] !== undefined) {
        warnings.push(`spec.${field}: ${text}`);
      }
    }
    return warnings;
  },
});

const recycle =
  "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.";

const gone = (version: string) => `deprecated in ${version}, non-functional in v1.31+`;
const deprecated: Readonly<Record<string, string>> = {
  cephfs: gone("v1.28"),
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  rbd: gone("v1.28"),
};
