/** Which volume a claim gets, and what becomes of a volume whose claim is gone. Pure. */
import type { PersistentVolumeClaim } from "#apis/core/persistent-volume-claim.ts";
import type { PersistentVolume } from "#apis/core/persistent-volume.ts";
import type { StorageClass } from "#apis/storage/storage-class.ts";
import { compareQuantity } from "#machinery/quantity.ts";
import { isTerminating } from "../shared/pod-state.ts";
import { labelMatcher } from "../shared/selector.ts";

export const bindCompleted = "pv.kubernetes.io/bind-completed";
export const boundByController = "pv.kubernetes.io/bound-by-controller";
export const provisionedBy = "pv.kubernetes.io/provisioned-by";
const betaClass = "volume.beta.kubernetes.io/storage-class";
const selectedNode = "volume.kubernetes.io/selected-node";

export function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[betaClass] ?? spec.storageClassName ?? "";
}

/** Whether the volume's claimRef names this very claim. */
export function refersTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { claimRef } = volume.spec;
  if (!claimRef) return false;
  const { namespace, name, uid } = claim.metadata;
  if (claimRef.namespace !== namespace || claimRef.name !== name) return false;
  return !claimRef.uid || claimRef.uid === uid;
}

/** Whether the volume is what the claim asks for, whoever has it. */
function fits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec } = volume;
  const wanted = claim.spec.resources.requests?.["storage"] ?? "0";
  if ((spec.storageClassName ?? "") !== classOf(claim)) return false;
  if ((spec.volumeMode ?? "Filesystem") !== (claim.spec.volumeMode ?? "Filesystem")) return false;
  if (!(claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)))
    return false;
  return compareQuantity(spec.capacity?.["storage"] ?? "0", wanted) >= 0;
}

/** The smallest free volume that fits, or one that was set aside for the claim. */
export function bestVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
): PersistentVolume | undefined {
  const { selector } = claim.spec;
  const matches = selector ? labelMatcher(selector) : () => true;
  const candidates = volumes.filter((volume) => !isTerminating(volume) && fits(volume, claim));
  const reserved = candidates.find((volume) => refersTo(volume, claim));
  if (reserved) return reserved;
  const free = candidates.filter(
    ({ spec, metadata, status }) =>
      !spec.claimRef && matches(metadata.labels) && status?.phase !== "Failed",
  );
  free.sort((a, b) => {
    const bySize = compareQuantity(
      a.spec.capacity?.["storage"] ?? "0",
      b.spec.capacity?.["storage"] ?? "0",
    );
    return bySize || (a.metadata.name < b.metadata.name ? -1 : 1);
  });
  return free[0];
}

export type ClaimStep =
  | { do: "bind"; volume: PersistentVolume }
  | { do: "lost"; message: string; reason: string }
  | { do: "provision"; storageClass: StorageClass }
  | { do: "wait"; event?: { type: "normal" | "warning"; reason: string; message: string } };

/** What to do about a claim. */
export function planClaimBinding(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  storageClassOf: (name: string) => StorageClass | undefined,
): ClaimStep {
  const { volumeName } = claim.spec;
  const completed = claim.metadata.annotations?.[bindCompleted] !== undefined;
  if (volumeName) {
    const volume = volumes.find(({ metadata }) => metadata.name === volumeName);
    if (!volume && completed) {
      const message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
      return { do: "lost", reason: "ClaimLost", message };
    }
    if (!volume) return { do: "wait" };
    if (!volume.spec.claimRef || refersTo(volume, claim)) return { do: "bind", volume };
    if (!completed) return { do: "wait" };
    const message = "Two claims are bound to the same volume, this one is bound incorrectly";
    return { do: "lost", reason: "ClaimMisbound", message };
  }
  if (isTerminating(claim)) return { do: "wait" };
  return planUnbound(claim, volumes, storageClassOf);
}

function planUnbound(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  storageClassOf: (name: string) => StorageClass | undefined,
): ClaimStep {
  const name = classOf(claim);
  const storageClass = name === "" ? undefined : storageClassOf(name);
  const late = storageClass?.volumeBindingMode === "WaitForFirstConsumer";
  if (late && claim.metadata.annotations?.[selectedNode] === undefined) {
    const reserved = volumes.find((volume) => refersTo(volume, claim));
    if (reserved) return { do: "bind", volume: reserved };
    const message = "waiting for first consumer to be created before binding";
    return { do: "wait", event: { type: "normal", reason: "WaitForFirstConsumer", message } };
  }
  const volume = bestVolume(claim, volumes);
  if (volume) return { do: "bind", volume };
  if (storageClass) return { do: "provision", storageClass };
  if (name === "") {
    const message = "no persistent volumes available for this claim and no storage class is set";
    return { do: "wait", event: { type: "normal", reason: "FailedBinding", message } };
  }
  const message = `storageclass.storage.k8s.io ${JSON.stringify(name)} not found`;
  return { do: "wait", event: { type: "warning", reason: "ProvisioningFailed", message } };
}

export type VolumeFate =
  | { phase: "Available" | "Bound" | "Released" }
  | { phase: "Failed"; message: string };

/** The phase of a volume. `claim` is the one that its claimRef names, if that exists. */
export function volumeFate(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
): VolumeFate {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
  const { name, annotations } = volume.metadata;
  if (!claimRef?.uid) return { phase: "Available" };
  if (claim && claim.metadata.uid === claimRef.uid) {
    return {
      phase: claim.spec.volumeName === name || !claim.spec.volumeName ? "Bound" : "Released",
    };
  }
  const external = annotations?.[provisionedBy] !== undefined;
  if (persistentVolumeReclaimPolicy !== "Delete" || external) return { phase: "Released" };
  const message = `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no deletable volume plugin matched`;
  return { phase: "Failed", message };
}
