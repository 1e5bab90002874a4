import type { NodeSelectorTerm } from "#apis/core/affinity.ts";
import { matchesNodeTerm, nodeFitsPod } from "#apis/core/node-selector.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Plugin, Rejection } from "../framework.ts";
import type { PodInfo } from "../pod-info.ts";

const rejection: Rejection = {
  plugin: "NodeAffinity",
  reasons: ["node(s) didn't match Pod's node affinity/selector"],
  resolvable: false,
};

/** `nodeSelector` and node affinity: what a pod demands and prefers of a node's labels. */
export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  helpedBy: ["NodeAdded", "NodeChanged"],
  preFilter({ pod }) {
    const required = affinityOf(pod)?.requiredDuringSchedulingIgnoredDuringExecution;
    if (!required && Object.keys(pod.spec.nodeSelector ?? {}).length === 0) return { skip: true };
    const nodes = required && namedNodes(required.nodeSelectorTerms ?? []);
    return nodes ? { nodes } : undefined;
  },
  filter: ({ pod }, { node }) => (nodeFitsPod(node, pod.spec) ? undefined : rejection),
  preScore: ({ pod }) => preferences(pod).length === 0,
  score({ pod }, { node }) {
    let sum = 0;
    for (const { weight, preference } of preferences(pod)) {
      if (weight !== 0 && matchesNodeTerm(preference, node)) sum += weight;
    }
    return sum;
  },
  normalize: "max",
};

function affinityOf(pod: PodInfo["pod"]) {
  return pod.spec.affinity?.nodeAffinity;
}

function preferences(pod: PodInfo["pod"]) {
  return affinityOf(pod)?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** DaemonSet pods name their node in `matchFields`: then only those nodes need a look. */
function namedNodes(terms: readonly DeepReadonly<NodeSelectorTerm>[]): Set<string> | undefined {
  const names = new Set<string>();
  for (const { matchFields } of terms) {
    const named = (matchFields ?? []).filter(
      ({ key, operator }) => key === "metadata.name" && operator === "In",
    );
    if (named.length === 0) return undefined;
    const [first, ...others] = named.map(({ values }) => new Set(values ?? []));
    const common = others.reduce((all, more) => all.intersection(more), first!);
    for (const name of common) names.add(name);
  }
  return terms.length === 0 ? undefined : names;
}
