/** Joins the eviction manager to the parts of a kubelet. */
import type { Pod } from "#apis/core/pod.ts";
import { collectContainers } from "../gc/container-gc.ts";
import type { ImageGc } from "../gc/image-gc.ts";
import type { NodeContext } from "../pod-worker/pod-context.ts";
import type { PodWorkers } from "../pod-worker/pod-workers.ts";
import { createStatsSource } from "../server/stats.ts";
import { volumeDir } from "../volumes/layout.ts";
import { createEvictionManager, type EvictionManager } from "./eviction-manager.ts";
import { folderBytes } from "./local-storage.ts";
import type { EvictionConfig } from "./thresholds.ts";

export interface NodeEvictionInput {
  readonly node: NodeContext;
  readonly workers: PodWorkers;
  readonly imageGc: ImageGc;
  readonly config: EvictionConfig;
}

export function createNodeEviction(input: NodeEvictionInput): EvictionManager {
  const { node, workers, imageGc, config } = input;
  const { cri, host, clock, log, recorder, observer, layout, nodeName } = node;
  const { rootDir } = layout;
  const observations = () => observer.all();
  return createEvictionManager({
    config,
    clock,
    log,
    stats: createStatsSource({ nodeName, cri, host, rootDir, observations }, clock),
    pods: () => workers.activePods(),
    volumeBytes: (pod) => emptyDirBytes(node, pod),
    evict({ pod, reason, message, annotations, gracePeriodSeconds }) {
      recorder.warning(pod, reason, message, { annotations: { ...annotations } });
      const verdict = { reason, message, disruption: "TerminationByKubelet" };
      workers.get(pod.metadata.uid ?? "")?.evict(verdict, gracePeriodSeconds);
    },
    async reclaimDisk() {
      await collectContainers(cri, observer, async ({ logPath }) => {
        if (logPath !== "") await host.files.remove(logPath);
      });
      await imageGc.collect({ all: true });
    },
    tell(reason, message) {
      const subject = {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: nodeName, uid: nodeName },
      };
      recorder.warning(subject, reason, message);
    },
  });
}

async function emptyDirBytes(
  { host, layout }: NodeContext,
  pod: Pod,
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const volume of pod.spec.volumes ?? []) {
    if (!volume.emptyDir || volume.emptyDir.medium === "Memory") continue;
    const folder = volumeDir(layout, pod.metadata.uid ?? "", volume);
    if (folder !== undefined) sizes.set(volume.name, await folderBytes(host.files, folder));
  }
  return sizes;
}
