import { type FieldError, invalid, tooLong } from "#machinery/field-error.ts";
import { re2 } from "#machinery/re2.ts";
import type { JSONSchemaProps } from "../json-schema-props.ts";
import { fieldAt } from "./places.ts";

/** The bounds of strings and numbers. The first thing wrong with a string is all that is said. */

/** Adds what is wrong with the length or form of a text. */
export function checkString(
  text: string,
  { maxLength, minLength, pattern }: JSONSchemaProps,
  path: string,
  errors: FieldError[],
): void {
  const field = fieldAt(path);
  if (maxLength !== undefined && isLonger(text, maxLength)) {
    errors.push(tooLong(field, maxLength));
  } else if (minLength !== undefined && minLength > 0 && !isLonger(text, minLength - 1)) {
    const message = `${path} in body should be at least ${minLength} chars long`;
    errors.push(invalid(field, text, message));
  } else if (pattern && !fits(text, pattern)) {
    errors.push(invalid(field, text, `${path} in body should match '${pattern}'`));
  }
}

/** Whether a text has more than `length` code points. */
function isLonger(text: string, length: number): boolean {
  if (text.length <= length) return false;
  if (text.length > 2 * length) return true;
  let count = 0;
  for (const _ of text) count++;
  return count > length;
}

function fits(text: string, pattern: string): boolean {
  try {
    return re2(pattern).finds(text);
  } catch {
    return false;
  }
}

/** Adds what is wrong with the size of a number. */
export function checkNumber(
  value: number,
  schema: JSONSchemaProps,
  path: string,
  errors: FieldError[],
): void {
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const complain = (what: string) =>
    errors.push(invalid(fieldAt(path), value, `${path} in body should be ${what}`));
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    complain(`a multiple of ${multipleOf}`);
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    complain(`greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`);
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    complain(`less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`);
  }
}

/** Whether `value` is a multiple, as far as floating-point numbers can tell. */
function isMultiple(value: number, factor: number): boolean {
  if (factor <= 0) return false;
  if (Number.isInteger(value) && Number.isInteger(factor)) return value % factor === 0;
  const times = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(times - Math.round(times)) <= 1e-9 * Math.max(1, Math.abs(times));
}
