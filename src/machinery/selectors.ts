import { badRequest } from "./errors.ts";
import { labelValue, qualifiedName } from "./names.ts";

/**
 * Label and field selectors: parsed from a query's text or a LabelSelector object, compiled into
 * matchers. Two selectors with the same `toString()` match the same objects.
 */

export type LabelOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | "gt" | "lt";

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted; one value for `=`, `==`, `!=`, `gt` and `lt`, none for `exists` and `!`. */
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>> | null | undefined;

/** A compiled label selector. */
export class LabelQuery {
  readonly requirements: readonly LabelRequirement[];
  readonly #nothing: boolean;
  #text: string | undefined;

  constructor(requirements: readonly LabelRequirement[], nothing = false) {
    this.requirements = requirements.toSorted((left, right) => compare(left.key, right.key));
    this.#nothing = nothing;
  }

  /** Whether everything matches. */
  get empty(): boolean {
    return this.requirements.length === 0 && !this.#nothing;
  }

  matches(labels: Labels): boolean {
    if (this.#nothing) return false;
    for (const requirement of this.requirements) {
      if (!meets(labels, requirement)) return false;
    }
    return true;
  }

  /** The canonical text. */
  toString(): string {
    this.#text ??= this.requirements.map(requirementText).join(",");
    return this.#text;
  }
}

export const matchEverything: LabelQuery = new LabelQuery([]);
export const matchNothing: LabelQuery = new LabelQuery([], true);

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function meets(labels: Labels, { key, operator, values }: LabelRequirement): boolean {
  const value = labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case "gt":
    case "lt": {
      if (value === undefined || !isInteger(value)) return false;
      const [have, want] = [BigInt(value), BigInt(values[0] as string)];
      return operator === "gt" ? have > want : have < want;
    }
  }
}

function isInteger(text: string): boolean {
  return /^[+-]?\d{1,19}$/.test(text) && !text.startsWith("+");
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0]}`;
    case "lt":
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}

/** Throws 400 with upstream's text when key, operator and values do not go together. */
export function labelRequirement(
  key: string,
  operator: LabelOperator,
  values: readonly string[],
): LabelRequirement {
  const problems: string[] = [];
  const keyErrors = qualifiedName(key);
  if (keyErrors.length > 0) problems.push(invalidText("key", key, keyErrors.join("; ")));
  problems.push(...countProblems(operator, values));
  for (const [at, value] of values.entries()) {
    const errors = labelValue(value);
    if (errors.length > 0) {
      problems.push(invalidText(`values[${at}][${key}]`, value, errors.join("; ")));
    }
  }
  if (problems.length > 0) throw badRequest(aggregate(problems));
  return { key, operator, values: [...new Set(values)].toSorted(compare) };
}

function invalidText(field: string, value: unknown, detail: string): string {
  return `${field}: Invalid value: ${JSON.stringify(value)}: ${detail}`;
}

function aggregate(problems: readonly string[]): string {
  return problems.length === 1 ? (problems[0] as string) : `[${problems.join(", ")}]`;
}

function countProblems(operator: LabelOperator, values: readonly string[]): string[] {
  const wrong = (detail: string) => [invalidText("values", values, detail)];
  switch (operator) {
    case "in":
    case "notin":
      return values.length > 0
        ? []
        : wrong("for 'in', 'notin' operators, values set can't be empty");
    case "=":
    case "==":
    case "!=":
      return values.length === 1
        ? []
        : wrong("exact-match compatibility requires one single value");
    case "exists":
    case "!":
      return values.length === 0
        ? []
        : wrong("values set must be empty for exists and does not exist");
    case "gt":
    case "lt": {
      if (values.length !== 1) {
        return wrong("for 'Gt', 'Lt' operators, exactly one value is required");
      }
      const [value = ""] = values;
      const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
      return isInteger(value) ? [] : [invalidText("values[0]", value, detail)];
    }
  }
}

/** A `LabelSelector` as API objects hold it. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?:
    | readonly {
        readonly key: string;
        readonly operator: string;
        readonly values?: readonly string[] | null | undefined;
      }[]
    | undefined;
}

const objectOperators: Readonly<Record<string, LabelOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * The matcher of a LabelSelector object: none matches nothing, an empty one everything.
 * Throws 400 for what is no valid selector.
 */
export function labelQuery(selector: LabelSelectorObject | null | undefined): LabelQuery {
  if (!selector) return matchNothing;
  const requirements = Object.entries(selector.matchLabels ?? {}).map(([key, value]) =>
    labelRequirement(key, "=", [value]),
  );
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = objectOperators[operator];
    if (known === undefined) {
      throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
    }
    requirements.push(labelRequirement(key, known, values ?? []));
  }
  return requirements.length === 0 ? matchEverything : new LabelQuery(requirements);
}

/** The matcher of a plain map, as a Service or ReplicationController has it. */
export function labelSetQuery(labels: Labels): LabelQuery {
  const requirements = Object.entries(labels ?? {}).map(([key, value]) => ({
    key,
    operator: "=" as const,
    values: [value],
  }));
  return requirements.length === 0 ? matchEverything : new LabelQuery(requirements);
}

/** Whether an object's labels match. */
export type LabelMatcher = (labels: Labels) => boolean;

/** `labelQuery(selector).matches`, for who asks no more than that. */
export function compileLabelSelector(
  selector: LabelSelectorObject | null | undefined,
): LabelMatcher {
  const query = labelQuery(selector);
  return (labels) => query.matches(labels);
}
