import type { Plugin, Rejection } from "../framework.ts";
import type { NodeInfo } from "../node-info.ts";
import { type AffinityTerm, type PodInfo, termMatches } from "../pod-info.ts";
import type { Snapshot } from "../snapshot.ts";

const name = "InterPodAffinity";
const reject = (reason: string, resolvable: boolean): Rejection => ({
  plugin: name,
  reasons: [reason],
  resolvable,
});
const noAffinity = reject("node(s) didn't match pod affinity rules", false);
const ownAnti = reject("node(s) didn't match pod anti-affinity rules", true);
const othersAnti = reject("node(s) didn't satisfy existing pods anti-affinity rules", true);

/** How many matching pods there are per `key=value` of a topology. */
type Counts = Map<string, number>;

interface Notes {
  /** Pods that repel the incoming one, it being matched by their anti-affinity. */
  repelled: Counts;
  /** Pods matched by each of the incoming pod's own terms. */
  affinity: Counts[];
  antiAffinity: Counts[];
  namespaceLabels: Snapshot["others"]["namespaceLabels"];
}

interface Scores {
  /** Preference for each `key=value`. */
  weights: Counts;
}

/** Pods that want to be near, or away from, other pods. */
export const interPodAffinity: Plugin = {
  name,
  helpedBy: [
    "NodeAdded",
    "NodeChanged",
    "PodAdded",
    "PodChanged",
    "PodDeleted",
    "NamespaceChanged",
  ],
  preFilter(pod, snapshot, state) {
    const notes: Notes = {
      repelled: new Map(),
      affinity: pod.affinity.map(() => new Map<string, number>()),
      antiAffinity: pod.antiAffinity.map(() => new Map<string, number>()),
      namespaceLabels: snapshot.others.namespaceLabels,
    };
    const hasTerms = pod.affinity.length + pod.antiAffinity.length > 0;
    for (const node of snapshot.nodes) {
      const others = hasTerms ? node.pods.values() : node.repelling;
      for (const other of others) note(notes, pod, other, node, 1);
    }
    if (!hasTerms && notes.repelled.size === 0) return { skip: true };
    state.set(name, notes);
    return undefined;
  },
  filter(pod, node, state) {
    const notes = state.get(name) as Notes;
    if (!satisfiesAffinity(pod, node, notes)) return noAffinity;
    const near = pod.antiAffinity.some((term, i) => count(notes.antiAffinity[i]!, term, node) > 0);
    if (near) return ownAnti;
    for (const [key, value] of Object.entries(node.labels)) {
      if ((notes.repelled.get(`${key}=${value}`) ?? 0) > 0) return othersAnti;
    }
    return undefined;
  },
  adjust(pod, changed, node, by, state) {
    const notes = state.get(name) as Notes | undefined;
    if (notes) note(notes, pod, changed, node, by);
  },
  preScore(pod, _nodes, snapshot, state) {
    const weights = preferences(pod, snapshot);
    state.set(`${name}/score`, { weights } satisfies Scores);
    return weights.size === 0;
  },
  score(_pod, node, state) {
    const { weights } = state.get(`${name}/score`) as Scores;
    let sum = 0;
    for (const [key, value] of Object.entries(node.labels))
      sum += weights.get(`${key}=${value}`) ?? 0;
    return sum;
  },
  normalize: "min-max",
};

function note(notes: Notes, pod: PodInfo, other: PodInfo, node: NodeInfo, by: 1 | -1): void {
  const { namespaceLabels } = notes;
  for (const term of other.antiAffinity) {
    if (termMatches(term, pod, namespaceLabels)) bump(notes.repelled, term, node, by);
  }
  // A pod is near those that satisfy all of its affinity terms together.
  if (
    pod.affinity.length > 0 &&
    pod.affinity.every((term) => termMatches(term, other, namespaceLabels))
  ) {
    pod.affinity.forEach((term, i) => bump(notes.affinity[i]!, term, node, by));
  }
  pod.antiAffinity.forEach((term, i) => {
    if (termMatches(term, other, namespaceLabels)) bump(notes.antiAffinity[i]!, term, node, by);
  });
}

function bump(counts: Counts, { topologyKey }: AffinityTerm, node: NodeInfo, by: number): void {
  const value = node.labels[topologyKey];
  if (value === undefined) return;
  const key = `${topologyKey}=${value}`;
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function count(counts: Counts, { topologyKey }: AffinityTerm, node: NodeInfo): number {
  return counts.get(`${topologyKey}=${node.labels[topologyKey]}`) ?? 0;
}

function satisfiesAffinity(pod: PodInfo, node: NodeInfo, notes: Notes): boolean {
  if (pod.affinity.length === 0) return true;
  if (!pod.affinity.every(({ topologyKey }) => node.labels[topologyKey] !== undefined))
    return false;
  if (pod.affinity.every((term, i) => count(notes.affinity[i]!, term, node) > 0)) return true;
  // The first of a group that wants to be together may go anywhere.
  const nobodyYet = notes.affinity.every((counts) => [...counts.values()].every((n) => n <= 0));
  return nobodyYet && pod.affinity.every((term) => termMatches(term, pod, notes.namespaceLabels));
}

/** Upstream's default for `hardPodAffinityWeight`. */
const hardAffinityWeight = 1;

function preferences(pod: PodInfo, snapshot: Snapshot): Counts {
  const weights: Counts = new Map();
  const { namespaceLabels } = snapshot.others;
  const own = [
    ...pod.preferredAffinity.map(({ weight, term }) => ({ term, weight })),
    ...pod.preferredAntiAffinity.map(({ weight, term }) => ({ term, weight: -weight })),
  ];
  for (const node of snapshot.nodes) {
    for (const other of own.length > 0 ? node.pods.values() : node.attached) {
      for (const { term, weight } of own) {
        if (termMatches(term, other, namespaceLabels)) bump(weights, term, node, weight);
      }
      const theirs = [
        ...other.affinity.map((term) => ({ term, weight: hardAffinityWeight })),
        ...other.preferredAffinity,
        ...other.preferredAntiAffinity.map(({ term, weight }) => ({ term, weight: -weight })),
      ];
      for (const { term, weight } of theirs) {
        if (termMatches(term, pod, namespaceLabels)) bump(weights, term, node, weight);
      }
    }
  }
  return weights;
}
