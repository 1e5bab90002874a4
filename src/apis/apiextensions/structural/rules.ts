import type { FieldError } from "#machinery/field-error.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { remembered, someSchema } from "./schema.ts";
import type { Replaced } from "./values.ts";

export interface RuleOptions {
  /** What the object replaces, for transition rules. */
  readonly replaced: Replaced | undefined;
}

/** Whether a schema has rules at all. */
export const hasRules = remembered((schema) =>
  someSchema(schema, (each) => (each["x-kubernetes-validations"]?.length ?? 0) > 0),
);

/** What the rules of a schema (`x-kubernetes-validations`) say of an object. */
export function ruleErrors(
  _object: unknown,
  _schema: JSONSchemaProps,
  _options: RuleOptions,
): FieldError[] {
  return [];
}
