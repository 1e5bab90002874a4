import type { Node } from "#apis/core/node.ts";
import type { PodSpec } from "#apis/core/pod-spec.ts";

interface Requirement {
  key: string;
  operator: string;
  values?: readonly string[] | null | undefined;
}

/** Whether the pod's node selector and required node affinity allow the node. */
export function allowsNode({ nodeSelector, affinity }: PodSpec, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {};
  for (const [name, value] of Object.entries(nodeSelector ?? {})) {
    if (labels[name] !== value) return false;
  }
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return (required.nodeSelectorTerms ?? []).some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    return (
      matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
      matchFields.every(
        (requirement) => requirement.key === "metadata.name" && holds(requirement, metadata.name),
      )
    );
  });
}

function holds({ operator, values }: Requirement, value: string | undefined): boolean {
  const wanted = values ?? [];
  switch (operator) {
    case "In":
      return value !== undefined && wanted.includes(value);
    case "NotIn":
      return value === undefined || !wanted.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(wanted[0]);
    case "Lt":
      return value !== undefined && Number(value) < Number(wanted[0]);
    default:
      return false;
  }
}
