/** What daemon pods carry so that they land on, and stay on, their node. Pure. */
import { type DaemonSet, daemonSets } from "#apis/apps/daemon-set.ts";
import type { NodeSelectorTerm } from "#apis/core/affinity.ts";
import type { Node } from "#apis/core/node.ts";
import type { Pod } from "#apis/core/pod.ts";
import type { Toleration } from "#apis/core/scheduling.ts";
import type { Draft } from "#machinery/meta.ts";
import { allowsNode } from "../shared/node-affinity.ts";
import { podFromTemplate } from "../shared/pod-control.ts";
import { isTolerated } from "../shared/tolerations.ts";

export const revisionLabel = "controller-revision-hash";
const generationLabel = "pod-template-generation";
export const generationAnnotation = "deprecated.daemonset.template.generation";

/** Trouble of the node is no reason for a daemon to leave or keep away. */
function ownTolerations({ spec }: DaemonSet): Toleration[] {
  const tolerate = (name: string, effect: string): Toleration => ({
    key: `node.kubernetes.io/${name}`,
    operator: "Exists",
    effect,
  });
  return [
    tolerate("not-ready", "NoExecute"),
    tolerate("unreachable", "NoExecute"),
    tolerate("disk-pressure", "NoSchedule"),
    tolerate("memory-pressure", "NoSchedule"),
    tolerate("pid-pressure", "NoSchedule"),
    tolerate("unschedulable", "NoSchedule"),
    ...(spec.template.spec.hostNetwork ? [tolerate("network-unavailable", "NoSchedule")] : []),
  ];
}

/** The template's tolerations and the daemons' own. */
export function tolerationsOf(set: DaemonSet): Toleration[] {
  const given = set.spec.template.spec.tolerations ?? [];
  const same = (a: Toleration, b: Toleration) =>
    a.key === b.key && a.operator === b.operator && a.effect === b.effect && a.value === b.value;
  const missing = ownTolerations(set).filter((own) => !given.some((one) => same(one, own)));
  return [...given, ...missing];
}

/** Whether a daemon shall be made on the node, and whether one that is there may stay. */
export function fits(set: DaemonSet, node: Node): { run: boolean; stay: boolean } {
  const { spec } = set.spec.template;
  if (spec.nodeName && spec.nodeName !== node.metadata.name) return { run: false, stay: false };
  if (!allowsNode(spec, node)) return { run: false, stay: false };
  const tolerations = tolerationsOf(set);
  const refused = (node.spec.taints ?? []).filter((taint) => !isTolerated(tolerations, taint));
  const effects = new Set(refused.map(({ effect }) => effect));
  const stay = !effects.has("NoExecute");
  return { run: stay && !effects.has("NoSchedule"), stay };
}

/** The daemon for a node; the scheduler binds it there. */
export function newDaemon(set: DaemonSet, node: string, hash: string): Draft<Pod> {
  const draft = podFromTemplate(set.spec.template, set, daemonSets);
  const generation = set.metadata.annotations?.[generationAnnotation];
  const { affinity } = draft.spec;
  const fields = [{ key: "metadata.name", operator: "In", values: [node] }];
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // A node name by itself satisfies the pod's own affinity, or the daemon would not be made here.
  const terms: NodeSelectorTerm[] = required?.nodeSelectorTerms?.length
    ? required.nodeSelectorTerms.map(() => ({ matchFields: fields }))
    : [{ matchFields: fields }];
  return {
    metadata: {
      ...draft.metadata,
      labels: {
        ...draft.metadata.labels,
        ...(generation ? { [generationLabel]: generation } : {}),
        [revisionLabel]: hash,
      },
    },
    spec: {
      ...draft.spec,
      tolerations: tolerationsOf(set),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms },
        },
      },
    },
  };
}

/** The node that a daemon is on, or is meant for while it is not bound. */
export function nodeOf({ spec }: Pod): string {
  if (spec.nodeName) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields = [] } of required?.nodeSelectorTerms ?? []) {
    const field = matchFields.find(({ key }) => key === "metadata.name");
    if (field?.values?.[0]) return field.values[0];
  }
  return "";
}
