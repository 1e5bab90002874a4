import type { DeepReadonly } from "#machinery/readonly.ts";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "./affinity.ts";
import type { Node } from "./node.ts";
import type { PodSpec } from "./pod-spec.ts";

/** How pods choose nodes by label and name: the scheduler, the kubelet and controllers ask alike. */

type NodeLike = DeepReadonly<Pick<Node, "metadata">>;

/** Whether the node fits the pod's `nodeSelector` and required node affinity. */
export function nodeFitsPod(node: NodeLike, spec: DeepReadonly<PodSpec>): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (labels[key] !== value) return false;
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Whether one of the terms matches. */
export function matchesNodeSelector(selector: DeepReadonly<NodeSelector>, node: NodeLike): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesNodeTerm(term, node));
}

/** Whether all requirements of the term hold; an empty term matches nothing. */
export function matchesNodeTerm(term: DeepReadonly<NodeSelectorTerm>, node: NodeLike): boolean {
  const { matchExpressions, matchFields } = term;
  if (!matchExpressions?.length && !matchFields?.length) return false;
  const labels = node.metadata.labels ?? {};
  const fields: Record<string, string> = { "metadata.name": node.metadata.name };
  return (
    (matchExpressions ?? []).every((one) => requirementHolds(one, labels)) &&
    (matchFields ?? []).every((one) => requirementHolds(one, fields))
  );
}

function requirementHolds(
  { key, operator, values }: DeepReadonly<NodeSelectorRequirement>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && (values ?? []).includes(value);
    case "NotIn":
      return value === undefined || !(values ?? []).includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      const [have, want] = [value, values?.[0]].map((text) => Number.parseInt(text ?? "", 10));
      return operator === "Gt" ? have! > want! : have! < want!;
    }
    default:
      return false;
  }
}
