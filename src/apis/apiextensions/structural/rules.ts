import { celLimits } from "#machinery/cel/cel.ts";
import { fromJson } from "#machinery/cel/json-values.ts";
import type { CelType } from "#machinery/cel/types.ts";
import { CelCostError, CelError, CelOptional, type CelValue } from "#machinery/cel/values.ts";
import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  omittedValue,
  required,
} from "#machinery/field-error.ts";
import { equalJson, isObject } from "#machinery/patch/json-value.ts";
import type { JSONSchemaProps, ValidationRule } from "../json-schema-props.ts";
import { type CompiledRule, rulesOf } from "./compiled-rules.ts";
import { childOf, fieldAt } from "./places.ts";
import { additionalOf, isEmbedded, itemsOf, propertyOf, remembered, someSchema } from "./schema.ts";
import { correlatedItems, type Replaced } from "./values.ts";

/**
 * The rules of custom resources in CEL, evaluated from the root down until the budget of an object
 * is spent.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
 */

/** Whether a schema has rules at all. */
export const hasRules = remembered((schema) =>
  someSchema(schema, (each) => (each["x-kubernetes-validations"]?.length ?? 0) > 0),
);

export interface RuleOptions {
  /** What the object replaces, for transition rules. */
  readonly replaced?: Replaced | undefined;
}

/** What the rules of a schema (`x-kubernetes-validations`) say of an object. */
export function ruleErrors(
  object: unknown,
  schema: JSONSchemaProps,
  { replaced }: RuleOptions = {},
): FieldError[] {
  if (!hasRules(schema)) return [];
  const run = new RuleRun();
  const isUnchanged = replaced !== undefined && equalJson(replaced.old, object);
  run.visit(object, schema, { at: "", replaced, isUnchanged, isResource: true });
  return run.errors;
}

/** Where a value lies, and what it was before. */
interface Place {
  readonly at: string;
  readonly replaced: Replaced | undefined;
  /** The value, or the nearest around it whose old value is known, is what it was. */
  readonly isUnchanged: boolean;
  readonly isResource: boolean;
}

/** A message expression that ended the evaluation. */
class BudgetError extends Error {
  override name = "BudgetError";
}

const outOfBudget =
  "validation failed due to running out of cost budget, no further validation rules will be run";

class RuleRun {
  readonly errors: FieldError[] = [];
  #budget: number = celLimits.budgetMax;
  #isOver = false;

  visit(value: unknown, schema: JSONSchemaProps, place: Place): void {
    if (this.#isOver || value === null || value === undefined || !hasRules(schema)) return;
    this.#evaluate(value, schema, place);
    if (Array.isArray(value)) this.#visitItems(value, schema, place);
    else if (isObject(value)) this.#visitFields(value, schema, place);
  }

  #visitItems(items: readonly unknown[], schema: JSONSchemaProps, place: Place): void {
    const itemSchema = itemsOf(schema);
    if (!itemSchema) return;
    const { replaced } = place;
    const before = replaced && correlatedItems(schema, replaced.old);
    for (const [i, item] of items.entries()) {
      this.visit(
        item,
        itemSchema,
        inside(place, `${place.at}[${i}]`, item, before?.(item), itemSchema),
      );
    }
  }

