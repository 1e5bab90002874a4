import type { FieldError } from "../field-error.ts";
import type { KubeObject } from "../meta.ts";
import { nameIsPathSegment } from "../names.ts";
import type { Resource } from "../resource.ts";
import type { Strategy, StrategyContext } from "../strategy.ts";
import { validateObjectMeta, validateObjectMetaUpdate } from "./object-meta.ts";

/**
 * Everything that is wrong with a write, in upstream's order. This is what the API server calls:
 * a strategy's `validate…` checks metadata by the kind's own rules (not all kinds do, and some do
 * twice), and what passes is checked by the rules that hold for all.
 */

type Kind = Pick<Resource, "namespaced">;

/** The errors of a new object. */
export function createErrors<T extends KubeObject>(
  strategy: Strategy<T>,
  { namespaced }: Kind,
  object: T,
  context: StrategyContext,
): FieldError[] {
  const errors = strategy.validate?.(object, context) ?? [];
  if (errors.length > 0) return errors;
  return validateObjectMeta(object.metadata, { namespaced, validateName: nameIsPathSegment });
}

/** The errors of an update of the object itself, or of its `subresource`. */
export function updateErrors<T extends KubeObject>(
  strategy: Strategy<T>,
  object: T,
  old: T,
  context: StrategyContext,
  subresource?: string,
): FieldError[] {
  const errors = validateObjectMetaUpdate(object.metadata, old.metadata);
  const rules = subresource === undefined ? strategy : strategy.subresources?.[subresource];
  return [...errors, ...(rules?.validateUpdate?.(object, old, context) ?? [])];
}
