import { bool, opaque, string } from "../types.ts";
import { CelOpaque } from "../values.ts";
import { type CelLibrary, flat, member } from "./library.ts";

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library */

/** What an expression asks the authorizer. */
export interface AuthorizationQuestion {
  readonly verb: string;
  /** A service account in place of the user. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  /** For non-resource requests. */
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Answers at once; what cannot throws `CelPending`. */
export type Ask = (question: AuthorizationQuestion) => AuthorizationAnswer;

export const authorizerType = opaque("kubernetes.authorization.Authorizer");
export const resourceCheckType = opaque("kubernetes.authorization.ResourceCheck");
const pathCheckType = opaque("kubernetes.authorization.PathCheck");
const groupCheckType = opaque("kubernetes.authorization.GroupCheck");
const decisionType = opaque("kubernetes.authorization.Decision");

type Asked = Omit<AuthorizationQuestion, "verb">;

/** The variable `authorizer`, and the steps of a question put to it. */
export class CelAuthorizer extends CelOpaque {
  readonly typeName: string;
  readonly #ask: Ask;
  readonly #asked: Asked;

  constructor(ask: Ask, asked: Asked = {}, typeName: string = authorizerType.name) {
    super();
    this.typeName = typeName;
    this.#ask = ask;
    this.#asked = asked;
  }
  /** The question with one thing more, as a value of another type. */
  with(more: Asked, typeName: string = this.typeName): CelAuthorizer {
    return new CelAuthorizer(this.#ask, { ...this.#asked, ...more }, typeName);
  }
  check(verb: string): CelDecision {
    return new CelDecision(this.#ask({ ...this.#asked, verb }));
  }
  equals(other: CelOpaque): boolean {
    return other === this;
  }
}

class CelDecision extends CelOpaque {
  readonly typeName = decisionType.name;
  readonly answer: AuthorizationAnswer;
  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }
  equals(other: CelOpaque): boolean {
    return other === this;
  }
}

/** Two checks and an expression has used up what it may cost. */
const checking = flat(350_000);
const check = (asked: CelAuthorizer, verb: string) => asked.check(verb);
const steps = ["subresource", "namespace", "name", "fieldSelector", "labelSelector"] as const;

export const authorizerLibrary: CelLibrary = {
  functions: [
    ["path", member("authorizer_path", [authorizerType, string], pathCheckType, (a: CelAuthorizer, path: string) => a.with({ path }, pathCheckType.name))],
    ["check", member("pathcheck_check", [pathCheckType, string], decisionType, check, checking)],
    ["group", member("authorizer_group", [authorizerType, string], groupCheckType, (a: CelAuthorizer, group: string) => a.with({ group }, groupCheckType.name))],
    ["serviceAccount", member("authorizer_serviceaccount", [authorizerType, string, string], authorizerType, (a: CelAuthorizer, namespace: string, name: string) => a.with({ serviceAccount: { namespace, name } }))],
    ["resource", member("groupcheck_resource", [groupCheckType, string], resourceCheckType, (a: CelAuthorizer, resource: string) => a.with({ resource }, resourceCheckType.name))],
    ...steps.map((step) => [step, member(`resourcecheck_${step}`, [resourceCheckType, string], resourceCheckType, (a: CelAuthorizer, value: string) => a.with({ [step]: value }))] as const),
    ["check", member("resourcecheck_check", [resourceCheckType, string], decisionType, check, checking)],
    ["errored", member("decision_errored", [decisionType], bool, ({ answer }: CelDecision) => answer.error !== undefined)],
    ["error", member("decision_error", [decisionType], string, ({ answer }: CelDecision) => answer.error ?? "")],
    ["allowed", member("decision_allowed", [decisionType], bool, ({ answer }: CelDecision) => answer.allowed)],
    ["reason", member("decision_reason", [decisionType], string, ({ answer }: CelDecision) => answer.reason)],
  ], // prettier-ignore
  typeNames: { "kubernetes.authorization.Authorizer": authorizerType },
};
