import type { TypeDocs } from "../docs.ts";

/** How many pods may be missing. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const policyDocs: Readonly<Record<string, TypeDocs>> = {
  PodDisruptionBudget: {
    "": "How many pods may be missing because somebody moves them.",
  },
  PodDisruptionBudgetSpec: {
    "": "Which pods, and how many.",
    minAvailable: "How many must stay, as a number or percentage.",
    maxUnavailable: "How many may be missing, as a number or percentage.",
    selector: "The pods, by label.",
    unhealthyPodEvictionPolicy: "IfHealthyBudget, or AlwaysAllow to move pods that are not ready.",
  },
  PodDisruptionBudgetStatus: {
    "": "How many may go right now.",
    disruptedPods: "Pods that are about to go, and since when.",
    disruptionsAllowed: "How many more may go.",
    currentHealthy: "How many are healthy.",
    desiredHealthy: "How many must be.",
    expectedPods: "How many count altogether.",
  },
  Eviction: {
    "": "Asks a pod to go, if its budget allows it.",
    deleteOptions: "How to delete it.",
  },
};
