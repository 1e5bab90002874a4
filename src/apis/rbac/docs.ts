import type { TypeDocs } from "../docs.ts";

/** Who may do what. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const rbacDocs: Readonly<Record<string, TypeDocs>> = {
  Role: {
    "": "What somebody may do in a namespace.",
    rules: "What is allowed.",
  },
  ClusterRole: {
    "": "What somebody may do, in all namespaces or those of a binding.",
    rules: "What is allowed.",
    aggregationRule: "Take the rules of other ClusterRoles.",
  },
  PolicyRule: {
    "": "Something that is allowed.",
    verbs: "What may be done; *: everything.",
    apiGroups: 'Groups of the resources; "": core, *: all.',
    resources: "The resources, or resource/subresource; *: all.",
    resourceNames: "Only objects of these names.",
    nonResourceURLs: "Paths that are no resources, such as /metrics.",
  },
  AggregationRule: {
    "": "Which ClusterRoles to take rules of.",
    clusterRoleSelectors: "The roles, by label; one match is enough.",
  },
  RoleBinding: {
    "": "Gives a role to somebody in a namespace.",
    subjects: "Who gets it.",
    roleRef: "The role; fixed.",
  },
  ClusterRoleBinding: {
    "": "Gives a ClusterRole to somebody everywhere.",
    subjects: "Who gets it.",
    roleRef: "The role; fixed.",
  },
  Subject: {
    "": "Somebody who gets a role.",
    kind: "User, Group or ServiceAccount.",
    apiGroup: "rbac.authorization.k8s.io for users and groups.",
    name: "The name.",
    namespace: "The namespace of a service account.",
  },
  RoleRef: {
    "": "The role that is given.",
    apiGroup: "rbac.authorization.k8s.io.",
    kind: "Role or ClusterRole.",
    name: "The name.",
  },
};
