import type { TypeDocs } from "../docs.ts";

/** Who somebody is. For `kubectl explain`; loaded when OpenAPI documents are made. */
export const authenticationDocs: Readonly<Record<string, TypeDocs>> = {
  TokenReview: {
    "": "Asks whose token this is.",
  },
  TokenReviewSpec: {
    "": "The question.",
    token: "The token.",
    audiences: "Whom the token must be for; default the API server.",
  },
  TokenReviewStatus: {
    "": "The answer.",
    authenticated: "Whether the token is good.",
    user: "Whose it is.",
    error: "Why it could not be checked.",
    audiences: "For which of those asked about it is good.",
  },
  UserInfo: {
    "": "Somebody.",
    username: "The name.",
    uid: "The id.",
    groups: "The groups.",
    extra: "Whatever else is known.",
  },
  SelfSubjectReview: {
    "": "Asks who I am.",
  },
  SelfSubjectReviewStatus: {
    "": "The answer.",
    userInfo: "Who you are.",
  },
  TokenRequest: {
    "": "Asks for a token of a service account.",
  },
  TokenRequestSpec: {
    "": "What kind of token.",
    audiences: "Whom it is for; default the API server.",
    boundObjectRef: "The object it dies with.",
    expirationSeconds: "How long it should last.",
  },
  BoundObjectReference: {
    "": "The object a token dies with.",
    kind: "Pod, Secret or Node.",
    apiVersion: "Its version.",
    name: "Its name.",
    uid: "Its uid.",
  },
  TokenRequestStatus: {
    "": "The token.",
    token: "The token.",
    expirationTimestamp: "When it expires.",
  },
};
