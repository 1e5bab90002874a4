import { claimNames } from "#apis/core/pod-references.ts";
import { matchesNodeSelector } from "#apis/core/node-selector.ts";
import type { PersistentVolume } from "#apis/core/persistent-volume.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Plugin, Rejection } from "../framework.ts";
import type { Snapshot } from "../snapshot.ts";
import type { PodInfo } from "../pod-info.ts";

const name = "VolumeBinding";
const wrongNode: Rejection = {
  plugin: name,
  reasons: ["node(s) didn't match PersistentVolume's node affinity"],
  resolvable: false,
};

/** The claims of a pod must exist and be bound, and their volumes reachable from the node. */
export const volumeBinding: Plugin = {
  name,
  helpedBy: ["ClaimChanged", "VolumeChanged", "NodeAdded", "NodeChanged"],
  preFilter(pod, snapshot, state) {
    const claims = claimNames(pod.pod.spec, pod.pod.metadata.name);
    if (claims.size === 0) return { skip: true };
    const found = volumesOf(pod, claims, snapshot);
    if ("reasons" in found) return found;
    state.set(name, found.volumes);
    return undefined;
  },
  filter(_pod, { node }, state) {
    const volumes = state.get(name) as DeepReadonly<PersistentVolume>[];
    const reachable = volumes.every(({ spec }) => {
      const required = spec.nodeAffinity?.required;
      return !required || matchesNodeSelector(required, node);
    });
    return reachable ? undefined : wrongNode;
  },
};

type Volumes = { volumes: DeepReadonly<PersistentVolume>[] };

function volumesOf(
  pod: PodInfo,
  claims: Iterable<string>,
  snapshot: Snapshot,
): Volumes | Rejection {
  const { others } = snapshot;
  const volumes: DeepReadonly<PersistentVolume>[] = [];
  for (const claimName of claims) {
    const claim = others.claim(pod.namespace, claimName);
    if (!claim) return refused(`persistentvolumeclaim "${claimName}" not found`);
    if (claim.metadata.deletionTimestamp) {
      return refused(`persistentvolumeclaim "${claimName}" is being deleted`);
    }
    const { volumeName, storageClassName } = claim.spec;
    if (!volumeName) {
      const mode = others.storageClass(storageClassName ?? "")?.volumeBindingMode;
      if (mode === "WaitForFirstConsumer") continue;
      return refused("pod has unbound immediate PersistentVolumeClaims");
    }
    const volume = others.volume(volumeName);
    if (!volume) return refused(`persistentvolume "${volumeName}" not found`);
    volumes.push(volume);
  }
  return { volumes };
}

function refused(reason: string): Rejection {
  return { plugin: name, reasons: [reason], resolvable: false };
}
