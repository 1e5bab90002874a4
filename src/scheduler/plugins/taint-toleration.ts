import { tolerates, untolerated } from "#apis/core/tolerations.ts";
import type { Plugin, Rejection } from "../framework.ts";

const rejection: Rejection = {
  plugin: "TaintToleration",
  reasons: ["node(s) had untolerated taint(s)"],
  resolvable: false,
};
const hard = ["NoSchedule", "NoExecute"];

/** Pods stay off nodes with taints they do not tolerate; soft taints lower the score. */
export const taintToleration: Plugin = {
  name: "TaintToleration",
  helpedBy: ["NodeAdded", "NodeChanged"],
  filter({ pod }, { node }) {
    const { taints } = node.spec;
    if (!taints?.length) return undefined;
    return untolerated(taints, pod.spec.tolerations, hard) ? rejection : undefined;
  },
  preScore: (_pod, nodes) => nodes.every(({ node }) => !node.spec.taints?.length),
  score({ pod }, { node }) {
    const soft = (node.spec.taints ?? []).filter(({ effect }) => effect === "PreferNoSchedule");
    const { tolerations = [] } = pod.spec;
    return soft.filter((taint) => !tolerations.some((one) => tolerates(one, taint))).length;
  },
  normalize: "reversed-max",
};
