import type {
  MutatingAdmissionPolicy,
  Mutation,
} from "#apis/admissionregistration/mutating-admission-policy.ts";
import type { ValidatingAdmissionPolicy } from "#apis/admissionregistration/validating-admission-policy.ts";
import {
  admissionEnvironment,
  type AdmissionVariables,
  compileVariables,
  expressionResults,
} from "#machinery/cel/admission-environment.ts";
import { type CelProgram, compileCel } from "#machinery/cel/cel.ts";
import type { CelEnvironment } from "#machinery/cel/environment.ts";
import { dyn } from "#machinery/cel/types.ts";
import { CelCompileError } from "#machinery/cel/source-errors.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { compileConditions, type Condition } from "../cel-context.ts";
import { type Criteria, criteriaOf } from "../matching.ts";

/** What both sorts of policies have. */
export interface CompiledPolicy<S> {
  readonly name: string;
  readonly source: S;
  readonly ignoresFailures: boolean;
  readonly criteria: Criteria;
  readonly conditions: readonly Condition[];
  readonly variables: ReadonlyMap<string, CelProgram>;
  /** Why the policy cannot be evaluated at all. */
  readonly broken: string | undefined;
}

export interface CompiledValidation {
  readonly program: CelProgram;
  readonly messageProgram: CelProgram | undefined;
  readonly message: string;
  readonly reason: string | undefined;
}

export interface ValidatingPolicy extends CompiledPolicy<DeepReadonly<ValidatingAdmissionPolicy>> {
  readonly validations: readonly CompiledValidation[];
  readonly auditAnnotations: readonly { readonly key: string; readonly program: CelProgram }[];
}

export interface MutatingPolicy extends CompiledPolicy<DeepReadonly<MutatingAdmissionPolicy>> {
  readonly mutations: readonly {
    readonly patchType: Mutation["patchType"];
    readonly program: CelProgram;
  }[];
  readonly reinvokes: boolean;
}

type Source = DeepReadonly<ValidatingAdmissionPolicy | MutatingAdmissionPolicy>;

interface Common {
  readonly conditions: readonly Condition[];
  readonly variables: ReadonlyMap<string, CelProgram>;
  readonly env: CelEnvironment;
}

function compileCommon({ spec }: Source, mutates: boolean): Common {
  const options: AdmissionVariables = { params: spec.paramKind ? dyn : undefined, mutates };
  const conditions = compileConditions(spec.matchConditions, admissionEnvironment(options));
  const { programs, types } = compileVariables(spec.variables ?? [], options);
  return {
    conditions,
    variables: programs,
    env: admissionEnvironment({ ...options, variables: types }),
  };
}

function header<S extends Source>(source: S) {
  return {
    name: source.metadata.name,
    source,
    ignoresFailures: source.spec.failurePolicy === "Ignore",
    criteria: criteriaOf(source.spec.matchConstraints ?? {}),
  };
}

const nothing = { conditions: [], variables: new Map<string, CelProgram>() };

export function compileValidatingPolicy(
  source: DeepReadonly<ValidatingAdmissionPolicy>,
): ValidatingPolicy {
  try {
    const { env, ...common } = compileCommon(source, false);
    const { validations, auditAnnotations } = source.spec;
    return {
      ...header(source),
      ...common,
      broken: undefined,
      validations: (validations ?? []).map((one) => ({
        program: compileCel(one.expression, env, expressionResults.validation),
        messageProgram: one.messageExpression
          ? compileCel(one.messageExpression, env, expressionResults.message)
          : undefined,
        message: one.message?.trim() || `failed expression: ${one.expression.trim()}`,
        reason: one.reason,
      })),
      auditAnnotations: (auditAnnotations ?? []).map(({ key, valueExpression }) => ({
        key,
        program: compileCel(valueExpression, env, expressionResults.auditValue),
      })),
    };
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    const none = { validations: [], auditAnnotations: [] };
    return { ...header(source), ...nothing, ...none, broken: error.message };
  }
}

export function compileMutatingPolicy(
  source: DeepReadonly<MutatingAdmissionPolicy>,
): MutatingPolicy {
  const reinvokes = source.spec.reinvocationPolicy === "IfNeeded";
  try {
    const { env, ...common } = compileCommon(source, true);
    const mutations = (source.spec.mutations ?? []).map(
      ({ patchType, applyConfiguration, jsonPatch }) => {
        const isPatch = patchType === "JSONPatch";
        const expression = (isPatch ? jsonPatch : applyConfiguration)?.expression ?? "";
        const wanted = isPatch ? expressionResults.jsonPatch : expressionResults.applyConfiguration;
        return { patchType, program: compileCel(expression, env, wanted) };
      },
    );
    return { ...header(source), ...common, broken: undefined, mutations, reinvokes };
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return { ...header(source), ...nothing, mutations: [], reinvokes, broken: error.message };
  }
}
