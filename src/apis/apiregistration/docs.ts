import type { TypeDocs } from "../docs.ts";

/** Parts of the API that others serve. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const apiregistrationDocs: Readonly<Record<string, TypeDocs>> = {
  APIService: {
    "": "A group and version, and who serves it.",
  },
  APIServiceSpec: {
    "": "Which, and who.",
    service: "The Service that leads to who serves it; none: this server.",
    group: "The group.",
    version: "The version.",
    insecureSkipTLSVerify: "Whether not to check who answers.",
    caBundle: "Certificates the server is believed by.",
    groupPriorityMinimum: "Higher groups come first.",
    versionPriority: "Higher versions come first.",
  },
  ServiceReference: {
    "": "A Service.",
    namespace: "Its namespace.",
    name: "Its name.",
    port: "The port; default 443.",
  },
  APIServiceStatus: {
    "": "How it is doing.",
  },
  APIServiceCondition: {
    "": "One thing that holds for it, or does not.",
  },
};
