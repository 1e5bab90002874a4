import type { UserInfo } from "#machinery/strategy.ts";

/** What is to be decided; built from `RequestInfo` or from an access review. */
export interface AuthorizationAttributes {
  user: UserInfo;
  verb: string;
  isResource: boolean;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** For non-resource requests. */
  path: string;
  fieldSelector?: string;
  labelSelector?: string;
}

export type Decision = { decision: "allow" | "deny" | "noOpinion"; reason: string };

/** One authorization mode. Modes are asked in order until one allows or denies. */
export interface Authorizer {
  readonly name: string;
  /** Synchronous wherever possible: this runs for every request. */
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>;
}
