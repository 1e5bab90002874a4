import {
  admissionEnvironment,
  type AdmissionVariables,
} from "#machinery/cel/admission-environment.ts";
import { compileCel } from "#machinery/cel/cel.ts";
import { CelCompileError } from "#machinery/cel/source-errors.ts";
import { type CelType, dyn } from "#machinery/cel/types.ts";
import type { DeepReadonly } from "#machinery/readonly.ts";
import { apiVersionOf, type GroupVersionKind } from "#machinery/resource.ts";
import type {
  ExpressionWarning,
  ValidatingAdmissionPolicy,
} from "./validating-admission-policy.ts";

/**
 * What is likely wrong with a policy's expressions, found by the types of the objects that its
 * rules name. Only warnings: expressions work on any object.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
 */

/** A kind that rules or parameters name, and what its objects look like. */
export interface CheckedKind {
  readonly gvk: GroupVersionKind;
  readonly type: CelType;
}

/** Finds kinds by what rules say; undefined for what is not served or has no known type. */
export interface KindTypes {
  ofResource(group: string, version: string, resource: string): CheckedKind | undefined;
  ofKind(apiVersion: string, kind: string): CheckedKind | undefined;
}

/** More kinds than these are not looked at, as upstream does it. */
const kindsMax = 10;

type Policy = DeepReadonly<ValidatingAdmissionPolicy>;

/** The warnings for a policy's status. Pure. */
export function typeCheckPolicy({ spec }: Policy, types: KindTypes): ExpressionWarning[] {
  const { paramKind } = spec;
  const params = paramKind
    ? (types.ofKind(paramKind.apiVersion ?? "", paramKind.kind ?? "")?.type ?? dyn)
    : undefined;
  const environments = kindsOf(spec.matchConstraints, types).map((kind) => ({
    kind,
    env: environmentFor(spec, { object: kind.type, params }),
  }));
  const check = (expression: string): string =>
    environments
      .flatMap(({ kind, env }) => {
        const problem = problemWith(expression, env);
        return problem === undefined ? [] : [`${shown(kind.gvk)}: ${problem}\n`];
      })
      .join("\n");
  const warnings: ExpressionWarning[] = [];
  for (const [i, { expression, messageExpression }] of (spec.validations ?? []).entries()) {
    const at = `spec.validations[${i}]`;
    const warning = check(expression);
    if (warning !== "") warnings.push({ fieldRef: `${at}.expression`, warning });
    const ofMessage = messageExpression ? check(messageExpression) : "";
    if (ofMessage !== "")
      warnings.push({ fieldRef: `${at}.messageExpression`, warning: ofMessage });
  }
  return warnings;
}

/** `apps/v1, Kind=Deployment`. */
function shown(gvk: GroupVersionKind): string {
  return `${apiVersionOf(gvk)}, Kind=${gvk.kind}`;
}

/** The kinds that the rules name one by one; what has a `*` in it could be anything. */
function kindsOf(match: Policy["spec"]["matchConstraints"], types: KindTypes): CheckedKind[] {
  const found = new Map<string, CheckedKind>();
  for (const { apiGroups, apiVersions, resources } of match?.resourceRules ?? []) {
    const lists = [apiGroups ?? [], apiVersions ?? [], resources ?? []];
    if (lists.some((list) => list.some((one) => one.includes("*")))) continue;
    for (const group of apiGroups ?? []) {
      for (const version of apiVersions ?? []) {
        for (const resource of resources ?? []) {
          const kind = types.ofResource(group, version, resource);
          if (kind) found.set(shown(kind.gvk), kind);
        }
      }
    }
  }
  return [...found.keys()]
    .toSorted()
    .slice(0, kindsMax)
    .map((key) => found.get(key)!);
}

type Environment = ReturnType<typeof admissionEnvironment>;

/** Variables that do not fit the kind have no known type. */
function environmentFor(spec: Policy["spec"], options: AdmissionVariables): Environment {
  const variables = new Map<string, CelType>();
  for (const variable of spec.variables ?? []) {
    let type: CelType = dyn;
    try {
      const known = { ...options, variables };
      type = compileCel(variable.expression, admissionEnvironment(known)).type;
    } catch (error) {
      if (!(error instanceof CelCompileError)) throw error;
    }
    variables.set(variable.name, type);
  }
  return admissionEnvironment({ ...options, variables });
}

function problemWith(expression: string, env: Environment): string | undefined {
  try {
    compileCel(expression, env);
    return undefined;
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
}
