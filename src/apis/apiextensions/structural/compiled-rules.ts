import { type CelProgram, compileCel } from "#machinery/cel/cel.ts";
import { celEnvironment } from "#machinery/cel/environment.ts";
import { typeOfJsonSchema } from "#machinery/cel/json-schema-types.ts";
import { kubernetesLibraries } from "#machinery/cel/library/kubernetes.ts";
import { CelCompileError } from "#machinery/cel/source-errors.ts";
import { bool, type CelType, optionalOf, string } from "#machinery/cel/types.ts";
import type { JSONSchemaProps, ValidationRule } from "../json-schema-props.ts";
import { findFieldPath } from "./field-path.ts";

/** A rule (`x-kubernetes-validations`) whose expressions have been compiled. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Undefined for an empty rule and for one that does not compile. */
  readonly program: CelProgram | undefined;
  /** Why the rule does not compile. */
  readonly error: string | undefined;
  readonly message: CelProgram | undefined;
  readonly messageError: string | undefined;
  readonly usesOldSelf: boolean;
  /** Behind the place of the value: where errors are reported. "" is the value itself. */
  readonly field: string;
}

/** The rules at one place of a schema. */
export interface RuleSet {
  /** The type of `self`. */
  readonly type: CelType;
  readonly rules: readonly CompiledRule[];
}

const compiled = new WeakMap<JSONSchemaProps, RuleSet | null>();

/**
 * The rules of a schema, compiled once. Undefined: it has none, or is of values that expressions
 * cannot see. `isResource`: the schema is of a whole API object.
 */
export function rulesOf(schema: JSONSchemaProps, isResource: boolean): RuleSet | undefined {
  const rules = schema["x-kubernetes-validations"];
  if (!rules || rules.length === 0) return undefined;
  let found = compiled.get(schema);
  if (found === undefined) {
    const type = typeOfJsonSchema(schema, isResource);
    found = type ? { type, rules: rules.map((rule) => compileRule(rule, schema, type)) } : null;
    compiled.set(schema, found);
  }
  return found ?? undefined;
}

function compileRule(rule: ValidationRule, schema: JSONSchemaProps, type: CelType): CompiledRule {
  const { messageExpression = "", fieldPath } = rule;
  const oldSelf = rule.optionalOldSelf ? optionalOf(type) : type;
  const env = celEnvironment({
    libraries: kubernetesLibraries,
    variables: { self: type, oldSelf },
  });
  const main = attempt(rule.rule, env, bool, {
    compile: "compilation failed: ",
    type: "cel expression must evaluate to a bool",
  });
  const message = attempt(messageExpression, env, string, {
    compile: "messageExpression compilation failed: ",
    type: "messageExpression must evaluate to a string",
  });
  return {
    rule,
    program: main.program,
    error: main.error,
    message: message.program,
    messageError: message.error,
    usesOldSelf: main.program?.uses("oldSelf") ?? false,
    field: fieldPath ? placeOf(fieldPath, schema) : "",
  };
}

function attempt(
  source: string,
  env: ReturnType<typeof celEnvironment>,
  wanted: CelType,
  messages: { readonly compile: string; readonly type: string },
): { program?: CelProgram | undefined; error?: string | undefined } {
  if (source.trim() === "") return {};
  try {
    const program = compileCel(source, env);
    return program.type.kind === wanted.kind ? { program } : { error: messages.type };
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error;
    return { error: `${messages.compile}${error.message}` };
  }
}

function placeOf(fieldPath: string, schema: JSONSchemaProps): string {
  try {
    return findFieldPath(fieldPath, schema).text;
  } catch {
    return "";
  }
}
