import { celLimits } from "#machinery/cel/cel.ts";
import { leastBytesOf, typeOfJsonSchema } from "#machinery/cel/json-schema-types.ts";
import { type FieldError, forbiddenField, invalid, type Path } from "#machinery/field-error.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { type CompiledRule, rulesOf } from "./compiled-rules.ts";
import { isEmbedded } from "./schema.ts";

interface Expensive {
  readonly at: Path;
  readonly cost: number;
}

/** What the rules of one schema are estimated to cost together. */
class TotalCost {
  total = 0;
  mostExpensive: Expensive[] = [];

  add(at: Path, cost: number): void {
    this.total += cost;
    if (cost < celLimits.schemaEstimateMax / 100) return;
    this.mostExpensive = [...this.mostExpensive, { at, cost }]
      .toSorted((a, b) => b.cost - a.cost)
      .slice(0, 4);
  }
}

/** How often the rules at a place can be evaluated, and what all rules cost together. */
export class RuleBudget {
  /** How many values of the place one object can have; Infinity: nothing bounds it. */
  readonly cardinality: number;
  readonly #total: TotalCost;

  constructor(_root: JSONSchemaProps, cardinality = 1, total = new TotalCost()) {
    this.cardinality = cardinality;
    this.#total = total;
  }

  /** For the items of a list, or the values of a map. */
  inValues(schema: JSONSchemaProps, values: JSONSchemaProps): RuleBudget {
    const { type, maxItems, maxProperties } = schema;
    const most = type === "array" ? maxItems : maxProperties;
    return new RuleBudget(values, this.#times(Math.max(most ?? Infinity, 0)), this.#total);
  }

  /** For a field of an object. */
  inProperty(schema: JSONSchemaProps, property: JSONSchemaProps, _name: string): RuleBudget {
    const isMap = schema.additionalProperties !== undefined;
    const most = isMap ? Math.max(schema.maxProperties ?? Infinity, 0) : 1;
    return new RuleBudget(property, this.#times(most), this.#total);
  }

  #times(most: number): number {
    return this.cardinality === 0 || most === 0 ? 0 : this.cardinality * most;
  }

  observe(at: Path, cost: number): void {
    this.#total.add(at, cost);
  }

  /** Errors of the rules of the whole schema, which lies at `at`. */
  totalErrors(at: Path): FieldError[] {
    const { total, mostExpensive } = this.#total;
    if (total <= celLimits.schemaEstimateMax) return [];
    const part =
      "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
    const what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    return [
      ...mostExpensive.map((each) => forbiddenField(each.at, part)),
      forbiddenField(at, tooExpensive(what, total, celLimits.schemaEstimateMax)),
    ];
  }
}

function tooExpensive(what: string, cost: number, limit: number): string {
  const times = cost / limit;
  const factor =
    times > 100 ? "more than 100x" : times < 1.5 ? `${times.toFixed(6)}x` : `${times.toFixed(1)}x`;
  return (
    `${what} exceeds budge by factor of ${factor} (try simplifying the rule, or adding maxItems, ` +
    "maxProperties, and maxLength where arrays, maps, and strings are declared)"
  );
}

export interface RuleChecks {
  /** The schema around whose values cannot be told apart over time. */
  readonly uncorrelated: Path | undefined;
  /** The rule was there before: it may cost what it costs. */
  readonly anyCost: boolean;
  readonly isRoot: boolean;
}

/** What is wrong with the expressions of the rules at one place. */
export function ruleDefinitionErrors(
  schema: JSONSchemaProps,
  schemaAt: Path,
  budget: RuleBudget,
  checks: RuleChecks,
): FieldError[] {
  const isResource = checks.isRoot || isEmbedded(schema);
  const at = schemaAt.child("x-kubernetes-validations");
  const set = rulesOf(schema, isResource);
  if (!set) {
    if (typeOfJsonSchema(schema, isResource)) return [];
    const why = "internal error: failed to retrieve type information for x-kubernetes-validations";
    return [{ type: "InternalError", field: String(at), detail: why }];
  }
  const times = Number.isFinite(budget.cardinality)
    ? budget.cardinality
    : mostValues(leastBytesOf(schema, isResource));
  return set.rules.flatMap((rule, i) => expressionErrors(rule, at.index(i), times, budget, checks));
}

const requestBytesMax = 3 * 1024 * 1024;

/** How many values of a size fit into a request, with commas between them. */
function mostValues(leastBytes: number): number {
  return Math.floor(requestBytesMax / (leastBytes + 1));
}

function expressionErrors(
  compiled: CompiledRule,
  at: Path,
  times: number,
  budget: RuleBudget,
  { anyCost, uncorrelated }: RuleChecks,
): FieldError[] {
  const { rule, program, error, message, messageError, usesOldSelf } = compiled;
  const errors: FieldError[] = [];
  const charge = (what: string, place: Path, cost: number): void => {
    if (!anyCost && cost > celLimits.ruleEstimateMax) {
      errors.push(forbiddenField(place, tooExpensive(what, cost, celLimits.ruleEstimateMax)));
    }
    budget.observe(place, cost);
  };
  const ruleAt = at.child("rule");
  const messageAt = at.child("messageExpression");
  const each = program?.estimate().max ?? 0;
  charge("estimated rule cost", ruleAt, each === 0 || times === 0 ? 0 : each * times);
  if (error !== undefined) errors.push(invalid(ruleAt, rule, error));
  if (messageError !== undefined) errors.push(invalid(messageAt, rule, messageError));
  else if (message) {
    charge("estimated messageExpression cost", messageAt, message.estimate().max);
  }
  if (usesOldSelf && uncorrelated) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated.toString()}`;
    errors.push(invalid(ruleAt, rule.rule, why));
  }
  if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
    const why = "may not be set if oldSelf is not used in rule";
    errors.push(invalid(at.child("optionalOldSelf"), rule.optionalOldSelf, why));
  }
  return errors;
}
