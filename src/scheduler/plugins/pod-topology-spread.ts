import { nodeFitsPod } from "#apis/core/node-selector.ts";
import type { TopologySpreadConstraint } from "#apis/core/scheduling.ts";
import { untolerated } from "#apis/core/tolerations.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { type CycleState, type Plugin, type Rejection, scoreMax } from "../framework.ts";
import { compileLabelSelector, type LabelMatcher } from "#machinery/selectors.ts";
import type { NodeInfo } from "../node-info.ts";
import type { PodInfo } from "../pod-info.ts";
import type { Snapshot } from "../snapshot.ts";

const name = "PodTopologySpread";
const reason = "node(s) didn't match pod topology spread constraints";
const tooSkewed: Rejection = { plugin: name, reasons: [reason], resolvable: true };
const noLabel: Rejection = {
  plugin: name,
  reasons: [`${reason} (missing required label)`],
  resolvable: false,
};

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly matches: LabelMatcher;
  readonly selfMatch: 0 | 1;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

/** A constraint with the number of matching pods in each domain. */
interface Spread extends Constraint {
  readonly counts: Map<string, number>;
}

/** Upstream's cluster-wide defaults for pods of workloads that say nothing. */
const defaults = [
  { topologyKey: "kubernetes.io/hostname", maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
];

/** Spreads matching pods over zones, nodes or whatever a label names. */
export const podTopologySpread: Plugin = {
  name,
  helpedBy: ["NodeAdded", "NodeChanged", "PodAdded", "PodChanged", "PodDeleted"],
  preFilter(pod, snapshot, state) {
    const constraints = constraintsOf(pod, "DoNotSchedule");
    if (constraints.length === 0) return { skip: true };
    state.set(name, countDomains(constraints, pod, snapshot.nodes, constraints));
    return undefined;
  },
  filter(_pod, node, state) {
    const spreads = state.get(name) as Spread[];
    for (const spread of spreads) {
      const value = node.labels[spread.topologyKey];
      if (value === undefined) return noLabel;
      const here = (spread.counts.get(value) ?? 0) + spread.selfMatch;
      if (here - leastOf(spread) > spread.maxSkew) return tooSkewed;
    }
    return undefined;
  },
  adjust(pod, changed, node, by, state) {
    for (const spread of (state.get(name) as Spread[] | undefined) ?? []) {
      const value = node.labels[spread.topologyKey];
      if (value === undefined || changed.namespace !== pod.namespace) continue;
      if (!spread.matches(changed.labels) || !spread.counts.has(value)) continue;
      spread.counts.set(value, spread.counts.get(value)! + by);
    }
  },
  preScore(pod, nodes, snapshot, state) {
    const constraints = softConstraints(pod, snapshot);
    if (constraints.length === 0) return true;
    // Only constraints of the pod's own demand that a node has all of their labels.
    const needed = pod.pod.spec.topologySpreadConstraints?.length ? constraints : [];
    const spreads = countDomains(constraints, pod, snapshot.nodes, needed);
    state.set(`${name}/score`, { spreads, nodes } satisfies ScoreNotes);
    return false;
  },
  score(_pod, node, state) {
    const { spreads } = state.get(`${name}/score`) as ScoreNotes;
    let sum = 0;
    for (const { topologyKey, counts, maxSkew } of spreads) {
      const value = node.labels[topologyKey];
      if (value === undefined) continue;
      // Many domains make each skew count less.
      sum += (counts.get(value) ?? 0) * Math.log(counts.size + 2) + (maxSkew - 1);
    }
    return Math.round(sum);
  },
  normalize: normalizeSpread,
};

interface ScoreNotes {
  spreads: Spread[];
  nodes: readonly NodeInfo[];
}

function normalizeSpread(scores: number[], state: CycleState): void {
  const { spreads, nodes } = state.get(`${name}/score`) as ScoreNotes;
  const counted = nodes.map(({ labels }) =>
    spreads.some(({ topologyKey }) => topologyKey in labels),
  );
  const valid = scores.filter((_, i) => counted[i]);
  const [min, max] = [Math.min(...valid), Math.max(...valid)];
  for (let i = 0; i < scores.length; i++) {
    if (!counted[i]) scores[i] = 0;
    else if (max === 0) scores[i] = scoreMax;
    else scores[i] = Math.floor((scoreMax * (max + min - scores[i]!)) / max);
  }
}

function constraintsOf({ pod, labels }: PodInfo, when: string): Constraint[] {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
    .map((given) => constraint(given, labels));
}

function constraint(
  given: DeepReadonly<TopologySpreadConstraint>,
  labels: Readonly<Record<string, string>>,
): Constraint {
  const base = compileLabelSelector(given.labelSelector);
  const keys = (given.matchLabelKeys ?? []).filter((key) => key in labels);
  const matches: LabelMatcher = (others) =>
    base(others) && keys.every((key) => others?.[key] === labels[key]);
  return {
    topologyKey: given.topologyKey,
    maxSkew: given.maxSkew,
    minDomains: given.minDomains ?? 1,
    matches,
    selfMatch: matches(labels) ? 1 : 0,
    honorAffinity: (given.nodeAffinityPolicy ?? "Honor") === "Honor",
    honorTaints: given.nodeTaintsPolicy === "Honor",
  };
}

function softConstraints(pod: PodInfo, { others }: Snapshot): Constraint[] {
  if (pod.pod.spec.topologySpreadConstraints?.length) return constraintsOf(pod, "ScheduleAnyway");
  const matches = others.workloadSelector(pod.pod);
  if (!matches) return [];
  return defaults.map(({ topologyKey, maxSkew }) => ({
    topologyKey, maxSkew, minDomains: 1, matches, selfMatch: 1, honorAffinity: true, honorTaints: false,
  })); // prettier-ignore
}

function countDomains(
  constraints: readonly Constraint[],
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  needed: readonly Constraint[],
): Spread[] {
  const spreads = constraints.map((one): Spread => ({ ...one, counts: new Map() }));
  for (const node of nodes) {
    if (!needed.every(({ topologyKey }) => topologyKey in node.labels)) continue;
    for (const spread of spreads) {
      const value = node.labels[spread.topologyKey];
      if (value === undefined || !counts(spread, pod, node)) continue;
      let matching = 0;
      for (const other of node.pods.values()) {
        const alive = !other.pod.metadata.deletionTimestamp && other.namespace === pod.namespace;
        if (alive && spread.matches(other.labels)) matching++;
      }
      spread.counts.set(value, (spread.counts.get(value) ?? 0) + matching);
    }
  }
  return spreads;
}

/** Whether the node's domain takes part at all. */
function counts({ honorAffinity, honorTaints }: Constraint, { pod }: PodInfo, { node }: NodeInfo) {
  if (honorAffinity && !nodeFitsPod(node, pod.spec)) return false;
  const { taints } = node.spec;
  return !honorTaints || !untolerated(taints, pod.spec.tolerations, ["NoSchedule", "NoExecute"]);
}

/** Fewer domains than demanded count as an empty one. */
function leastOf({ counts: perDomain, minDomains }: Spread): number {
  if (perDomain.size < minDomains) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const matching of perDomain.values()) least = Math.min(least, matching);
  return Number.isFinite(least) ? least : 0;
}
