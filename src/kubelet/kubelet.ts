/**
 * The kubelet: runs the pods that are assigned to its node.
 *
 * Reads Pod, Node, Service, and the ConfigMaps and Secrets that its pods refer to; asks for their
 * service account tokens. Writes Pod/status, Node, Node/status, Lease, Event. Never schedules.
 * `pod-worker/plan.ts` decides (pure, read it first); `pod-worker/round.ts` does; `observer/` knows
 * what the container runtime has; this file only wires.
 */
import { childSignal } from "#base/signal.ts";
import { assemble, type Parts } from "./assemble.ts";
import { feedPods } from "./feed.ts";
import { type Host, linuxHost } from "./host/host.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { renewLease } from "./node/lease.ts";
import type { Observer } from "./observer/observer.ts";
import type { NodeContext } from "./pod-worker/pod-context.ts";
import type { PodWorkers } from "./pod-worker/pod-workers.ts";
import { defaultSettings, type KubeletOptions, type KubeletSettings } from "./settings.ts";

export type { KubeletOptions } from "./settings.ts";

export interface Kubelet extends AsyncDisposable {
  /** Resolves when the node has been shown as Ready. */
  readonly ready: Promise<void>;
  readonly workers: PodWorkers;
  readonly observer: Observer;
  readonly node: NodeContext;
  /** The port that its server listens on; undefined without one. */
  readonly port: number | undefined;
}

/** Starts a kubelet. Resolves when it watches its pods; `ready` comes later. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const settings = { ...defaultSettings(options.nodeName), ...options.settings };
  const host = options.host ?? linuxHost();
  const stop = childSignal(options.signal);
  const parts = await assemble(options, settings, host, stop.signal);
  const running = run(options, settings, host, parts, stop.signal);
  return {
    ready: parts.manager.ready,
    workers: parts.workers,
    observer: parts.observer,
    node: parts.node,
    port: parts.server?.port,
    async [Symbol.asyncDispose]() {
      parts.workers.stop();
      stop.abort();
      await Promise.allSettled([...running, parts.server?.[Symbol.asyncDispose]()]);
    },
  };
}

function run(
  options: KubeletOptions,
  settings: KubeletSettings,
  host: Host,
  parts: Parts,
  signal: AbortSignal,
): Promise<unknown>[] {
  const { client, clock, log, nodeName } = options;
  const { observer, manager, eviction } = parts;
  const running: Promise<unknown>[] = [observer.run(signal), manager.run()];
  running.push(renewLease({ client, clock, log, signal, nodeName, node: () => manager.node }));
  running.push(feedPods({ options, settings, host, parts, signal }));
  if (host.simulated) return running;
  running.push(eviction.run(signal));
  running.push(startHousekeeping({ options, settings, host, ...parts, signal }));
  return running;
}
