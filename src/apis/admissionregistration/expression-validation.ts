import {
  admissionEnvironment,
  type AdmissionVariables,
  expressionProblem,
  expressionResults,
} from "#machinery/cel/admission-environment.ts";
import { compileCel } from "#machinery/cel/cel.ts";
import { type CelType, dyn } from "#machinery/cel/types.ts";
import type { Path } from "#machinery/field-error.ts";
import { qualifiedName } from "#machinery/names.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import type { Problems } from "#machinery/validation/problems.ts";
import type { MatchCondition } from "./matching.ts";
import type { Variable } from "./policy-parameters.ts";

/** The rules for CEL expressions in webhooks and policies. */

type ResultKind = keyof typeof expressionResults;

const conditionsMax = 64;

/** One expression; blank ones are the caller's matter. */
export function validateExpression(
  problems: Problems,
  at: Path,
  expression: string,
  kind: ResultKind,
  variables: AdmissionVariables,
): void {
  const mistake = expressionProblem(
    expression,
    admissionEnvironment(variables),
    expressionResults[kind],
  );
  if (mistake !== undefined) problems.invalid(at, expression, mistake);
}

export function validateMatchConditions(
  problems: Problems,
  at: Path,
  conditions: readonly DeepReadonly<MatchCondition>[],
  hasParams: boolean,
): void {
  if (conditions.length > conditionsMax) {
    problems.tooMany(at, conditions.length, conditionsMax);
  }
  const seen = new Set<string>();
  for (const [i, { expression, name }] of conditions.entries()) {
    const place = at.index(i);
    const expressionAt = place.child("expression");
    if (expression.trim() === "") problems.required(expressionAt);
    else {
      const variables = hasParams ? { params: dyn } : {};
      validateExpression(problems, expressionAt, expression.trim(), "condition", variables);
    }
    problems.name(place.child("name"), name, qualifiedName);
    if (name !== "" && seen.has(name)) problems.duplicate(place.child("name"), name);
    seen.add(name);
  }
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved = new Set([
  "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function",
  "if", "import", "let", "loop", "package", "namespace", "return", "var", "void", "while",
]); // prettier-ignore

/** The composed variables, each of which may use the ones before it. Returns their types. */
export function validateVariables(
  problems: Problems,
  at: Path,
  variables: readonly DeepReadonly<Variable>[],
  options: AdmissionVariables,
): ReadonlyMap<string, CelType> {
  const types = new Map<string, CelType>();
  for (const [i, { expression, name }] of variables.entries()) {
    const place = at.index(i);
    const nameAt = place.child("name");
    if (name.trim() === "") problems.required(nameAt, "name is not specified");
    else if (!identifier.test(name) || reserved.has(name)) {
      problems.invalid(nameAt, name, "name is not a valid CEL identifier");
    }
    const expressionAt = place.child("expression");
    if (expression.trim() === "") problems.required(expressionAt, "expression is not specified");
    else {
      const env = admissionEnvironment({ ...options, variables: types });
      const mistake = expressionProblem(expression, env, []);
      if (mistake !== undefined) problems.invalid(expressionAt, expression, mistake);
      types.set(name, mistake === undefined ? compileCel(expression, env).type : dyn);
    }
  }
  return types;
}
