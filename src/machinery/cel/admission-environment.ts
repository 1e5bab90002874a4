import { type CelProgram, compileCel } from "./cel.ts";
import { celEnvironment, type CelEnvironment } from "./environment.ts";
import { authorizerType, resourceCheckType } from "./library/authorizer.ts";
import { kubernetesLibraries, mutationLibraries } from "./library/kubernetes.ts";
import { CelCompileError } from "./source-errors.ts";
import {
  bool,
  type CelType,
  dyn,
  int,
  listOf,
  mapOf,
  nullType,
  type ObjectType,
  objectType,
  string,
  timestamp,
} from "./types.ts";

/**
 * What expressions in admission policies and webhooks may refer to.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression
 */

const kindType = objectType("kubernetes.GroupVersionKind", {
  group: string,
  version: string,
  kind: string,
});
const resourceType = objectType("kubernetes.GroupVersionResource", {
  group: string,
  version: string,
  resource: string,
});
const userInfoType = objectType("kubernetes.UserInfo", {
  username: string,
  uid: string,
  groups: listOf(string),
  extra: mapOf(string, listOf(string)),
});

/** The variable `request`. */
export const requestType: ObjectType = objectType("kubernetes.AdmissionRequest", {
  kind: kindType,
  resource: resourceType,
  subResource: string,
  requestKind: kindType,
  requestResource: resourceType,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: userInfoType,
  dryRun: bool,
  options: dyn,
});

const conditionType = objectType("kubernetes.NamespaceCondition", {
  type: string,
  status: string,
  lastTransitionTime: timestamp,
  reason: string,
  message: string,
});

/** The variable `namespaceObject`: not all of a Namespace is shown. */
export const namespaceType: ObjectType = objectType("kubernetes.Namespace", {
  metadata: objectType("kubernetes.NamespaceMetadata", {
    name: string,
    generateName: string,
    namespace: string,
    labels: mapOf(string, string),
    annotations: mapOf(string, string),
    UID: string,
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: timestamp,
    generation: int,
    resourceVersion: string,
    finalizers: listOf(string),
  }),
  spec: objectType("kubernetes.NamespaceSpec", { finalizers: listOf(string) }),
  status: objectType("kubernetes.NamespaceStatus", {
    conditions: listOf(conditionType),
    phase: string,
  }),
});

/** What differs between the places where expressions stand. */
export interface AdmissionVariables {
  /** The type of `object` and `oldObject`; dyn unless types are to be checked. */
  readonly object?: CelType;
  /** The type of `params`; undefined: there is no such variable. */
  readonly params?: CelType | undefined;
  /** Webhooks have no `namespaceObject`; default true. */
  readonly hasNamespace?: boolean;
  /** The composed variables by name. */
  readonly variables?: ReadonlyMap<string, CelType>;
  /** Expressions that make `Object` and `JSONPatch` values. */
  readonly mutates?: boolean;
}

/** The environment of an expression in an admission policy or webhook. */
export function admissionEnvironment(options: AdmissionVariables = {}): CelEnvironment {
  const { object = dyn, params, hasNamespace = true, variables, mutates = false } = options;
  return celEnvironment({
    libraries: mutates ? mutationLibraries : kubernetesLibraries,
    variables: {
      object,
      oldObject: object,
      request: requestType,
      authorizer: authorizerType,
      "authorizer.requestResource": resourceCheckType,
      ...(hasNamespace ? { namespaceObject: namespaceType } : {}),
      ...(params ? { params } : {}),
      ...(variables ? { variables: variablesType(variables) } : {}),
    },
    ...(mutates ? { constructible: mutationType } : {}),
  });
}

function variablesType(variables: ReadonlyMap<string, CelType>): ObjectType {
  return {
    kind: "object",
    name: "kubernetes.variables",
    field(name) {
      const type = variables.get(name);
      return type && { type };
    },
  };
}

/** The result of a mutation that changes single fields. */
export const jsonPatchType: ObjectType = objectType("JSONPatch", {
  op: string,
  path: string,
  from: string,
  value: dyn,
});

/** The root of a mutation that describes fields, and what lies below it: any field is allowed. */
export function appliedType(name: string): ObjectType {
  return { kind: "object", name, field: () => ({ type: dyn }) };
}

function mutationType(name: string): ObjectType | undefined {
  if (name === "JSONPatch") return jsonPatchType;
  return name === "Object" || name.startsWith("Object.") ? appliedType(name) : undefined;
}

/** What is wrong with an expression, as upstream words it; undefined: nothing. */
export function expressionProblem(
  expression: string,
  env: CelEnvironment,
  wanted: readonly CelType[],
): string | undefined {
  try {
    compileCel(expression, env, wanted);
    return undefined;
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return error.issues.length === 0 ? error.message : `compilation failed: ${error.message}`;
  }
}

/** The composed variables of a policy in order: each may refer to the ones before it. */
export function compileVariables(
  variables: readonly { readonly name: string; readonly expression: string }[],
  options: AdmissionVariables,
): { programs: ReadonlyMap<string, CelProgram>; types: ReadonlyMap<string, CelType> } {
  const programs = new Map<string, CelProgram>();
  const types = new Map<string, CelType>();
  for (const { name, expression } of variables) {
    const program = compileCel(expression, admissionEnvironment({ ...options, variables: types }));
    programs.set(name, program);
    types.set(name, program.type);
  }
  return { programs, types };
}

/** What expressions may evaluate to, by where they stand. */
export const expressionResults = {
  condition: [bool],
  validation: [bool],
  message: [{ kind: "string" }],
  auditValue: [{ kind: "string" }, nullType],
  jsonPatch: [listOf(jsonPatchType)],
  applyConfiguration: [appliedType("Object")],
} as const satisfies Readonly<Record<string, readonly CelType[]>>;
