/**
 * The pod garbage collector removes pods that no kubelet will: bound to nodes that are gone, deleted
 * before they were bound, or finished in great numbers.
 * Reads Pod, Node. Writes Pod/status; deletes Pod without grace.
 */
import { nodes } from "#apis/core/node.ts";
import { pods } from "#apis/core/pod.ts";
import { loop } from "#base/loop.ts";
import { isReason } from "#machinery/errors.ts";
import { keyOf } from "#machinery/meta.ts";
import type { Controller, ControllerContext } from "#client/reconciler.ts";
import { addDisruptionTarget } from "../shared/disruption-target.ts";
import { isFinished } from "../shared/pod-state.ts";
import { planPodGarbage, type PodGarbage } from "./plan.ts";

const everyMs = 20_000;
/** A node must be unknown for this long before its pods go: its object may just be late. */
const quarantineMs = 40_000;

export const podGarbageCollector: Controller = {
  name: "pod-garbage-collector-controller",
  account: "pod-garbage-collector",
  async run(context) {
    const { informers, clock, log, signal } = context;
    const podCache = informers.informer(pods);
    const nodeCache = informers.informer(nodes);
    await Promise.all([podCache.synced, nodeCache.synced]);
    /** Node names that pods speak of but the cache does not know, and since when. */
    const unknownSinceMs = new Map<string, number>();

    async function body(): Promise<void> {
      const all = podCache.list();
      const known = new Map(nodeCache.list().map((node) => [node.metadata.name, node]));
      const named = new Set(all.map(({ spec }) => spec.nodeName ?? "").filter((n) => n !== ""));
      for (const name of unknownSinceMs.keys()) {
        if (known.has(name) || !named.has(name)) unknownSinceMs.delete(name);
      }
      const missing = new Set<string>();
      for (const name of named) {
        if (known.has(name)) continue;
        const sinceMs = unknownSinceMs.get(name) ?? clock.monotonic();
        unknownSinceMs.set(name, sinceMs);
        const longEnough = clock.monotonic() - sinceMs >= quarantineMs;
        if (longEnough && (await isGone(name, context))) missing.add(name);
      }
      for (const garbage of planPodGarbage(all, known, missing)) await remove(garbage, context);
    }
    await loop({ name: "pod garbage collection", clock, log, signal, everyMs, body });
  },
};

async function isGone(name: string, { client }: ControllerContext): Promise<boolean> {
  try {
    await client.get(nodes, { name });
    return false;
  } catch (error) {
    if (isReason(error, "NotFound")) return true;
    throw error;
  }
}

async function remove({ pod, disruption }: PodGarbage, context: ControllerContext): Promise<void> {
  const { client, clock, log } = context;
  try {
    if (disruption && !isFinished(pod)) {
      await addDisruptionTarget(client, pod, { ...disruption, phase: "Failed" }, clock.now());
    }
    const { uid = "" } = pod.metadata;
    await client.delete(pods, pod.metadata, { gracePeriodSeconds: 0, preconditions: { uid } });
    log.info("pod removed", { pod: keyOf(pod), why: disruption?.message ?? "nobody else would" });
  } catch (error) {
    if (!isReason(error, "NotFound", "Conflict")) throw error;
  }
}
