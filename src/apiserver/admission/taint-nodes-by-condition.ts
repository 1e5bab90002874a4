import type { Node } from "#apis/core/node.ts";
import type { AdmissionPlugin } from "./admission.ts";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

/** New nodes take no pods until the node lifecycle controller has seen them ready. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: "TaintNodesByCondition",
  matches: { operations: ["CREATE"], resources: ["/nodes"] },
  admit(a) {
    const { spec } = a.object as Node;
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect))
      return;
    spec.taints = [...taints, { ...notReady }];
  },
};
