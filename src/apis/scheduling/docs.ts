import type { TypeDocs } from "../docs.ts";

/** How important pods are. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const schedulingDocs: Readonly<Record<string, TypeDocs>> = {
  PriorityClass: {
    "": "How important pods are, under a name.",
    value: "The larger, the more important.",
    globalDefault: "Whether pods without a class get this one.",
    description: "What it is for.",
    preemptionPolicy: "Whether its pods push out others: PreemptLowerPriority or Never.",
  },
};
