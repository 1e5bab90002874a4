import {
  admissionEnvironment,
  namespaceType,
  requestType,
} from "#machinery/cel/admission-environment.ts";
import { type CelProgram, compileCel } from "#machinery/cel/cel.ts";
import type { CelEnvironment } from "#machinery/cel/environment.ts";
import { fromJson } from "#machinery/cel/json-values.ts";
import {
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  CelAuthorizer,
  resourceCheckType,
} from "#machinery/cel/library/authorizer.ts";
import { CelPending } from "#machinery/cel/pending.ts";
import { type CelType, dyn } from "#machinery/cel/types.ts";
import { CelCostError, CelError, CelMap, type CelValue } from "#machinery/cel/values.ts";
import type { UserInfo } from "#machinery/strategy.ts";
import type { AuthorizationAttributes, Authorizer } from "../authorization/authorizer.ts";
import { requestView, type VersionedWrite } from "./request-view.ts";

/** What the expressions of policies and webhooks see of a write, and what they may still cost. */

/** Costs left for a group of expressions. */
export class Budget {
  #left: number;
  constructor(total: number) {
    this.#left = total;
  }
  get left(): number {
    return this.#left;
  }
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) {
      throw new CelCostError(
        "validation failed due to running out of cost budget, no further validation rules will be run",
      );
    }
  }
}

/** Evaluates with the costs that are left; what an evaluation costs is taken from them. */
export function evaluateWithin(
  program: CelProgram,
  variables: (name: string) => CelValue,
  budget: Budget,
): CelValue {
  const { value, cost } = program.evaluate(variables);
  budget.spend(cost);
  return value;
}

export interface WriteVariables {
  readonly write: VersionedWrite;
  readonly authorizer: Authorizer;
  /** The Namespace of the object; null for objects of the cluster. */
  readonly namespaceObject?: unknown;
  readonly params?: unknown;
  readonly composed?: {
    readonly programs: ReadonlyMap<string, CelProgram>;
    readonly budget: Budget;
  };
}

/** The variables by name; each made when it is first asked for. */
export function writeVariables(options: WriteVariables): (name: string) => CelValue {
  const { write } = options;
  const made = new Map<string, CelValue>();
  const make = (name: string): CelValue => {
    switch (name) {
      case "object":
        return fromJson(write.object, dyn);
      case "oldObject":
        return fromJson(write.oldObject, dyn);
      case "request":
        return fromJson(requestView(write), requestType);
      case "namespaceObject":
        return fromJson(options.namespaceObject ?? null, namespaceType);
      case "params":
        return fromJson(options.params ?? null, dyn);
      case "authorizer":
        return celAuthorizer(write, options.authorizer);
      case "authorizer.requestResource":
        return requestResource(write, options.authorizer);
      case "variables":
        return new ComposedVariables(options.composed!, lookUp);
      default:
        throw new CelError(`no such attribute: ${name}`);
    }
  };
  const lookUp = (name: string): CelValue => {
    let value = made.get(name);
    if (value === undefined) {
      value = make(name);
      made.set(name, value);
    }
    return value;
  };
  return lookUp;
}

/** `variables.x`: evaluated when it is first used, once for each write. */
class ComposedVariables extends CelMap {
  override readonly typeName = "kubernetes.variables";
  readonly #programs: ReadonlyMap<string, CelProgram>;
  readonly #budget: Budget;
  readonly #variables: (name: string) => CelValue;
  readonly #values = new Map<string, CelValue | CelError>();

  constructor(
    composed: NonNullable<WriteVariables["composed"]>,
    variables: (name: string) => CelValue,
  ) {
    super();
    this.#programs = composed.programs;
    this.#budget = composed.budget;
    this.#variables = variables;
  }

  get size(): number {
    return this.#programs.size;
  }

  keys(): Iterable<CelValue> {
    return this.#programs.keys();
  }

  get(key: CelValue): CelValue | undefined {
    const program = this.#programs.get(key as string);
    if (!program) return undefined;
    const value = this.#values.get(program.source) ?? this.#evaluate(key as string, program);
    if (value instanceof CelError) throw value;
    return value;
  }

