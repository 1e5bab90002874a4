import type { TypeDocs } from "../docs.ts";

/** Ways of running containers. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const nodeDocs: Readonly<Record<string, TypeDocs>> = {
  RuntimeClass: {
    "": "A way of running containers that pods can choose.",
    handler: "What the container runtime calls it.",
    overhead: "What it takes for itself.",
    scheduling: "Nodes that have it.",
  },
  Overhead: {
    "": "What running a pod takes for itself.",
    podFixed: "How much of each resource.",
  },
  Scheduling: {
    "": "Nodes that have a way of running containers.",
    nodeSelector: "Their labels.",
    tolerations: "Taints that pods tolerate there.",
  },
};
