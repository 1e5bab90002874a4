/** What pod workers share, and what belongs to one pod beside its spec. */
import type { Chance } from "#base/chance.ts";
import type { Clock } from "#base/clock.ts";
import type { Logger } from "#base/log.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { ResourceRequirements } from "#apis/core/resources.ts";
import type { Service } from "#apis/core/service.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import type { PodCgroups } from "../cgroups/pod-cgroups.ts";
import type { CriClient } from "../cri/cri.ts";
import type { Host } from "../host/host.ts";
import type { MachineFacts } from "../host/machine.ts";
import type { ImageManager } from "../images/image-manager.ts";
import type { Observer } from "../observer/observer.ts";
import type { DownwardFacts } from "../pod/field-ref.ts";
import type { ProberOptions } from "../probes/prober.ts";
import type { DnsSettings } from "../runtime/dns.ts";
import type { ReferencedObjects } from "../runtime/environment.ts";
import type { StatusManager } from "../status/status-manager.ts";
import type { PodLayout } from "../volumes/layout.ts";
import type { VolumeManager } from "../volumes/volume-manager.ts";
import type { WaitingReason } from "../status/container-status.ts";
import { afterRestart, restartNotBefore, type RestartBackoff } from "./restart-backoff.ts";
import type { Semaphore } from "./semaphore.ts";

/** Everything around pod workers. */
export interface NodeContext extends ProberOptions {
  readonly cri: CriClient;
  readonly host: Host;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Logger;
  readonly recorder: EventRecorder;
  readonly observer: Observer;
  readonly volumes: VolumeManager;
  readonly images: ImageManager;
  readonly statuses: StatusManager;
  readonly cgroups: PodCgroups;
  readonly objects: ReferencedObjects;
  readonly layout: PodLayout;
  readonly podLogsDir: string;
  /** Where `kubectl logs`-like tools of the node look: links to the pods' logs. */
  readonly containerLogsDir: string;
  readonly nodeName: string;
  readonly facts: MachineFacts;
  readonly clusterDomain: string;
  readonly dns: () => DnsSettings;
  readonly hostsFile: () => Promise<string>;
  readonly services: () => Service[];
  readonly hostIps: () => readonly string[];
  readonly allocatable: () => Readonly<Record<string, string>>;
  /** The runtime's name, as in container ids: `containerd`. */
  readonly runtimeName: string;
  /** Why the node cannot run pods' networks; undefined when it can. */
  readonly networkTrouble: () => string | undefined;
  /** The handler of a RuntimeClass; rejects for one that does not exist. */
  readonly runtimeHandler: (pod: Pod) => Promise<string>;
  /** Sandboxes that start at the same time. */
  readonly sandboxStarts: Semaphore;
}

/**
 * What the kubelet remembers of one pod between rounds. All of it may be lost without harm: a
 * restarted kubelet starts with an empty memory.
 */
export class PodMemory {
  readonly seenAtMs: number;
  readonly #restarts = new Map<string, RestartBackoff>();
  /** Why the last start of a container failed or is put off. */
  readonly failures = new Map<string, WaitingReason>();
  readonly retryAtMs = new Map<string, number>();
  /** Instances that were ended so that another takes their place. */
  readonly replaced = new Set<string>();
  /** Resources that running containers were given since they were made, by container id. */
  readonly actuated = new Map<string, ResourceRequirements>();

  constructor(seenAtMs: number) {
    this.seenAtMs = seenAtMs;
  }

  restartNotBefore(name: string, endedAtMs: number): number | undefined {
    return restartNotBefore(this.#restarts.get(name), endedAtMs);
  }

  /** The current back-off of a container in milliseconds. */
  backoffMs(name: string): number {
    return this.#restarts.get(name)?.delayMs ?? 0;
  }

  restarted(name: string, endedAtMs: number, nowMs: number): void {
    this.#restarts.set(name, afterRestart(this.#restarts.get(name), endedAtMs, nowMs));
  }

  failed(name: string, reason: string, message: string): void {
    this.failures.set(name, { reason, message });
  }
}

/** Annotations that upstream's kubelet adds to the pods it is given. */
export function localAnnotations(pod: Pod, memory: PodMemory): Record<string, string> {
  if (pod.metadata.annotations?.["kubernetes.io/config.source"]) return {};
  return {
    "kubernetes.io/config.seen": new Date(memory.seenAtMs).toISOString().replace("Z", "000000Z"),
    "kubernetes.io/config.source": "api",
  };
}

export function downwardFacts(
  node: NodeContext,
  pod: Pod,
  memory: PodMemory,
  podIps: readonly string[],
): DownwardFacts {
  return {
    podIps: pod.spec.hostNetwork ? node.hostIps() : podIps,
    hostIps: node.hostIps(),
    nodeName: node.nodeName,
    localAnnotations: localAnnotations(pod, memory),
    allocatable: node.allocatable(),
  };
}
