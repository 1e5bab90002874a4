import { ApiError, type StatusCause } from "./errors.ts";

/**
 * Validation speaks in field errors: a type, the field's path, the bad value and a detail. A list
 * of them becomes one `Invalid` Status whose causes and message are worded as upstream's are.
 */
export type FieldErrorType =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  type: FieldErrorType;
  /** `spec.containers[0].name`; see `Path`. */
  field: string;
  badValue?: unknown;
  detail: string;
}

/** Stands for a value that is too big to be shown. */
export const omittedValue: unique symbol = Symbol("omitted");

const words: Record<FieldErrorType, string> = {
  FieldValueNotFound: "Not found",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueTypeInvalid: "Invalid value",
  InternalError: "Internal error",
};

/** A path to a field, built from the root down: `path("spec").child("ports").index(0)`. */
export class Path {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  child(...names: string[]): Path {
    const tail = names.join(".");
    return new Path(this.#text === "" ? tail : `${this.#text}.${tail}`);
  }
  index(at: number): Path {
    return new Path(`${this.#text}[${at}]`);
  }
  key(name: string): Path {
    return new Path(`${this.#text}[${name}]`);
  }
  toString(): string {
    return this.#text;
  }
}

export function path(...names: string[]): Path {
  return new Path(names.join("."));
}

type At = Path | string;

export function required(at: At, detail = ""): FieldError {
  return { type: "FieldValueRequired", field: String(at), badValue: "", detail };
}
export function invalid(at: At, badValue: unknown, detail: string): FieldError {
  return { type: "FieldValueInvalid", field: String(at), badValue, detail };
}
export function duplicate(at: At, badValue: unknown): FieldError {
  return { type: "FieldValueDuplicate", field: String(at), badValue, detail: "" };
}
export function notFoundValue(at: At, badValue: unknown): FieldError {
  return { type: "FieldValueNotFound", field: String(at), badValue, detail: "" };
}
export function notSupported(at: At, badValue: unknown, supported: readonly string[]): FieldError {
  const quoted = supported.toSorted().map((value) => JSON.stringify(value));
  const detail = supported.length === 0 ? "" : `supported values: ${quoted.join(", ")}`;
  return { type: "FieldValueNotSupported", field: String(at), badValue, detail };
}
export function forbiddenField(at: At, detail: string): FieldError {
  return { type: "FieldValueForbidden", field: String(at), badValue: "", detail };
}
export function tooLong(at: At, maxLength: number): FieldError {
  const detail = maxLength >= 0 ? `may not be more than ${maxLength} bytes` : "value is too long";
  return { type: "FieldValueTooLong", field: String(at), badValue: "<value omitted>", detail };
}
export function tooMany(at: At, actual: number, max: number): FieldError {
  const detail = max === 1 ? "must have at most 1 item" : `must have at most ${max} items`;
  return { type: "FieldValueTooMany", field: String(at), badValue: actual, detail };
}
export function typeInvalid(at: At, badValue: unknown, detail: string): FieldError {
  return { type: "FieldValueTypeInvalid", field: String(at), badValue, detail };
}

/** `Invalid value: "x": must be …`, without the field. */
export function describe({ type, badValue, detail }: FieldError): string {
  const bare =
    type === "FieldValueRequired" ||
    type === "FieldValueForbidden" ||
    type === "FieldValueTooLong" ||
    type === "InternalError" ||
    badValue === omittedValue;
  const head = bare ? words[type] : `${words[type]}: ${show(badValue)}`;
  return detail === "" ? head : `${head}: ${detail}`;
}

/** The `Invalid` (422) answer for an object with mistakes. */
export function invalidObject(
  gk: { group: string; kind: string },
  name: string,
  errors: readonly FieldError[],
): ApiError {
  const causes: StatusCause[] = errors.map((error) => ({
    reason: error.type,
    message: describe(error),
    field: error.field,
  }));
  const lines = [...new Set(errors.map((error) => `${error.field}: ${describe(error)}`))];
  const list = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const kind = gk.group === "" ? gk.kind : `${gk.kind}.${gk.group}`;
  return new ApiError("Invalid", `${kind} ${JSON.stringify(name)} is invalid: ${list}`, {
    details: {
      ...(name === "" ? {} : { name }),
      ...(gk.group === "" ? {} : { group: gk.group }),
      ...(gk.kind === "" ? {} : { kind: gk.kind }),
      causes,
    },
  });
}

/** Values in messages: strings quoted, objects as JSON, nothing as `null`. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === undefined || value === null) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
