import type { FieldError, Path } from "#machinery/field-error.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";

/** How expensive the rules of a definition are together, and how often each can be evaluated. */
export class RuleBudget {
  constructor(_root: JSONSchemaProps) {}

  inValues(_schema: JSONSchemaProps, _values: JSONSchemaProps): RuleBudget {
    return this;
  }
  inProperty(_schema: JSONSchemaProps, _property: JSONSchemaProps, _name: string): RuleBudget {
    return this;
  }
  /** Errors of the rules of the whole schema, which lies at `at`. */
  totalErrors(_at: Path): FieldError[] {
    return [];
  }
}

/** What is wrong with the expressions of the rules at one place. */
export function ruleDefinitionErrors(
  _schema: JSONSchemaProps,
  _at: Path,
  _budget: RuleBudget,
  _options: {
    readonly uncorrelated: Path | undefined;
    readonly anyCost: boolean;
    readonly isRoot: boolean;
  },
): FieldError[] {
  return [];
}
