import type { TypeDocs } from "../docs.ts";

/** Who may do what: questions. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const authorizationDocs: Readonly<Record<string, TypeDocs>> = {
  SubjectAccessReview: {
    "": "Asks whether somebody may do something.",
  },
  LocalSubjectAccessReview: {
    "": "Asks whether somebody may do something in a namespace.",
  },
  SelfSubjectAccessReview: {
    "": "Asks whether I may do something.",
  },
  SubjectAccessReviewSpec: {
    "": "Who, and what.",
    resourceAttributes: "About a resource.",
    nonResourceAttributes: "About another path.",
    user: "The user.",
    groups: "The user's groups.",
    extra: "Whatever else is known of the user.",
    uid: "The user's id.",
  },
  SelfSubjectAccessReviewSpec: {
    "": "What.",
    resourceAttributes: "About a resource.",
    nonResourceAttributes: "About another path.",
  },
  ResourceAttributes: {
    "": "A request for a resource.",
    namespace: 'The namespace; "": all, or none.',
    verb: "The verb; *: all.",
    group: "The group; *: all.",
    version: "The version; *: all.",
    resource: "The resource; *: all.",
    subresource: "The subresource.",
    name: 'The object; "": all.',
    fieldSelector: "The fields the request is limited to.",
    labelSelector: "The labels the request is limited to.",
  },
  FieldSelectorAttributes: {
    "": "The fields a request is limited to.",
    rawSelector: "As text.",
    requirements: "One by one.",
  },
  LabelSelectorAttributes: {
    "": "The labels a request is limited to.",
    rawSelector: "As text.",
    requirements: "One by one.",
  },
  NonResourceAttributes: {
    "": "A request for a path.",
    path: "The path.",
    verb: "The HTTP verb.",
  },
  SubjectAccessReviewStatus: {
    "": "The answer.",
    allowed: "Whether it is allowed.",
    denied: "Whether it is forbidden, whatever others say.",
    reason: "Why.",
    evaluationError: "What went wrong on the way.",
  },
  SelfSubjectRulesReview: {
    "": "Asks what I may do in a namespace.",
  },
  SelfSubjectRulesReviewSpec: {
    "": "Where.",
    namespace: "The namespace.",
  },
  SubjectRulesReviewStatus: {
    "": "The answer.",
    resourceRules: "About resources.",
    nonResourceRules: "About other paths.",
    incomplete: "Whether there may be more than is known.",
    evaluationError: "What went wrong on the way.",
  },
  ResourceRule: {
    "": "What is allowed with some resources.",
    verbs: "The verbs; *: all.",
    apiGroups: "The groups; *: all.",
    resources: "The resources; *: all.",
    resourceNames: "Only objects of these names.",
  },
  NonResourceRule: {
    "": "What is allowed with some paths.",
    verbs: "The HTTP verbs; *: all.",
    nonResourceURLs: "The paths; a * at the end stands for anything.",
  },
};
