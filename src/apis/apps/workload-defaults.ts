import { applyDefaultsToPodTemplate } from "../core/pod-spec-defaults.ts";
import { applyDefaultsToPersistentVolumeClaim } from "../core/storage-defaults.ts";
import type { DaemonSet } from "./daemon-set.ts";
import type { Deployment } from "./deployment.ts";
import type { ReplicaSet } from "./replica-set.ts";
import type { StatefulSet } from "./stateful-set.ts";

export function applyDefaultsToDeployment({ spec }: Deployment): void {
  spec.replicas ??= 1;
  spec.strategy.type ??= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    spec.strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  applyDefaultsToPodTemplate(spec.template);
}

export function applyDefaultsToReplicaSet({ spec }: ReplicaSet): void {
  spec.replicas ??= 1;
  applyDefaultsToPodTemplate(spec.template);
}

export function applyDefaultsToDaemonSet({ spec }: DaemonSet): void {
  spec.updateStrategy.type ??= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  applyDefaultsToPodTemplate(spec.template);
}

export function applyDefaultsToStatefulSet({ spec }: StatefulSet): void {
  spec.podManagementPolicy ??= "OrderedReady";
  spec.updateStrategy.type ??= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.partition ??= 0;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  applyDefaultsToPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion = "v1";
    claim.kind = "PersistentVolumeClaim";
    applyDefaultsToPersistentVolumeClaim(claim);
  }
}
