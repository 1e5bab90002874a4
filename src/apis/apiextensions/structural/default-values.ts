import { type FieldError, invalid, type Path } from "#machinery/field-error.ts";
import { cloneJson, equalJson } from "#machinery/patch/json-value.ts";
import { DecodeError } from "#machinery/schema/decode-error.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { pruned } from "./coerce.ts";
import { coerceEmbedded, validateEmbedded } from "./embedded-metadata.ts";
import { isEmbedded, itemsOf, typeAndMeta } from "./schema.ts";
import { validateValue } from "./values.ts";

/**
 * What is wrong with the `default`s of a schema: they must be valid themselves, without unknown
 * fields. `requirePruned`: unknown fields were not there before either.
 */
export function defaultErrors(
  schema: JSONSchemaProps,
  at: Path,
  requirePruned: boolean,
): FieldError[] {
  return visit(schema, at, { requirePruned, isRoot: true, insideMeta: false });
}

interface Where {
  readonly requirePruned: boolean;
  readonly isRoot: boolean;
  /** The schema describes type or metadata of an object. */
  readonly insideMeta: boolean;
}

function visit(schema: JSONSchemaProps, at: Path, where: Where): FieldError[] {
  const embedded = where.isRoot || isEmbedded(schema);
  const insideMeta = where.insideMeta && !embedded;
  const errors = ownErrors(schema, at.child("default"), { ...where, insideMeta });
  const inner: Where = { ...where, isRoot: false, insideMeta };
  const items = itemsOf(schema);
  if (items) errors.push(...visit(items, at.child("items"), inner));
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = insideMeta || (embedded && typeAndMeta.has(name));
    const place = at.child("properties").key(name);
    errors.push(...visit(property, place, { ...inner, insideMeta: isMeta }));
  }
  return errors;
}

function ownErrors(schema: JSONSchemaProps, at: Path, where: Where): FieldError[] {
  const value = schema.default;
  if (value === undefined || value === null) return [];
  const errors: FieldError[] = [];
  if (!where.insideMeta && where.requirePruned) {
    if (!equalJson(pruned(value, schema, false), value)) {
      errors.push(invalid(at, value, "must not have unknown fields"));
    }
  }
  if (!where.insideMeta) {
    try {
      coerceEmbedded(cloneJson(value), schema, { dropInvalid: false }, String(at));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return [...errors, invalid(at, value, error.message)];
    }
    const embedded = validateEmbedded(value, schema, String(at));
    if (embedded.length > 0) return [...errors, ...embedded];
  }
  return [...errors, ...validateValue(value, schema, { at: String(at) })];
}
