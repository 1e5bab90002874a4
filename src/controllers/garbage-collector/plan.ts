/**
 * Decides what becomes of an object whose owners may be gone or going. Pure.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
import type { KubeObject, OwnerReference } from "#machinery/meta.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

/** What an owner reference turned out to point to. */
export type OwnerState =
  /** It exists and stays, or at least does not wait for us. */
  | "solid"
  /** It is being deleted in the foreground and waits for its dependents. */
  | "waiting"
  /** There is no such object (any more). */
  | "absent";

export type Verdict =
  | { do: "nothing" }
  /** Drop these references: other owners remain. */
  | { do: "disown"; keep: OwnerReference[] }
  | { do: "delete"; propagation: "Background" | "Foreground" | "Orphan" };

type Meta = KubeObject["metadata"];

/** Being deleted in the foreground: goes when the last dependent that blocks it has gone. */
export function waitsForDependents({ deletionTimestamp, finalizers }: Meta): boolean {
  return deletionTimestamp !== undefined && (finalizers?.includes(foregroundFinalizer) ?? false);
}

/** Being deleted, and its dependents shall stay. */
export function orphansDependents({ deletionTimestamp, finalizers }: Meta): boolean {
  return deletionTimestamp !== undefined && (finalizers?.includes(orphanFinalizer) ?? false);
}

/** `stateOf` tells about each owner; `hasDependents` whether something depends on the object. */
export function judge(
  { metadata }: KubeObject,
  stateOf: (owner: OwnerReference) => OwnerState,
  hasDependents: boolean,
): Verdict {
  const owners = metadata.ownerReferences ?? [];
  if (owners.length === 0 || metadata.deletionTimestamp !== undefined) return { do: "nothing" };
  const keep = owners.filter((owner) => stateOf(owner) === "solid");
  if (keep.length === owners.length) return { do: "nothing" };
  if (keep.length > 0) return { do: "disown", keep };
  const waiting = owners.some((owner) => stateOf(owner) === "waiting");
  if (waiting && hasDependents) return { do: "delete", propagation: "Foreground" };
  return { do: "delete", propagation: ownPropagation(metadata) };
}

/** A finalizer that is there already says how its own dependents shall fare. */
function ownPropagation({ finalizers }: Meta): "Background" | "Foreground" | "Orphan" {
  if (finalizers?.includes(orphanFinalizer)) return "Orphan";
  if (finalizers?.includes(foregroundFinalizer)) return "Foreground";
  return "Background";
}

/** Whether the object keeps the owner with this uid from going. */
export function blocks({ metadata }: KubeObject, ownerUid: string): boolean {
  return (
    metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion === true,
    ) ?? false
  );
}
