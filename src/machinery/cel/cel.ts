import { check, type CheckedExpr } from "./check.ts";
import { estimateCost } from "./cost-estimate.ts";
import type { CelEnvironment } from "./environment.ts";
import { compileExpr, type Frame } from "./evaluate.ts";
import type { Range } from "./library/library.ts";
import { parse } from "./parser.ts";
import { CelCompileError } from "./source-errors.ts";
import { type CelType, showType } from "./types.ts";
import { Substitution } from "./unify.ts";
import { CelError, type CelValue } from "./values.ts";

/**
 * CEL as Kubernetes uses it: parsed, type-checked, with an estimate of its cost, and evaluated
 * under a limit in linear-time steps. For admission and for the rules of custom resources.
 * https://kubernetes.io/docs/reference/using-api/cel/
 */

/** In upstream's units of cost, about 50 ns each. */
export const celLimits = {
  /** One evaluation of one expression. */
  evaluationCostMax: 1_000_000,
  /** All expressions of one policy, or one rule for one object. */
  budgetMax: 10_000_000,
  /** All match conditions of one webhook or policy. */
  matchConditionsBudgetMax: 2_500_000,
  /** What one rule of a custom resource may be estimated to cost, and all of them. */
  ruleEstimateMax: 10_000_000,
  schemaEstimateMax: 100_000_000,
} as const;

/** Where the values of variables come from; asked at most when they are needed. */
export type Variables = (name: string) => CelValue;

export interface Evaluation {
  readonly value: CelValue;
  /** What it cost, to be taken from a budget. */
  readonly cost: number;
}

/** A compiled expression. */
export interface CelProgram {
  readonly source: string;
  readonly type: CelType;
  /** What it can cost, from the sizes that types give. */
  estimate(): Range;
  /** Which of the environment's variables it mentions. */
  uses(variable: string): boolean;
  /**
   * Throws CelError when it fails, and CelCostError (which no expression can catch) when it costs
   * more than `costMax`.
   */
  evaluate(variables: Variables, costMax?: number): Evaluation;
}

/**
 * Compiles an expression. Throws CelCompileError when it is no CEL, when its types do not fit, or
 * when its result is none of the types `wanted`.
 */
export function compileCel(
  source: string,
  env: CelEnvironment,
  wanted: readonly CelType[] = [],
): CelProgram {
  const { checked, run } = compileChecked(source, env, wanted);
  return {
    source,
    type: checked.type,
    estimate: () => estimateCost(checked),
    uses: (variable) => checked.variables.has(variable),
    evaluate(variables, costMax = celLimits.evaluationCostMax) {
      const frame: Frame = { variable: variables, locals: [], cost: 0, costMax };
      try {
        const value = run(frame);
        return { value, cost: frame.cost };
      } catch (error) {
        // Deep data can exhaust the stack: that is the expression's failure, not the server's.
        if (error instanceof RangeError) throw new CelError(error.message);
        throw error;
      }
    },
  };
}

function compileChecked(source: string, env: CelEnvironment, wanted: readonly CelType[]) {
  try {
    const checked = check(source, parse(source), env);
    checkResult(source, checked, wanted);
    return { checked, run: compileExpr(checked) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // A chain of many thousand operators exhausts the stack.
    throw new CelCompileError(source, [{ at: 0, message: "expression recursion limit exceeded" }]);
  }
}

function checkResult(source: string, { type }: CheckedExpr, wanted: readonly CelType[]): void {
  const fits = wanted.length === 0 || wanted.some((one) => new Substitution().assign(one, type));
  if (fits) return;
  const [first] = wanted;
  const names = wanted.map(showType);
  const message =
    names.length === 1
      ? `must evaluate to ${showType(first!)}`
      : `must evaluate to one of ${names.join(", ")}`;
  throw new ResultTypeError(source, message);
}

/** The expression is fine, but its result has the wrong type. */
export class ResultTypeError extends CelCompileError {
  override readonly message: string;
  constructor(source: string, message: string) {
    super(source, []);
    this.message = message;
  }
}
