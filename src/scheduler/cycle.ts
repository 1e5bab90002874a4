import type { Chance } from "#base/chance.ts";
import {
  type CycleState, isRejection, normalizeScores, type Plugin, type Rejection,
} from "./framework.ts"; // prettier-ignore
import type { NodeInfo } from "./node-info.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** A set of plug-ins with the weights of their scores; a pod picks it by `schedulerName`. */
export interface Profile {
  readonly schedulerName: string;
  readonly plugins: readonly Plugin[];
  readonly weights: Readonly<Record<string, number>>;
}

export type Outcome =
  | { fits: true; node: string; nodesTried: number }
  | {
      fits: false;
      /** By node name; empty when a plug-in refused the pod for all nodes at once. */
      rejections: ReadonlyMap<string, Rejection>;
      everywhere: Rejection | undefined;
      state: CycleState;
    };

/** With fewer nodes than this all are tried; above, a share that shrinks as the cluster grows. */
const nodesTriedMin = 100;
const sharePercentMin = 5;

/** How many fitting nodes are enough to choose from: upstream's adaptive share. */
export function enoughNodes(nodes: number): number {
  if (nodes < nodesTriedMin) return nodes;
  const percent = Math.max(sharePercentMin, 50 - Math.floor(nodes / 125));
  return Math.max(nodesTriedMin, Math.floor((nodes * percent) / 100));
}

/** Chooses a node for the pod. Pure but for drawing lots between equals. */
export function schedule(
  profile: Profile,
  pod: PodInfo,
  snapshot: Snapshot,
  options: { chance: Chance; startAt: number; nominated?: string | undefined },
): Outcome {
  const state: CycleState = new Map();
  const before = preFilter(profile, pod, snapshot, state);
  if ("everywhere" in before) {
    return { fits: false, rejections: new Map(), everywhere: before.everywhere, state };
  }
  const { filters, only } = before;
  const candidates = only ? snapshot.nodes.filter(({ name }) => only.has(name)) : snapshot.nodes;
  const rejections = new Map<string, Rejection>();
  const fitting: NodeInfo[] = [];
  const nominated = options.nominated ? snapshot.node(options.nominated) : undefined;
  if (nominated && !rejectionOf(filters, pod, nominated, state)) fitting.push(nominated);
  const enough = fitting.length > 0 ? 1 : enoughNodes(candidates.length);
  for (let i = 0; i < candidates.length && fitting.length < enough; i++) {
    const node = candidates[(options.startAt + i) % candidates.length]!;
    const rejection = rejectionOf(filters, pod, node, state);
    if (rejection) rejections.set(node.name, rejection);
    else fitting.push(node);
  }
  if (fitting.length === 0) {
    if (only) rejectOthers(rejections, only, snapshot);
    return { fits: false, rejections, everywhere: undefined, state };
  }
  const nodesTried = rejections.size + fitting.length;
  const node = best(profile, pod, fitting, snapshot, state, options.chance);
  return { fits: true, node: node.name, nodesTried };
}

type Before =
  | { filters: Plugin[]; only: ReadonlySet<string> | undefined }
  | { everywhere: Rejection };

function preFilter(profile: Profile, pod: PodInfo, snapshot: Snapshot, state: CycleState): Before {
  const filters: Plugin[] = [];
  let only: ReadonlySet<string> | undefined;
  for (const plugin of profile.plugins) {
    const answer = plugin.preFilter?.(pod, snapshot, state);
    if (isRejection(answer)) return { everywhere: answer };
    if (answer?.nodes) only = only ? only.intersection(answer.nodes) : answer.nodes;
    if (plugin.filter && !answer?.skip) filters.push(plugin);
  }
  return { filters, only };
}

/** The first rejection of the node by a plug-in, if any. */
export function rejectionOf(
  filters: readonly Plugin[],
  pod: PodInfo,
  node: NodeInfo,
  state: CycleState,
): Rejection | undefined {
  for (const plugin of filters) {
    const rejection = plugin.filter!(pod, node, state);
    if (rejection) return rejection;
  }
  return undefined;
}

/** Nodes that a plug-in ruled out before they were looked at. */
function rejectOthers(
  rejections: Map<string, Rejection>,
  only: ReadonlySet<string>,
  snapshot: Snapshot,
): void {
  const reasons = ["node(s) didn't satisfy plugin(s) [NodeAffinity]"];
  for (const { name } of snapshot.nodes) {
    if (!only.has(name))
      rejections.set(name, { plugin: "NodeAffinity", reasons, resolvable: false });
  }
}

function best(
  profile: Profile,
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
  state: CycleState,
  chance: Chance,
): NodeInfo {
  if (nodes.length === 1) return nodes[0]!;
  const totals = new Float64Array(nodes.length);
  for (const plugin of profile.plugins) {
    if (!plugin.score || plugin.preScore?.(pod, nodes, snapshot, state)) continue;
    const scores = nodes.map((node) => plugin.score!(pod, node, state));
    normalizeScores(plugin, scores, state);
    const weight = profile.weights[plugin.name] ?? 1;
    for (let i = 0; i < scores.length; i++) totals[i]! += weight * scores[i]!;
  }
  let chosen = 0;
  let ties = 1;
  for (let i = 1; i < totals.length; i++) {
    if (totals[i]! > totals[chosen]!) [chosen, ties] = [i, 1];
    else if (totals[i] === totals[chosen] && chance.integer(++ties) === 0) chosen = i;
  }
  return nodes[chosen]!;
}