  #evaluate(name: string, program: CelProgram): CelValue | CelError {
    let value: CelValue | CelError;
    try {
      value = evaluateWithin(program, this.#variables, this.#budget);
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      value = new CelError(`composited variable "${name}" fails to evaluate: ${error.message}`);
    }
    this.#values.set(program.source, value);
    return value;
  }
}

/** Answers are remembered for one write, also while the expression is evaluated again. */
const askers = new WeakMap<object, CelAuthorizer>();

function celAuthorizer(write: VersionedWrite, authorizer: Authorizer): CelAuthorizer {
  const known = askers.get(write.attributes);
  if (known) return known;
  const answers = new Map<string, AuthorizationAnswer>();
  const ask = (question: AuthorizationQuestion): AuthorizationAnswer => {
    const key = JSON.stringify(question);
    const answered = answers.get(key);
    if (answered) return answered;
    const decision = authorizer.authorize(asAttributes(question, write.attributes.user));
    if (!(decision instanceof Promise)) {
      return { allowed: decision.decision === "allow", reason: decision.reason };
    }
    throw new CelPending(
      decision.then(
        ({ decision: given, reason }) => answers.set(key, { allowed: given === "allow", reason }),
        (error: unknown) =>
          answers.set(key, { allowed: false, reason: "", error: (error as Error).message }),
      ),
    );
  };
  const made = new CelAuthorizer(ask);
  askers.set(write.attributes, made);
  return made;
}

/** The check for the very resource that is written. */
function requestResource(write: VersionedWrite, authorizer: Authorizer): CelAuthorizer {
  const { resource, subresource, namespace, name } = write.attributes;
  const { group, plural } = resource;
  const asked = { group, resource: plural, subresource, namespace, name };
  return celAuthorizer(write, authorizer).with(asked, resourceCheckType.name);
}

function asAttributes(asked: AuthorizationQuestion, user: UserInfo): AuthorizationAttributes {
  const isResource = asked.path === undefined;
  return {
    user: asked.serviceAccount ? serviceAccountUser(asked.serviceAccount) : user,
    verb: asked.verb,
    isResource,
    group: asked.group ?? "",
    version: isResource ? "*" : "",
    resource: asked.resource ?? "",
    subresource: asked.subresource ?? "",
    namespace: asked.namespace ?? "",
    name: asked.name ?? "",
    path: asked.path ?? "",
    ...(asked.fieldSelector === undefined ? {} : { fieldSelector: asked.fieldSelector }),
    ...(asked.labelSelector === undefined ? {} : { labelSelector: asked.labelSelector }),
  };
}

function serviceAccountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: [
      "system:serviceaccounts",
      `system:serviceaccounts:${namespace}`,
      "system:authenticated",
    ],
  };
}

/** A match condition of a webhook or policy, compiled. */
export interface Condition {
  readonly name: string;
  readonly program: CelProgram;
}

const conditionType: readonly CelType[] = [{ kind: "bool" }];

/** Throws CelCompileError. */
export function compileConditions(
  conditions: readonly { readonly name: string; readonly expression: string }[] | undefined,
  env: CelEnvironment = admissionEnvironment({ hasNamespace: false }),
): Condition[] {
  return (conditions ?? []).map(({ name, expression }) => ({
    name,
    program: compileCel(expression, env, conditionType),
  }));
}

/** What match conditions say: one that is false decides; otherwise a failure is told. */
export type ConditionOutcome = { readonly matches: boolean } | { readonly error: string };

export function evaluateConditions(
  conditions: readonly Condition[],
  variables: (name: string) => CelValue,
  budget: Budget,
): ConditionOutcome {
  const errors: string[] = [];
  for (const { program } of conditions) {
    try {
      if (evaluateWithin(program, variables, budget) !== true) return { matches: false };
    } catch (error) {
      if (!(error instanceof CelError) && !(error instanceof CelCostError)) throw error;
      errors.push(`expression '${program.source}' resulted in error: ${error.message}`);
      if (error instanceof CelCostError) break;
    }
  }
  if (errors.length === 0) return { matches: true };
  return { error: errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]` };
}
