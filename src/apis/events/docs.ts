import type { TypeDocs } from "../docs.ts";

/** What happened. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const eventsDocs: Readonly<Record<string, TypeDocs>> = {
  Event: {
    "": "Something that happened to an object.",
    eventTime: "When it was told.",
    series: "Further times it happened.",
    reportingController: "Who tells, such as kubernetes.io/kubelet.",
    reportingInstance: "Which one of them.",
    action: "What was done about it.",
    reason: "What happened, in one word.",
    regarding: "What it happened to.",
    related: "Another object that has to do with it.",
    note: "What happened, for people.",
    type: "Normal or Warning.",
    deprecatedSource: "Who tells, as older versions said it.",
    deprecatedFirstTimestamp: "When it happened first, as older versions said it.",
    deprecatedLastTimestamp: "When it happened last, as older versions said it.",
    deprecatedCount: "How often, as older versions said it.",
  },
  EventSeries: {
    "": "Further times an event happened.",
    count: "How often.",
    lastObservedTime: "When it was last seen.",
  },
};
