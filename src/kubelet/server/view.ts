/** What the kubelet's server is told of its node. The kubelet's core fills it in; the server only reads. */
import type { Metrics } from "#base/metrics.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { CriClient } from "../cri/cri.ts";
import type { Host } from "../host/host.ts";
import type { PodObservation } from "../observer/observation.ts";

export interface KubeletView {
  readonly nodeName: string;
  readonly cri: CriClient;
  readonly host: Host;
  /** The kubelet's own folder: its file system is the node's. */
  readonly rootDir: string;
  /** The machine's logs, served under `/logs/`; none are when undefined. */
  readonly hostLogsDir?: string;
  /** Pods of this node, static ones included, with the latest statuses the kubelet has made. */
  pods(): readonly Pod[];
  /** What the runtime has of a pod; undefined when it has nothing. */
  observation(uid: string): PodObservation | undefined;
  observations(): Iterable<PodObservation>;
  /** The kubelet's own metrics. */
  readonly metrics: Metrics;
  /** What the kubelet was told, as `/configz` shows it; never secrets. */
  config(): object;
  /** Why the loops that keep pods going are stuck; undefined when they are not. */
  stuck(): string | undefined;
  /** Results of probes so far, as `/metrics/probes` shows them. */
  probeResults?(): readonly ProbeCount[];
}

/** How often a probe of a container ended in which way. */
export interface ProbeCount {
  readonly probeType: "Liveness" | "Readiness" | "Startup";
  readonly result: "successful" | "failed" | "unknown";
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly count: number;
}
