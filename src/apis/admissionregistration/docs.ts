import type { TypeDocs } from "../docs.ts";

/** Who has a say in requests. For `kubectl explain`; loaded when OpenAPI documents are made. */
const validatingWebhookFields: TypeDocs = {
  name: "Its name, a domain name.",
  clientConfig: "How it is reached.",
  rules: "Which requests it sees.",
  failurePolicy: "When it cannot be reached: Fail or Ignore.",
  matchPolicy: "Exact, or Equivalent: other versions of the resource count, too.",
  namespaceSelector: "Only in these namespaces.",
  objectSelector: "Only objects with these labels.",
  sideEffects: "Whether it does anything else: None or NoneOnDryRun.",
  timeoutSeconds: "How long to wait for it.",
  admissionReviewVersions: "Versions of the review it knows.",
  reinvocationPolicy: "Never, or IfNeeded: once more after later changes.",
  matchConditions: "CEL expressions that must all be true.",
};

const validatingAdmissionPolicyBindingSpecFields: TypeDocs = {
  policyName: "The policy.",
  paramRef: "Objects with parameters.",
  matchResources: "Only these requests.",
  validationActions: "Deny, Warn or Audit.",
};

export const admissionregistrationDocs: Readonly<Record<string, TypeDocs>> = {
  ValidatingWebhookConfiguration: {
    "": "Webhooks that may refuse requests.",
    webhooks: "The webhooks.",
  },
  MutatingWebhookConfiguration: {
    "": "Webhooks that may change requests.",
    webhooks: "The webhooks.",
  },
  ValidatingWebhook: {
    "": "A webhook and the requests it wants to see.",
    ...validatingWebhookFields,
  },
  MutatingWebhook: {
    "": "A webhook and the requests it wants to see.",
    ...validatingWebhookFields,
  },
  WebhookClientConfig: {
    "": "How a webhook is reached; a Service or a URL.",
    service: "A Service of the cluster.",
    caBundle: "Certificates it is believed by.",
    url: "A URL.",
  },
  ServiceReference: {
    "": "A Service and where to ask it.",
    namespace: "Its namespace.",
    name: "Its name.",
    path: "The path.",
    port: "The port; default 443.",
  },
  RuleWithOperations: {
    "": "Some requests.",
    operations: "CREATE, UPDATE, DELETE, CONNECT or *.",
    apiGroups: "The groups; *: all.",
    apiVersions: "The versions; *: all.",
    resources: "The resources, or resource/subresource; *: all.",
    scope: "Cluster, Namespaced or *.",
  },
  NamedRuleWithOperations: {
    "": "Some requests for some objects.",
    resourceNames: "Only objects of these names.",
    operations: "CREATE, UPDATE, DELETE, CONNECT or *.",
    apiGroups: "The groups; *: all.",
    apiVersions: "The versions; *: all.",
    resources: "The resources, or resource/subresource; *: all.",
    scope: "Cluster, Namespaced or *.",
  },
  ValidatingAdmissionPolicy: {
    "": "Rules in CEL that requests must keep.",
  },
  ValidatingAdmissionPolicySpec: {
    "": "The rules and what they are about.",
    paramKind: "The kind of object with parameters.",
    matchConstraints: "Which requests it is about.",
    validations: "What must be true.",
    failurePolicy: "When a rule cannot be evaluated: Fail or Ignore.",
    auditAnnotations: "What to note in the audit log.",
    matchConditions: "CEL expressions that must all be true for it to apply.",
    variables: "Expressions with a name, for use in others.",
  },
  ValidatingAdmissionPolicyStatus: {
    "": "What is known of the rules.",
    typeChecking: "What is doubtful about the expressions.",
  },
  TypeChecking: {
    "": "What is doubtful about expressions.",
    expressionWarnings: "One by one.",
  },
  ExpressionWarning: {
    "": "What is doubtful about an expression.",
    fieldRef: "Where the expression is.",
    warning: "What is doubtful.",
  },
  Validation: {
    "": "Something that must be true.",
    expression: "In CEL.",
    message: "What to say if it is not.",
    reason: "The reason of the answer, such as Forbidden.",
    messageExpression: "What to say, in CEL.",
  },
  AuditAnnotation: {
    "": "A note in the audit log.",
    key: "Its key.",
    valueExpression: "Its value, in CEL.",
  },
  Variable: {
    "": "An expression with a name.",
    name: "Its name, used as variables.name.",
    expression: "In CEL.",
  },
  MatchCondition: {
    "": "A condition for something to apply.",
    name: "Its name.",
    expression: "In CEL.",
  },
  ParamKind: {
    "": "The kind of object with parameters.",
    apiVersion: "Its group and version.",
    kind: "Its kind.",
  },
  MatchResources: {
    "": "Which requests something is about.",
    namespaceSelector: "Only in these namespaces.",
    objectSelector: "Only objects with these labels.",
    resourceRules: "Requests that count.",
    excludeResourceRules: "Requests that do not.",
    matchPolicy: "Exact, or Equivalent: other versions of the resource count, too.",
  },
  ValidatingAdmissionPolicyBinding: {
    "": "Makes a policy apply.",
  },
  MutatingAdmissionPolicyBinding: {
    "": "Makes a policy apply.",
  },
  ValidatingAdmissionPolicyBindingSpec: {
    "": "Which policy, where, with what.",
    ...validatingAdmissionPolicyBindingSpecFields,
  },
  MutatingAdmissionPolicyBindingSpec: {
    "": "Which policy, where, with what.",
    ...validatingAdmissionPolicyBindingSpecFields,
  },
  ParamRef: {
    "": "Objects with parameters.",
    name: "One object.",
    namespace: "Its namespace; none: that of the request.",
    selector: "Several objects, by label.",
    parameterNotFoundAction: "When there is none: Allow or Deny.",
  },
  MutatingAdmissionPolicy: {
    "": "Changes to requests, said in CEL.",
  },
  MutatingAdmissionPolicySpec: {
    "": "The changes and what they are about.",
    paramKind: "The kind of object with parameters.",
    matchConstraints: "Which requests it is about.",
    variables: "Expressions with a name, for use in others.",
    mutations: "The changes.",
    failurePolicy: "When a change cannot be made: Fail or Ignore.",
    matchConditions: "CEL expressions that must all be true for it to apply.",
    reinvocationPolicy: "Never, or IfNeeded: once more after later changes.",
  },
  Mutation: {
    "": "A change.",
    patchType: "ApplyConfiguration or JSONPatch.",
    applyConfiguration: "As an object to apply.",
    jsonPatch: "As a JSON patch.",
  },
  ApplyConfiguration: {
    "": "An object to apply.",
    expression: "In CEL, such as Object{spec: …}.",
  },
  JSONPatch: {
    "": "A JSON patch.",
    expression: "In CEL: a list of JSONPatch{…}.",
  },
};