  #visitFields(value: object, schema: JSONSchemaProps, place: Place): void {
    const old = place.replaced?.old;
    const additional = additionalOf(schema);
    for (const [name, inner] of Object.entries(value)) {
      const property = propertyOf(schema, name);
      const known = property ?? additional;
      if (!known) continue;
      const replaced = isObject(old)
        ? { old: Object.hasOwn(old, name) ? old[name] : undefined }
        : undefined;
      const at = property ? childOf(place.at, name) : `${place.at}[${name}]`;
      this.visit(inner, known, inside(place, at, inner, replaced, known));
    }
  }

  #evaluate(value: unknown, schema: JSONSchemaProps, place: Place): void {
    const set = rulesOf(schema, place.isResource);
    if (!set) return;
    const field = fieldAt(place.at);
    const { type = "" } = schema;
    for (const each of set.rules) {
      if (this.#isOver) return;
      if (this.#budget <= 0) return this.#end(invalid(field, type, outOfBudget));
      if (each.error !== undefined) {
        this.errors.push(invalid(field, type, `rule compile error: ${each.error}`));
      } else if (each.program) this.#evaluateRule(each, value, schema, set.type, place);
    }
  }

  #end(error: FieldError): void {
    this.errors.push(error);
    this.#isOver = true;
  }

  #evaluateRule(
    compiled: CompiledRule,
    value: unknown,
    schema: JSONSchemaProps,
    type: CelType,
    place: Place,
  ): void {
    const { rule, usesOldSelf } = compiled;
    const old = place.replaced?.old ?? undefined;
    if (usesOldSelf && old === undefined && rule.optionalOldSelf !== true) return;
    const variables = (name: string): CelValue => {
      if (name === "self") return fromJson(value, type);
      if (rule.optionalOldSelf !== true) return fromJson(old, type);
      return old === undefined ? CelOptional.none : new CelOptional(fromJson(old, type));
    };
    const field = fieldAt(place.at);
    const kind = schema.type ?? "";
    try {
      const { value: result, cost } = compiled.program!.evaluate(variables);
      if (cost > this.#budget) return this.#end(invalid(field, kind, outOfBudget));
      this.#budget -= cost;
      if (result === true) return;
    } catch (error) {
      return this.#fail(error, rule, field, kind);
    }
    // An unchanged value may stay as it is, but not if the rule is about how it may change.
    const isForgiven = !usesOldSelf && place.isUnchanged;
    const at = compiled.field === "" ? field : fieldAt(childOf(place.at, compiled.field));
    try {
      const detail = this.#message(compiled, variables) ?? messageOf(rule);
      const isLarge = schema.type === "object" || schema.type === "array";
      if (!isForgiven) this.errors.push(errorFor(rule, at, isLarge ? omittedValue : value, detail));
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error;
      if (!isForgiven) this.errors.push(invalid(at, kind, error.message));
      this.#isOver = true;
    }
  }

  #fail(error: unknown, rule: ValidationRule, field: string, kind: string): void {
    const text = textOf(rule);
    if (error instanceof CelCostError) {
      const why = "operation cancelled: actual cost limit exceeded";
      const what = `'${why}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`;
      return this.#end(invalid(field, kind, what));
    }
    if (!(error instanceof CelError)) throw error;
    const { message } = error;
    const what = message.startsWith("no such overload")
      ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`
      : `${message} evaluating rule: ${text}`;
    this.errors.push(invalid(field, kind, what));
  }

  /** What the message expression says; undefined: it says nothing that can be used. */
  #message(
    { message, rule }: CompiledRule,
    variables: (name: string) => CelValue,
  ): string | undefined {
    if (!message) return undefined;
    const { messageExpression = "" } = rule;
    try {
      const { value, cost } = message.evaluate(variables);
      if (cost > this.#budget) {
        throw new BudgetError(
          "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run",
        );
      }
      this.#budget -= cost;
      const text = typeof value === "string" ? value.trim() : "";
      const isUsable =
        text !== "" && !text.includes("\n") && Buffer.byteLength(text) <= messageBytesMax;
      return isUsable ? text : undefined;
    } catch (error) {
      if (error instanceof CelCostError) {
        const what = JSON.stringify(messageExpression);
        throw new BudgetError(
          `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${what}`,
        );
      }
      if (error instanceof CelError) return undefined;
      throw error;
    }
  }
}

const messageBytesMax = 5 * 1024;

function inside(
  { isUnchanged, replaced: around }: Place,
  at: string,
  value: unknown,
  replaced: Replaced | undefined,
  schema: JSONSchemaProps,
): Place {
  return {
    at,
    replaced,
    isUnchanged:
      isUnchanged ||
      (around !== undefined && replaced !== undefined && equalJson(replaced.old, value)),
    isResource: isEmbedded(schema),
  };
}

function errorFor(rule: ValidationRule, at: string, value: unknown, detail: string): FieldError {
  switch (rule.reason) {
    case "FieldValueForbidden":
      return forbiddenField(at, detail);
    case "FieldValueRequired":
      return required(at, detail);
    case "FieldValueDuplicate":
      return duplicate(at, value);
    default:
      return invalid(at, value, detail);
  }
}

function messageOf(rule: ValidationRule): string {
  return rule.message ? rule.message.trim() : `failed rule: ${textOf(rule)}`;
}

function textOf({ message, rule }: ValidationRule): string {
  return (message || rule).trim();
}
