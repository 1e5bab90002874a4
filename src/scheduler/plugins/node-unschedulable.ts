import { tolerates } from "#apis/core/tolerations.ts";
import type { Plugin, Rejection } from "../framework.ts";

const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;
const rejection: Rejection = {
  plugin: "NodeUnschedulable",
  reasons: ["node(s) were unschedulable"],
  resolvable: false,
};

/** Cordoned nodes take only pods that tolerate it. */
export const nodeUnschedulable: Plugin = {
  name: "NodeUnschedulable",
  helpedBy: ["NodeAdded", "NodeChanged"],
  filter({ pod }, { node }) {
    if (!node.spec.unschedulable) return undefined;
    return pod.spec.tolerations?.some((one) => tolerates(one, taint)) ? undefined : rejection;
  },
};
