import type { Pod } from "#apis/core/pod.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The scheduling framework: where plug-ins hook into the choice of a node for a pod.
 * https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/
 * Plug-ins are pure: they see the pod, the snapshot of the cluster and what they noted in PreFilter.
 */

export type SharedPod = DeepReadonly<Pod>;

/** Why a pod does not fit a node (or any node). */
export interface Rejection {
  plugin: string;
  reasons: readonly string[];
  /** False: evicting pods could not help. */
  resolvable: boolean;
}

/** What one scheduling attempt notes for itself, by plug-in name. */
export type CycleState = Map<string, unknown>;

/** Changes in the cluster that may let a rejected pod fit. */
export type ClusterChange =
  | "NodeAdded"
  | "NodeChanged"
  | "PodAdded"
  | "PodChanged"
  | "PodDeleted"
  | "ClaimChanged"
  | "VolumeChanged"
  | "NamespaceChanged";

export interface PreFilterResult {
  /** Only these nodes can fit; undefined: any. */
  nodes?: ReadonlySet<string>;
  /** The plug-in has nothing to say on this pod: leave its Filter out. */
  skip?: boolean;
}

export interface Plugin {
  /** Upstream's name. */
  readonly name: string;
  /** What may make a pod fit that this plug-in has rejected. */
  readonly helpedBy: readonly ClusterChange[];
  /** Looks at the pod once before its nodes are filtered; a rejection holds for all nodes. */
  preFilter?(
    pod: PodInfo,
    snapshot: Snapshot,
    state: CycleState,
  ): PreFilterResult | Rejection | undefined;
  /** Whether the pod fits the node. */
  filter?(pod: PodInfo, node: NodeInfo, state: CycleState): Rejection | undefined;
  /** Adjusts what PreFilter noted to `change`d being on (+1) or off (-1) `node`; for preemption. */
  adjust?(pod: PodInfo, changed: PodInfo, node: NodeInfo, by: 1 | -1, state: CycleState): void;
  /** Notes what Score needs; true: nothing to score for this pod. */
  preScore?(
    pod: PodInfo,
    nodes: readonly NodeInfo[],
    snapshot: Snapshot,
    state: CycleState,
  ): boolean;
  /** How well the pod would do on the node; any number, higher is better. */
  score?(pod: PodInfo, node: NodeInfo, state: CycleState): number;
  /** How raw scores become 0–100. Default: as they are. */
  normalize?:
    | "max"
    | "reversed-max"
    | "min-max"
    | "reversed-min-max"
    | ((scores: number[], state: CycleState) => void);
}

export const scoreMax = 100;

export function isRejection(answer: PreFilterResult | Rejection | undefined): answer is Rejection {
  return answer !== undefined && "reasons" in answer;
}

/** Scales raw scores to 0–100 in place, as the plug-in asks. */
export function normalizeScores(plugin: Plugin, scores: number[], state: CycleState): void {
  const { normalize } = plugin;
  if (normalize === undefined) return;
  if (typeof normalize === "function") return normalize(scores, state);
  const max = Math.max(...scores);
  const reversed = normalize.startsWith("reversed");
  const min = normalize.endsWith("min-max") ? Math.min(...scores) : 0;
  const span = max - min;
  for (let i = 0; i < scores.length; i++) {
    const share = span === 0 ? 0 : Math.floor((scoreMax * (scores[i]! - min)) / span);
    scores[i] = reversed ? scoreMax - share : share;
  }
}
