import { join } from "node:path";
import type { Volume } from "#apis/core/volume.ts";

/** Where the kubelet keeps what belongs to pods. */
export interface PodLayout {
  /** The kubelet's own folder. */
  readonly rootDir: string;
}

export function podDir({ rootDir }: PodLayout, uid: string): string {
  return join(rootDir, "pods", uid);
}

/** One tmpfs for all pods' secrets and tokens: a mount per volume would cost a process each. */
export function memoryDir({ rootDir }: PodLayout): string {
  return join(rootDir, "memory");
}

export type VolumePlugin =
  | "empty-dir"
  | "host-path"
  | "configmap"
  | "secret"
  | "projected"
  | "downward-api"
  | "image";

/** What implements the volume; undefined for a kind that this node does not know. */
export function pluginOf(volume: Volume): VolumePlugin | undefined {
  if (volume.emptyDir) return "empty-dir";
  if (volume.hostPath) return "host-path";
  if (volume.configMap) return "configmap";
  if (volume.secret) return "secret";
  if (volume.projected) return "projected";
  if (volume.downwardAPI) return "downward-api";
  if (volume.image) return "image";
  return undefined;
}

/** The folder of the volume on the node; undefined when it has none of its own. */
export function volumeDir(layout: PodLayout, uid: string, volume: Volume): string | undefined {
  const plugin = pluginOf(volume);
  switch (plugin) {
    case "host-path":
      return volume.hostPath?.path;
    case "empty-dir":
    case "configmap":
      return join(podDir(layout, uid), "volumes", `kubernetes.io~${plugin}`, volume.name);
    case "secret":
    case "projected":
    case "downward-api":
      return join(memoryDir(layout), uid, `kubernetes.io~${plugin}`, volume.name);
    case "image":
    case undefined:
      return undefined;
  }
}
