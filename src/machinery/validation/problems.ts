import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalid,
  notFoundValue,
  notSupported,
  type Path,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from "../field-error.ts";
import { byteLength, portName, portNumber } from "../names.ts";
import { equalJson } from "../patch/json-value.ts";
import { cidrMessage, ipMessage, parseCidr, parseIp } from "./ip.ts";

type At = Path | string;

export const immutableMessage = "field is immutable";
export const negativeMessage = "must be greater than or equal to 0";
export const notPositiveMessage = "must be greater than zero";

/**
 * Collects field errors while an object is checked. Each method adds what is wrong, if anything,
 * so that rules read as a list.
 */
export class Problems {
  readonly list: FieldError[] = [];

  get any(): boolean {
    return this.list.length > 0;
  }

  add(...errors: readonly FieldError[]): void {
    this.list.push(...errors);
  }

  required(at: At, detail = ""): void {
    this.list.push(required(at, detail));
  }
  invalid(at: At, value: unknown, detail: string): void {
    this.list.push(invalid(at, value, detail));
  }
  duplicate(at: At, value: unknown): void {
    this.list.push(duplicate(at, value));
  }
  notFound(at: At, value: unknown): void {
    this.list.push(notFoundValue(at, value));
  }
  notSupported(at: At, value: unknown, supported: readonly string[]): void {
    this.list.push(notSupported(at, value, supported));
  }
  forbidden(at: At, detail: string): void {
    this.list.push(forbiddenField(at, detail));
  }
  typeInvalid(at: At, value: unknown, detail: string): void {
    this.list.push(typeInvalid(at, value, detail));
  }
  tooLong(at: At, max: number): void {
    this.list.push(tooLong(at, max));
  }
  tooMany(at: At, actual: number, max: number): void {
    this.list.push(tooMany(at, actual, max));
  }

  /** One Invalid per message: what the checks of `names.ts` return. */
  each(at: At, value: unknown, messages: readonly string[]): void {
    for (const message of messages) this.invalid(at, value, message);
  }

  /** Required when empty, otherwise checked. */
  name(at: At, value: string | undefined, check: (value: string) => string[], detail = ""): void {
    if (!value) this.required(at, detail);
    else this.each(at, value, check(value));
  }

  /** The value must be one of a few; `undefined` is fine. */
  oneOf(at: At, value: string | undefined, supported: readonly string[]): void {
    if (value !== undefined && !supported.includes(value)) this.notSupported(at, value, supported);
  }

  /** As `oneOf`, and the empty value is missing. */
  requiredOneOf(at: At, value: string | undefined, supported: readonly string[]): void {
    if (value === undefined || value === "") this.required(at);
    else this.oneOf(at, value, supported);
  }

  nonNegative(at: At, value: number | undefined): void {
    if (value !== undefined && value < 0) this.invalid(at, value, negativeMessage);
  }

  maxBytes(at: At, value: string | undefined, max: number): void {
    if (value !== undefined && byteLength(value) > max) this.tooLong(at, max);
  }

  immutable(at: At, next: unknown, old: unknown): void {
    if (!equalJson(next, old)) this.invalid(at, next, immutableMessage);
  }

  ip(at: At, value: string | undefined): boolean {
    if (parseIp(value ?? "")) return true;
    this.invalid(at, value ?? "", ipMessage);
    return false;
  }

  cidr(at: At, value: string): boolean {
    if (parseCidr(value)) return true;
    this.invalid(at, value, cidrMessage);
    return false;
  }

  port(at: At, value: number | undefined): void {
    this.each(at, value ?? 0, portNumber(value ?? 0));
  }

  /** A port by number or by name. */
  portOrName(at: At, value: number | string | undefined): void {
    if (typeof value === "string") this.each(at, value, portName(value));
    else this.port(at, value);
  }
}
