import type { TypeDocs } from "../docs.ts";

/** Which requests come first. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const flowcontrolDocs: Readonly<Record<string, TypeDocs>> = {
  FlowSchema: {
    "": "Which requests belong to which priority level.",
  },
  FlowSchemaSpec: {
    "": "Which requests, and where they belong.",
    priorityLevelConfiguration: "The level.",
    matchingPrecedence: "The lower, the earlier it is tried.",
    distinguisherMethod: "What makes a flow of its own.",
    rules: "Requests it is about.",
  },
  PriorityLevelConfigurationReference: {
    "": "A priority level.",
    name: "Its name.",
  },
  FlowDistinguisherMethod: {
    "": "What makes a flow of its own.",
    type: "ByUser or ByNamespace.",
  },
  PolicyRulesWithSubjects: {
    "": "Some requests of somebody.",
    subjects: "Who.",
    resourceRules: "Requests for resources.",
    nonResourceRules: "Requests for other paths.",
  },
  Subject: {
    "": "Somebody.",
    kind: "User, Group or ServiceAccount.",
    user: "A user.",
    group: "A group.",
    serviceAccount: "A service account.",
  },
  UserSubject: {
    "": "A user.",
    name: "The name; *: all.",
  },
  GroupSubject: {
    "": "A group.",
    name: "The name; *: all.",
  },
  ServiceAccountSubject: {
    "": "A service account.",
    namespace: "The namespace.",
    name: "The name; *: all.",
  },
  ResourcePolicyRule: {
    "": "Some requests for resources.",
    verbs: "The verbs; *: all.",
    apiGroups: "The groups; *: all.",
    resources: "The resources; *: all.",
    clusterScope: "Whether those count that are in no namespace.",
    namespaces: "The namespaces; *: all.",
  },
  NonResourcePolicyRule: {
    "": "Some requests for other paths.",
    verbs: "The verbs; *: all.",
    nonResourceURLs: "The paths; a * at the end stands for anything.",
  },
  FlowSchemaStatus: {
    "": "What is known of it.",
  },
  FlowSchemaCondition: {
    "": "One thing that holds for it, or does not.",
  },
  PriorityLevelConfiguration: {
    "": "How many requests of a level run at once.",
  },
  PriorityLevelConfigurationSpec: {
    "": "The limit, if there is one.",
    type: "Limited or Exempt.",
    limited: "Settings of a limited level.",
    exempt: "Settings of an exempt level.",
  },
  LimitedPriorityLevelConfiguration: {
    "": "Settings of a limited level.",
    nominalConcurrencyShares: "Its share of what the server can do at once.",
    limitResponse: "What to do with more than that.",
    lendablePercent: "How much of it others may use meanwhile.",
    borrowingLimitPercent: "How much it may use of others'.",
  },
  ExemptPriorityLevelConfiguration: {
    "": "Settings of an exempt level.",
    nominalConcurrencyShares: "Its share of what the server can do at once.",
    lendablePercent: "How much of it others may use meanwhile.",
  },
  LimitResponse: {
    "": "What to do with too many requests.",
    type: "Queue or Reject.",
    queuing: "Settings of the queues.",
  },
  QueuingConfiguration: {
    "": "Settings of the queues.",
    queues: "How many queues there are.",
    handSize: "How many queues a flow may use.",
    queueLengthLimit: "How long a queue may get.",
  },
  PriorityLevelConfigurationStatus: {
    "": "What is known of it.",
  },
  PriorityLevelConfigurationCondition: {
    "": "One thing that holds for it, or does not.",
  },
};
